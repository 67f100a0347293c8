package provider

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := time.Unix(0, 0)
	l := newLimiter(3, time.Minute, func() time.Time { return now })
	takes := func(t *testing.T, key string, want time.Duration) {
		t.Helper()
		if got := l.take(key); got != want {
			t.Errorf("%s waits %v, not %v", key, got, want)
		}
	}
	t.Run("gives so many at once, and then says how long to wait", func(t *testing.T) {
		for range 3 {
			takes(t, "a", 0)
		}
		takes(t, "a", time.Minute)
		takes(t, "b", 0)
	})
	t.Run("gives one more each while", func(t *testing.T) {
		now = now.Add(time.Minute)
		takes(t, "a", 0)
		takes(t, "a", time.Minute)
	})
	t.Run("fines no more than a whole budget", func(t *testing.T) {
		l.fine("b", 1000)
		takes(t, "b", 4*time.Minute)
	})
	t.Run("is whole again after a while, and no more than that", func(t *testing.T) {
		now = now.Add(time.Hour)
		for range 3 {
			takes(t, "a", 0)
		}
		takes(t, "a", time.Minute)
	})
	t.Run("keeps so many keys apart, and puts all others together", func(t *testing.T) {
		for i := range 2 * maxKeys {
			l.take(fmt.Sprint(i))
		}
		if len(l.whole) > maxKeys+1 {
			t.Errorf("%d are kept", len(l.whole))
		}
		if l.take("one more") == 0 {
			t.Error("who invents keys gets more")
		}
		now = now.Add(time.Hour)
		takes(t, "one more", 0)
		if len(l.whole) > 1 {
			t.Errorf("%d are kept although they are whole", len(l.whole))
		}
	})
}

func TestFreshness(t *testing.T) {
	for _, c := range []struct {
		header http.Header
		want   time.Duration
	}{
		{http.Header{}, keptAtLeast},
		{http.Header{"Cache-Control": {"public, max-age=300"}}, 300 * time.Second},
		{http.Header{"Cache-Control": {"public", `MAX-AGE="300"`}}, 300 * time.Second},
		{http.Header{"Cache-Control": {"max-age=300"}, "Age": {"200"}}, 100 * time.Second},
		{http.Header{"Cache-Control": {"max-age=0"}}, keptAtLeast},
		{http.Header{"Cache-Control": {"max-age=-1"}}, keptAtLeast},
		{http.Header{"Cache-Control": {"max-age=31536000"}}, keptAtMost},
		{http.Header{"Cache-Control": {"max-age=99999999999999999999"}}, keptAtMost},
		{http.Header{"Cache-Control": {"max-age=300, no-store"}}, 0},
		{http.Header{"Cache-Control": {"no-cache"}}, 0},
		{http.Header{"Expires": {"0"}, "Date": {"Thu, 26 Nov 2026 11:00:00 GMT"}}, keptAtLeast},
		{http.Header{"Expires": {"Thu, 26 Nov 2026 12:00:00 GMT"}, "Date": {"Thu, 26 Nov 2026 11:00:00 GMT"}}, time.Hour},
		{http.Header{"Cache-Control": {"max-age=60"}, "Expires": {"0"}}, time.Minute},
	} {
		if got := freshness(c.header); got != c.want {
			t.Errorf("%v is kept for %v, not %v", c.header, got, c.want)
		}
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	now := time.Unix(0, 0)
	d := newDocuments(Options{Now: func() time.Time { return now }})
	for i := range maxDocuments + 50 {
		d.keep(&client{ID: fmt.Sprint(i)}, time.Hour-time.Duration(i)*time.Millisecond)
	}
	if _, there := d.kept["0"]; len(d.kept) != maxDocuments || !there {
		t.Errorf("%d are kept", len(d.kept))
	}
	now = now.Add(2 * time.Hour)
	d.keep(&client{ID: "new"}, time.Hour)
	if len(d.kept) != 1 {
		t.Errorf("%d are kept although they are old", len(d.kept))
	}
}

// FuzzReadDocument: whatever is taken names itself and leads nowhere else.
func FuzzReadDocument(f *testing.F) {
	const id = "https://new.example/oauth/client.json"
	for _, seed := range []string{
		`{"client_id":"` + id + `","redirect_uris":["https://new.example/cb"],"token_endpoint_auth_method":"none"}`,
		`{"client_id":"` + id + `","client_name":"\u202Ex","redirect_uris":["https://new.example/cb"],"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}}`,
		`{"client_id":"` + id + `","Client_ID":"x","redirect_uris":["https://new.example\u002e/cb"],"jwks_uri":"https://x"}`,
		`{"client_id":[],"client_secret":""}`, `[]`, `null`, ``,
	} {
		f.Add([]byte(seed))
	}
	u, err := url.Parse(id)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > maxDocument { // no more is ever read
			return
		}
		c, err := readDocument(raw, u, "https://old.example/transfer/v1")
		if err != nil {
			return
		}
		if c.ID != id || c.host() != "new.example" || c.IsPublic() != (len(c.Keys) == 0) || len([]rune(c.Name)) > maxClientName+1 {
			t.Fatalf("took %+v", c)
		}
		for _, raw := range c.Redirects {
			if back, err := url.Parse(raw); err != nil || back.Host != "new.example" || back.Scheme != "https" || back.User != nil || back.Fragment != "" {
				t.Fatalf("leads to %q", raw)
			}
		}
	})
}
