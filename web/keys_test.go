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

// TestOtherKeys: the new pod has other keys than those that the person agreed to
// (Protocol §1.5). The page says what that may mean, and asks.
func TestOtherKeys(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	now := time.Now()
	l := &leaver{t: source.Transfer{
		ID: "a0b1", Account: h.account["aurora"].ID, Client: "https://new.example/oauth/client.json", Purpose: transfer.Move,
		Destination: "aurora@new.example", State: transfer.Copying, Created: now, KeysDiffer: now,
	}}
	handler := New(h.site, anyone{h.site}, Departures{
		Site: h.site, Source: giver{l}, Redirects: redirector{l}, Events: h.store, Labels: h.store.Labels, Now: func() time.Time { return now },
		TrustKeys: func(_ context.Context, account int64, id string) error {
			l.did = "trust"
			return l.mine(account, id)
		},
	})
	ask := func(method, target string) *httptest.ResponseRecorder {
		t.Helper()
		in, w := httptest.NewRecorder(), httptest.NewRecorder()
		handler.ServeHTTP(in, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/as/"+strconv.FormatInt(h.account["aurora"].ID, 10), nil))
		r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
		for _, cookie := range in.Result().Cookies() {
			r.AddCookie(cookie)
		}
		handler.ServeHTTP(w, r)
		return w
	}
	asks := func() bool {
		body := ask(http.MethodGet, "/departures/a0b1").Body.String()
		return strings.Contains(body, "new.example</bdi> answers with other keys") && strings.Contains(body, `action="/departures/a0b1/keys"`)
	}
	for state, want := range map[transfer.State]bool{
		transfer.Copying: true, transfer.Redirecting: true, transfer.ErasingOld: true, transfer.Undone: true,
		transfer.Erased: false, transfer.Cancelled: false,
	} {
		t.Run("the page asks while it matters: "+string(state), func(t *testing.T) {
			l.t.State = state
			if state == transfer.Redirecting || state == transfer.ErasingOld {
				l.t.Redirected = now
				l.departure = redirects.Departure{ID: "a0b1", State: state, Reason: transfer.KeysDiffer, Redirected: now, GraceEnds: now.Add(time.Hour)}
			}
			if asks() != want {
				t.Errorf("it asks: %v", !want)
			}
		})
	}
	t.Run("and not where nothing is strange", func(t *testing.T) {
		l.t.State, l.t.KeysDiffer = transfer.Copying, time.Time{}
		if asks() {
			t.Error("it asks")
		}
	})
	t.Run("the keys are trusted only after the password", func(t *testing.T) {
		now = now.Add(45 * time.Minute)
		w := ask(http.MethodPost, "/departures/a0b1/keys")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sign-in?next=%2Fdepartures%2Fa0b1" || l.did != "" {
			t.Errorf("%d to %q, did %q", w.Code, w.Header().Get("Location"), l.did)
		}
		now = time.Now()
		if w := ask(http.MethodPost, "/departures/a0b1/keys"); w.Header().Get("Location") != "/departures/a0b1" || l.did != "trust" {
			t.Errorf("%d to %q, did %q", w.Code, w.Header().Get("Location"), l.did)
		}
	})
}
