package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/source"
)

// TestFreshSignIn goes through all that needs the password anew: after ten
// minutes it is not done, and the way back leads to where its button is.
func TestFreshSignIn(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	aurora := h.account["aurora"]
	l := &leaver{t: source.Transfer{ID: "a0b1", Account: aurora.ID, Purpose: transfer.Move, State: transfer.Redirecting}}
	undone := ""
	box := keys.Master{1}.Box()
	steps := &pod.TwoStep{Rows: h.store, Host: h.site.Host, Seal: box.Seal, Open: box.Open, InTx: h.store.InTx, Event: h.store.Event, Now: time.Now}
	stands := func() pod.SecondStep {
		stand, err := steps.Stand(t.Context(), aurora)
		must(t, err)
		return stand
	}
	handler := New(h.site, anyone{h.site}, TwoStep{h.site, steps, time.Now}, Settings{h.site, h.registry, h.store, time.Now},
		Departures{Site: h.site, Source: giver{l}, Redirects: redirector{l}, Events: h.store, Labels: h.store.Labels},
		Moves{Site: h.site, Undo: func(_ context.Context, _ int64, id string) error { undone = id; return nil }})
	ask := func(ago, method, target string, form url.Values) *httptest.ResponseRecorder {
		in := httptest.NewRecorder()
		handler.ServeHTTP(in, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/as/"+strconv.FormatInt(aurora.ID, 10)+"?ago="+ago, nil))
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, c := range in.Result().Cookies() {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	for what, c := range map[string]struct {
		method, target, back string
		form                 url.Values
		done                 func() bool
	}{
		"setting two-step sign-in up":   {http.MethodPost, twoStepPath + "/begin", twoStepPath, nil, func() bool { return len(stands().Sealed) != 0 }},
		"seeing its secret":             {http.MethodGet, twoStepPath + "/set-up", twoStepPath, nil, nil},
		"seeing its picture":            {http.MethodGet, twoStepPath + "/picture", twoStepPath, nil, nil},
		"switching two-step sign-in on": {http.MethodPost, twoStepPath + "/on", twoStepPath, url.Values{"code": {"000000"}}, nil},
		"undoing at the new pod":        {http.MethodPost, "/moves/a0b1/undo", "/moves/a0b1", nil, func() bool { return undone == "a0b1" }},
		"undoing at the old pod":        {http.MethodPost, "/departures/a0b1/undo", "/departures/a0b1", nil, func() bool { return l.did == "undo" }},
		"erasing now":                   {http.MethodPost, "/departures/a0b1/erase", "/departures/a0b1", nil, func() bool { return l.did == "erase" }},
		"another e-mail address":        {http.MethodPost, "/settings/email", "/settings#email", url.Values{"email": {"new@mail.example"}}, func() bool { return h.find("aurora").Email == "new@mail.example" }},
		"another password":              {http.MethodPost, "/settings/password", "/settings#new-password", url.Values{"old": {"x"}, "password": {"short"}}, nil},
		"asking about the closing":      {http.MethodGet, "/settings/close", "/settings/close", nil, nil},
	} {
		t.Run(what, func(t *testing.T) {
			w := ask("11m", c.method, c.target, c.form)
			if got, want := w.Header().Get("Location"), "/sign-in?next="+url.QueryEscape(c.back); w.Code != http.StatusSeeOther || got != want {
				t.Errorf("after eleven minutes: %d %s, want %s", w.Code, got, want)
			}
			if c.done != nil && c.done() {
				t.Error("it was done after eleven minutes")
			}
			w = ask("9m", c.method, c.target, c.form)
			if strings.HasPrefix(w.Header().Get("Location"), "/sign-in") || c.done != nil && !c.done() {
				t.Errorf("not done after nine minutes: %d %s", w.Code, w.Header().Get("Location"))
			}
		})
	}
	t.Run("making recovery codes, and switching two-step sign-in off", func(t *testing.T) {
		_, err := h.store.PrepareSecondStep(t.Context(), aurora.ID, []byte("sealed"))
		must(t, err)
		_, err = h.store.ConfirmSecondStep(t.Context(), aurora.ID, []byte("sealed"), 1, time.Now())
		must(t, err)
		for _, action := range []string{"/codes", "/off"} {
			if w := ask("11m", http.MethodPost, twoStepPath+action, nil); w.Header().Get("Location") != "/sign-in?next=%2Fsettings%2Ftwo-step" || stands().Codes != 0 || !stands().On() {
				t.Errorf("%s after eleven minutes: %d, %+v", action, w.Code, stands())
			}
		}
		if ask("9m", http.MethodPost, twoStepPath+"/codes", nil); stands().Codes != 10 {
			t.Errorf("%+v", stands())
		}
		if ask("9m", http.MethodPost, twoStepPath+"/off", nil); stands().On() {
			t.Errorf("%+v", stands())
		}
	})
	t.Run("closing the account", func(t *testing.T) {
		if w := ask("11m", http.MethodPost, "/settings/close", nil); w.Header().Get("Location") != "/sign-in?next=%2Fsettings%2Fclose" || h.find("aurora").State == "closed" {
			t.Errorf("after eleven minutes: %d %s", w.Code, w.Header().Get("Location"))
		}
		if w := ask("9m", http.MethodPost, "/settings/close", nil); w.Code != http.StatusOK || h.find("aurora").State != "closed" {
			t.Errorf("after nine minutes: %d", w.Code)
		}
	})
}
