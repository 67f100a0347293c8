package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"podmove/internal/store/storetest"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

// leaver is one departure, whatever state it is in.
type leaver struct {
	t         source.Transfer
	departure redirects.Departure
	did       string
}

func (l *leaver) mine(account int64, id string) error {
	if account != l.t.Account || id != l.t.ID {
		return transfer.Errorf(transfer.NotFound, "no such move")
	}
	return nil
}

// giver and redirector are a leaver's two faces.
type (
	giver      struct{ *leaver }
	redirector struct{ *leaver }
)

func (g giver) List(context.Context, int64) ([]source.Transfer, error) {
	return []source.Transfer{g.t}, nil
}

func (g giver) Of(_ context.Context, account int64, id string) (source.Transfer, error) {
	return g.t, g.mine(account, id)
}

func (g giver) Progress(context.Context, int64, string) (transfer.Plan, error) {
	return transfer.Plan{Collections: []transfer.CollectionPlan{{Collection: transfer.Posts, Count: 10, Bytes: 2_000, Read: 4}}}, nil
}

func (g giver) Leftovers(context.Context, int64, string, transfer.Outcome, int) ([]transfer.Outcome, error) {
	return []transfer.Outcome{{Collection: transfer.Posts, GUID: "<b>guid", Result: transfer.Failed, Reason: transfer.ContentMissing}}, nil
}

func (g giver) Accept(_ context.Context, account int64, id string) (source.Transfer, error) {
	g.did = "accept"
	return g.t, g.mine(account, id)
}

func (g giver) Withdraw(_ context.Context, account int64, id string) (source.Transfer, error) {
	g.did = "cancel"
	return g.t, g.mine(account, id)
}

func (r redirector) Of(_ context.Context, account int64, id string) (redirects.Departure, error) {
	return r.departure, r.mine(account, id)
}

func (r redirector) Asked(context.Context, int64, string) ([]redirects.Tally, error) {
	return []redirects.Tally{{Collection: transfer.Posts, Held: 41, Absent: 1}}, nil
}

func (r redirector) Listed(context.Context, int64, string, int) ([]transfer.Holding, error) {
	return []transfer.Holding{{Collection: transfer.Posts, GUID: "<b>there", State: transfer.RemovedThere}}, nil
}

func (r redirector) Earliest(d redirects.Departure) time.Time { return d.Redirected.Add(time.Hour) }

func (r redirector) Undo(_ context.Context, account int64, id string) (redirects.Departure, error) {
	r.did = "undo"
	return r.departure, r.mine(account, id)
}

func (r redirector) EraseNow(_ context.Context, account int64, id string) (redirects.Departure, error) {
	r.did = "erase"
	return r.departure, r.mine(account, id)
}

func (r redirector) Onward(_ context.Context, account int64, id string) (redirects.Onward, bool, error) {
	return redirects.Onward{Account: "a@third.example", Profile: "https://third.example/people/x"}, true, r.mine(account, id)
}

func (r redirector) Agree(_ context.Context, account int64, id string) error {
	r.did = "onward"
	return r.mine(account, id)
}

