package web

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/internal/pod"
)

// desk is a registry with one account, and room for one more.
type desk struct{ rooms *rooms }

func (desk) NeedsCode(context.Context, pod.Account) (bool, error) { return false, nil }

func (desk) Code(context.Context, pod.Account, string, pod.Try) error { return pod.ErrWrongCode }

func (desk) Device(pod.Account) string { return "a device" }

func (d desk) SignUp(_ context.Context, _ netip.Addr, n pod.NewAccount) (pod.Account, error) {
	if n.Username == "aurora" {
		return pod.Account{}, pod.Refusal{Field: pod.Username, Message: "This username is taken."}
	}
	a := pod.Account{ID: 2, Username: n.Username, State: pod.Active}
	d.rooms.accounts[2] = a
	return a, nil
}

func (d desk) SignIn(_ context.Context, t pod.Try) (pod.Account, error) {
	if t.Username != "aurora" || t.Password != "correct horse" {
		return pod.Account{}, pod.ErrWrongPassword
	}
	return d.rooms.accounts[1], nil
}

func TestDoors(t *testing.T) {
	r := newRooms(pod.Account{ID: 1, Username: "aurora", State: pod.Active})
	srv, client := serve(t, r, func(s *Site) Group { return Doors{Site: s, Gate: desk{r}, Now: time.Now} })
	right := url.Values{"username": {"aurora"}, "password": {"correct horse"}, "next": {"/inside"}}

	t.Run("refuses a wrong password and keeps the way on", func(t *testing.T) {
		resp, body := post(t, client, srv.URL+"/sign-in", url.Values{"username": {"<aurora>"}, "password": {"wrong"}, "next": {"/inside"}})
		if resp.StatusCode != 422 || len(resp.Cookies()) != 0 || strings.Contains(body, "wrong\"") && strings.Contains(body, "value=\"wrong") {
			t.Errorf("%d %v", resp.StatusCode, resp.Cookies())
		}
		if !strings.Contains(body, `value="/inside"`) || !strings.Contains(body, `value="&lt;aurora&gt;"`) {
			t.Errorf("the form forgot what it was for:\n%s", body)
		}
	})
	t.Run("signs in with a cookie of this browser alone and goes on", func(t *testing.T) {
		resp, _ := post(t, client, srv.URL+"/sign-in", right)
		if resp.StatusCode != 303 || resp.Header.Get("Location") != "/inside" || len(resp.Cookies()) != 2 {
			t.Fatalf("%d %v", resp.StatusCode, resp.Header)
		}
		cookie := named(resp, "session_")
		if !strings.HasPrefix(cookie.Name, "session_") || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Domain != "" || cookie.Path != "/" {
			t.Errorf("cookie %s", cookie)
		}
		if _, ok := r.sessions[cookie.Value]; ok || len(r.sessions) != 1 {
			t.Error("the session is kept under the cookie's own value")
		}
		if resp, _ := get(t, client, srv.URL+"/inside"); resp.StatusCode != http.StatusTeapot {
			t.Errorf("%d inside", resp.StatusCode)
		}
	})
	t.Run("asks for the password again where it is needed", func(t *testing.T) {
		if resp, body := get(t, client, srv.URL+"/sign-in?next=/inside"); resp.StatusCode != 200 || !strings.Contains(body, "Is it you?") {
			t.Errorf("%d", resp.StatusCode)
		}
		old := r.only(t)
		post(t, client, srv.URL+"/sign-in", right)
		if r.only(t) == old {
			t.Error("the session kept its cookie through a sign-in")
		}
	})
	t.Run("never goes on to another site", func(t *testing.T) {
		right.Set("next", "//evil.example/")
		if resp, _ := post(t, client, srv.URL+"/sign-in", right); resp.Header.Get("Location") != "/" {
			t.Errorf("goes to %s", resp.Header.Get("Location"))
		}
	})
	t.Run("signs out", func(t *testing.T) {
		post(t, client, srv.URL+"/sign-out", nil)
		if resp, _ := get(t, client, srv.URL+"/inside"); resp.StatusCode != 303 || len(r.sessions) != 0 {
			t.Errorf("%d, %d sessions", resp.StatusCode, len(r.sessions))
		}
	})
	t.Run("says what is wrong with a new account, and at which field", func(t *testing.T) {
		resp, body := post(t, client, srv.URL+"/sign-up", url.Values{"username": {"aurora"}, "email": {"a@mail.example"}, "password": {"secret sauce"}})
		if resp.StatusCode != 422 || !strings.Contains(body, "This username is taken.") || !strings.Contains(body, `aria-invalid="true"`) || strings.Contains(body, "secret sauce") {
			t.Errorf("%d\n%s", resp.StatusCode, body)
		}
	})
	t.Run("signs a new account in", func(t *testing.T) {
		resp, _ := post(t, client, srv.URL+"/sign-up", url.Values{"username": {"boreal"}, "email": {"b@mail.example"}, "password": {"secret sauce"}})
		if _, body := get(t, client, srv.URL+"/inside"); resp.StatusCode != 303 || !strings.Contains(body, "Hello boreal") {
			t.Errorf("%d\n%s", resp.StatusCode, body)
		}
	})
	t.Run("does not let a closed account back in", func(t *testing.T) {
		r.accounts[2] = pod.Account{ID: 2, Username: "boreal", State: pod.Closed}
		if resp, _ := get(t, client, srv.URL+"/inside"); resp.StatusCode != 303 {
			t.Errorf("%d", resp.StatusCode)
		}
	})
}

// only is the token of the one session there is.
func (r *rooms) only(t *testing.T) (token string) {
	t.Helper()
	if len(r.sessions) != 1 {
		t.Fatalf("%d sessions, want 1", len(r.sessions))
	}
	for token = range r.sessions {
	}
	return token
}

func TestClosedSignUp(t *testing.T) {
	r := newRooms()
	srv, client := serve(t, r, func(s *Site) Group {
		s.Closed = true
		return Doors{Site: s, Gate: desk{r}, Now: time.Now}
	})
	if _, body := get(t, client, srv.URL+"/sign-in"); strings.Contains(body, "/sign-up") {
		t.Error("leads where nothing is to be had")
	}
	if _, body := get(t, client, srv.URL+"/sign-up"); strings.Contains(body, "<form method=\"post\" action=\"/sign-up\"") {
		t.Error("shows a form")
	}
	resp, _ := post(t, client, srv.URL+"/sign-up", url.Values{"username": {"boreal"}, "email": {"b@mail.example"}, "password": {"secret sauce"}})
	if resp.StatusCode != 403 || len(r.accounts) != 0 {
		t.Errorf("%d, %d accounts", resp.StatusCode, len(r.accounts))
	}
}