func TestDepartures(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	now := time.Now()
	l := &leaver{t: source.Transfer{
		ID: "a0b1", Account: h.account["aurora"].ID, Client: "https://new.example/oauth/client.json", Purpose: transfer.Move,
		Destination: "aurora@new.example", State: transfer.Verified, Leftover: 1, Created: now,
	}}
	handler := New(h.site, anyone{h.site}, Departures{
		Site: h.site, Source: giver{l}, Redirects: redirector{l}, Events: h.store, Labels: h.store.Labels, Now: func() time.Time { return now },
	})
	ask := func(name, method, target string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
		if name != "" {
			in := httptest.NewRecorder()
			handler.ServeHTTP(in, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/as/"+strconv.FormatInt(h.account[name].ID, 10), nil))
			for _, cookie := range in.Result().Cookies() {
				r.AddCookie(cookie)
			}
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	offers := func(want ...string) {
		t.Helper()
		body := ask("aurora", http.MethodGet, "/departures/a0b1").Body.String()
		for _, action := range []string{"accept", "cancel", "undo", "erase", "onward"} {
			wanted := strings.Contains(strings.Join(want, " "), action)
			if strings.Contains(body, `action="/departures/a0b1/`+action+`"`) != wanted {
				t.Errorf("%s: the button %s is there: %v", l.t.State, action, !wanted)
			}
		}
	}

	t.Run("name the reader of a copy, also where it has no host", func(t *testing.T) {
		before := l.t
		defer func() { l.t = before }()
		for client, name := range map[string]string{"https://app.example/client.json": "https://app.example", "client-AAAA": "client-AAAA"} {
			l.t.Purpose, l.t.Client = transfer.Copy, client
			for _, page := range []string{"/departures", "/departures/a0b1"} {
				if body := ask("aurora", http.MethodGet, page).Body.String(); !strings.Contains(body, "Copy by <bdi>"+name+"</bdi>") {
					t.Errorf("%s does not name %s: %s", page, client, body)
				}
			}
		}
	})
	t.Run("are for the account's person alone", func(t *testing.T) {
		for _, target := range []string{"/departures", "/departures/a0b1"} {
			if w := ask("", http.MethodGet, target); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in") {
				t.Errorf("%s: %d", target, w.Code)
			}
		}
		for _, target := range []string{"/departures/a0b1", "/departures/other"} {
			if w := ask("boreal", http.MethodGet, target); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", target, w.Code)
			}
		}
	})
	t.Run("are listed", func(t *testing.T) {
		if body := ask("aurora", http.MethodGet, "/departures").Body.String(); !strings.Contains(body, `href="/departures/a0b1"`) || !strings.Contains(body, "aurora@new.example") {
			t.Error(body)
		}
	})
	t.Run("ask to accept what did not arrive, and name it", func(t *testing.T) {
		offers("accept", "cancel")
		if body := ask("aurora", http.MethodGet, "/departures/a0b1").Body.String(); !strings.Contains(body, "&lt;b&gt;guid") || !strings.Contains(body, "file is missing at the old pod") {
			t.Error(body)
		}
		if w := ask("aurora", http.MethodPost, "/departures/a0b1/accept"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/departures/a0b1" || l.did != "accept" {
			t.Errorf("%d to %q, did %q", w.Code, w.Header().Get("Location"), l.did)
		}
	})
	l.t.State, l.t.Redirected, l.t.Reason = transfer.Redirecting, now.Add(-30*time.Minute), transfer.HoldingsAbsent
	l.departure = redirects.Departure{ID: "a0b1", State: transfer.Redirecting, Reason: transfer.HoldingsAbsent, Redirected: l.t.Redirected, GraceEnds: now.Add(time.Hour)}
	t.Run("can be undone, and erased at once after the notice period", func(t *testing.T) {
		offers("undo", "onward")
		now = now.Add(45 * time.Minute)
		offers("undo", "erase", "onward")
	})
	t.Run("look again by themselves once erasing was asked for, unless it waits", func(t *testing.T) {
		looks := func() bool {
			return strings.Contains(ask("aurora", http.MethodGet, "/departures/a0b1").Body.String(), `data-refresh="3"`)
		}
		for _, c := range []struct {
			asked  time.Time
			reason transfer.Code
			want   bool
		}{{time.Time{}, "", false}, {now, "", true}, {now, transfer.HoldingsAbsent, false}} {
			l.departure.EraseNow, l.departure.Reason = c.asked, c.reason
			if got := looks(); got != c.want {
				t.Errorf("asked at %s, waiting for %q: it looks again: %v", c.asked, c.reason, got)
			}
		}
		l.departure.EraseNow, l.departure.Reason = time.Time{}, transfer.HoldingsAbsent
	})
	t.Run("say why erasing waits", func(t *testing.T) {
		if body := ask("aurora", http.MethodGet, "/departures/a0b1").Body.String(); !strings.Contains(body, "does not hold everything") {
			t.Error(body)
		}
	})
	t.Run("name what is at the new pod no more as it came", func(t *testing.T) {
		if body := ask("aurora", http.MethodGet, "/departures/a0b1").Body.String(); !strings.Contains(body, "&lt;b&gt;there</code>: was removed there") {
			t.Error(body)
		}
	})
	t.Run("are erased at once only after the password", func(t *testing.T) {
		l.did = ""
		w := ask("aurora", http.MethodPost, "/departures/a0b1/erase") // signed in 45 minutes ago
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sign-in?next=%2Fdepartures%2Fa0b1" || l.did != "" {
			t.Errorf("%d to %q, did %q", w.Code, w.Header().Get("Location"), l.did)
		}
		now = time.Now()
		if w := ask("aurora", http.MethodPost, "/departures/a0b1/erase"); w.Header().Get("Location") != "/departures/a0b1" || l.did != "erase" {
			t.Errorf("%d to %q, did %q", w.Code, w.Header().Get("Location"), l.did)
		}
	})
	t.Run("carry links on only after the password", func(t *testing.T) {
		l.did = ""
		signedIn := now
		now = signedIn.Add(time.Hour)
		if ask("aurora", http.MethodPost, "/departures/a0b1/onward"); l.did != "" {
			t.Errorf("did %q", l.did)
		}
		now = signedIn
		if ask("aurora", http.MethodPost, "/departures/a0b1/onward"); l.did != "onward" {
			t.Errorf("did %q", l.did)
		}
	})
	t.Run("are nobody else's to undo", func(t *testing.T) {
		if w := ask("boreal", http.MethodPost, "/departures/a0b1/undo"); w.Code != http.StatusNotFound {
			t.Errorf("%d", w.Code)
		}
	})
}
