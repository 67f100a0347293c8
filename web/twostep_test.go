package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

// A careful is aurora, who sets two-step sign-in up, with a clock of her own.
type careful struct {
	*life
	now    time.Time
	steps  *pod.TwoStep
	secret string
}

func newCareful(t *testing.T, s *store.Store) *careful {
	t.Helper()
	c := &careful{life: lives(t, s), now: time.Now()}
	c.give("aurora", "correct horse")
	clock := func() time.Time { return c.now }
	box := keys.Master{1}.Box()
	c.steps = &pod.TwoStep{Rows: s, Host: c.site.Host, Seal: box.Seal, Open: box.Open, InTx: s.InTx, Event: s.Event, Now: clock}
	c.gate.Steps = c.steps
	c.handler = New(c.site, anyone{c.site}, TwoStep{c.site, c.steps, time.Now}, Settings{c.site, c.gate, s, time.Now}, Doors{Site: c.site, Gate: c.gate, Now: clock})
	return c
}

// code is what her authenticator shows, so many steps from now.
func (c *careful) code(t *testing.T, ahead int) string {
	t.Helper()
	code, err := totp.GenerateCode(c.secret, c.now.Add(time.Duration(ahead)*30*time.Second))
	must(t, err)
	return code
}

func (c *careful) post(t *testing.T, target string, want int, form ...string) string {
	t.Helper()
	values := url.Values{}
	for i := 0; i < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	w := c.ask(t, http.MethodPost, target, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()), want)
	if want == http.StatusSeeOther {
		return w.Header().Get("Location")
	}
	return w.Body.String()
}

// out is a new browser of hers.
func (c *careful) out() *careful {
	return &careful{life: &life{c.house, nil}, now: c.now, steps: c.steps, secret: c.secret}
}

// inside reports whether the browser is signed in.
func (c *careful) inside(t *testing.T) bool {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/settings", nil)
	for _, cookie := range c.cookies {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w.Code == http.StatusOK
}

// typed signs in as far as the password goes.
func (c *careful) typed(t *testing.T) {
	t.Helper()
	if to := c.post(t, "/sign-in", 303, "username", "aurora", "password", "correct horse", "next", "/settings#email"); to != "/sign-in/code?next=%2Fsettings%23email" {
		t.Fatalf("the password leads to %s", to)
	}
}

var (
	shownSecret = regexp.MustCompile(`<code dir="ltr">([A-Z2-7 ]+)</code>`)
	shownCode   = regexp.MustCompile(`<li><code>([A-Z2-7-]{19})</code></li>`)
)

// setUp switches it on, and answers the recovery codes.
func (c *careful) setUp(t *testing.T) (codes []string) {
	t.Helper()
	c.post(t, "/settings/two-step/begin", 303)
	c.secret = strings.ReplaceAll(shownSecret.FindStringSubmatch(c.see(t, "/settings/two-step/set-up"))[1], " ", "")
	page := c.post(t, "/settings/two-step/on", 200, "code", c.code(t, 0))
	for _, m := range shownCode.FindAllStringSubmatch(page, -1) {
		codes = append(codes, m[1])
	}
	return codes
}

func TestTwoStepSetUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCareful(t, s)
		wants(t, c.see(t, "/settings/two-step"), "It is switched off.")
		c.post(t, "/settings/two-step/begin", 303)
		page := c.see(t, "/settings/two-step/set-up")
		c.secret = strings.ReplaceAll(shownSecret.FindStringSubmatch(page)[1], " ", "")
		t.Run("shows the secret as text and as a picture that nobody keeps", func(t *testing.T) {
			w := c.ask(t, http.MethodGet, "/settings/two-step/picture", "", nil, 200)
			if w.Header().Get("Content-Type") != "image/png" || w.Header().Get("Cache-Control") != "no-store" || len(c.secret) != 32 {
				t.Errorf("%v, %q", w.Header(), c.secret)
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "img-src 'self';") {
				t.Errorf("the policy is %s", csp)
			}
		})
		t.Run("keeps the secret sealed", func(t *testing.T) {
			stand, err := s.SecondStep(t.Context(), c.account["aurora"].ID)
			must(t, err)
			raw, err := json.Marshal(stand)
			must(t, err)
			if strings.Contains(string(raw), c.secret) || len(stand.Sealed) != 20+29 {
				t.Errorf("%s", raw)
			}
			other := c.account["boreal"]
			_, err = s.PrepareSecondStep(t.Context(), other.ID, stand.Sealed)
			must(t, err)
			if _, err := c.steps.Enrolment(t.Context(), other); err == nil {
				t.Error("it opens in another account's row")
			}
		})
		t.Run("switches nothing on for a wrong code", func(t *testing.T) {
			wants(t, c.post(t, "/settings/two-step/on", 422, "code", "000000"), "This code is not right")
			c.out().post(t, "/sign-in", 303, "username", "aurora", "password", "correct horse")
			wants(t, c.see(t, "/settings/two-step"), "It is switched off.")
		})
		var codes []string
		t.Run("is on after a first code, and shows ten recovery codes", func(t *testing.T) {
			page := c.post(t, "/settings/two-step/on", 200, "code", " "+c.code(t, 0)[:3]+" "+c.code(t, 0)[3:])
			for _, m := range shownCode.FindAllStringSubmatch(page, -1) {
				codes = append(codes, m[1])
			}
			if len(codes) != 10 {
				t.Errorf("%d codes in %s", len(codes), page)
			}
			wants(t, c.see(t, "/settings/two-step"), "It is switched on.", "<dd>10</dd>")
		})
		t.Run("shows neither secret nor codes again", func(t *testing.T) {
			for _, target := range []string{"/settings/two-step", "/settings"} {
				if page := c.see(t, target); strings.Contains(page, codes[0]) || strings.Contains(page, c.secret[:4]) {
					t.Errorf("%s shows them", target)
				}
			}
			if to := c.ask(t, http.MethodGet, "/settings/two-step/set-up", "", nil, 303).Header().Get("Location"); to != "/settings/two-step" {
				t.Errorf("set-up leads to %s", to)
			}
			c.ask(t, http.MethodGet, "/settings/two-step/picture", "", nil, 404)
			c.post(t, "/settings/two-step/on", 303, "code", c.code(t, 1))
			c.post(t, "/settings/two-step/begin", 303)
			wants(t, c.see(t, "/settings/two-step"), "It is switched on.")
		})
		t.Run("says what happened, there and by e-mail", func(t *testing.T) {
			events, err := s.Events(t.Context(), c.account["aurora"].ID, 0, 9)
			if err != nil || len(events) != 1 || events[0].Kind != "two-step-on" || !IsNews("two-step-on") || pathOfEvent(events[0]) != "/settings" {
				t.Errorf("%+v, %v", events, err)
			}
		})
	})
}

func TestTwoStepSignIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCareful(t, s)
		codes := c.setUp(t)
		c.now = c.now.Add(time.Minute)
		b := c.out()
		t.Run("is none with the password alone", func(t *testing.T) {
			b.typed(t)
			if b.inside(t) {
				t.Error("the password alone signs in")
			}
			for _, cookie := range b.cookies {
				if strings.Contains(cookie.Name, "device") {
					t.Error("the browser counts as one that signed in")
				}
			}
			wants(t, b.see(t, "/sign-in/code?next=/settings"), "The second step")
		})
		t.Run("is none with a wrong code, or a far one", func(t *testing.T) {
			for _, wrong := range []string{"000000", "", b.code(t, -2), b.code(t, 2), codes[0][:18], "ABCD-EFGH-IJKL-MNOP"} {
				b.post(t, "/sign-in/code", 422, "code", wrong)
				must(t, s.RegainTry(t.Context(), "code/"+strconv.FormatInt(c.account["aurora"].ID, 10), pod.Budget{Every: 5 * time.Minute}))
			}
			if b.inside(t) {
				t.Error("it signed in")
			}
		})
		used := b.code(t, 0)
		t.Run("goes on with the code to where the person wanted, with a new cookie", func(t *testing.T) {
			before := b.cookies
			if to := b.post(t, "/sign-in/code", 303, "code", used, "next", "/settings#email"); to != "/settings#email" || !b.inside(t) {
				t.Errorf("to %s, inside: %v", to, b.inside(t))
			}
			if stolen := (&careful{life: &life{c.house, before}}); stolen.inside(t) {
				t.Error("the cookie from before the code is signed in")
			}
		})
		t.Run("takes no code twice", func(t *testing.T) {
			b := c.out()
			b.typed(t)
			b.post(t, "/sign-in/code", 422, "code", used)
			b.post(t, "/sign-in/code", 422, "code", b.code(t, -1)) // older than one that was taken
			b.post(t, "/sign-in/code", 303, "code", b.code(t, 1))
		})
		t.Run("takes a recovery code once, and says so", func(t *testing.T) {
			b := c.out()
			b.typed(t)
			b.post(t, "/sign-in/code", 303, "code", strings.ToLower(codes[3]))
			wants(t, b.see(t, "/settings/two-step"), "<dd>9</dd>")
			wants(t, b.see(t, "/settings"), "A recovery code was used to sign in; 9 are left.")
			b = c.out()
			b.typed(t)
			b.post(t, "/sign-in/code", 422, "code", codes[3])
		})
		t.Run("waits for the code five minutes, and not in another browser", func(t *testing.T) {
			b := c.out()
			if to := b.post(t, "/sign-in/code", 303, "code", codes[4]); !strings.HasPrefix(to, "/sign-in?") {
				t.Errorf("a browser without the password goes to %s", to)
			}
			c.now = time.Now().Add(-6 * time.Minute)
			b.typed(t)
			if to := b.post(t, "/sign-in/code", 303, "code", codes[4], "next", "/settings"); to != "/sign-in?next=%2Fsettings" || b.inside(t) {
				t.Errorf("after six minutes it goes to %s", to)
			}
		})
		t.Run("does not go on with a password that was changed meanwhile", func(t *testing.T) {
			c.now = time.Now()
			b := c.out()
			b.typed(t)
			must(t, s.SetPassword(t.Context(), c.account["aurora"].ID, "", time.Now().Add(time.Second)))
			if to := b.post(t, "/sign-in/code", 303, "code", codes[5]); !strings.HasPrefix(to, "/sign-in?") {
				t.Errorf("it goes to %s", to)
			}
		})
	})
}

func TestGuessingCodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCareful(t, s)
		codes := c.setUp(t)
		home := c.out()
		home.typed(t)
		home.post(t, "/sign-in/code", 303, "code", codes[0])
		thief := c.out()
		thief.typed(t)
		for range 5 {
			thief.post(t, "/sign-in/code", 422, "code", "000000")
		}
		t.Run("is slowed, even where the next is right", func(t *testing.T) {
			wants(t, thief.post(t, "/sign-in/code", 429, "code", codes[1]), "Too much has failed here of late")
		})
		t.Run("is slowed in another browser of the thief's, too", func(t *testing.T) {
			thief := c.out()
			thief.typed(t)
			thief.post(t, "/sign-in/code", 429, "code", codes[1])
		})
		t.Run("does not keep the owner out where they signed in before", func(t *testing.T) {
			var kept []*http.Cookie
			for _, cookie := range home.cookies {
				if strings.Contains(cookie.Name, "device") {
					kept = append(kept, cookie)
				}
			}
			home := &careful{life: &life{c.house, kept}}
			home.typed(t)
			home.cookies = append(home.cookies, kept...)
			home.post(t, "/sign-in/code", 303, "code", codes[2])
		})
	})
}

func TestTwoStepOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := newCareful(t, s)
		old := c.setUp(t)
		fresh := shownCode.FindAllStringSubmatch(c.post(t, "/settings/two-step/codes", 200), -1)
		t.Run("new recovery codes are ten, and void the old ones", func(t *testing.T) {
			b := c.out()
			b.typed(t)
			b.post(t, "/sign-in/code", 422, "code", old[0])
			b.post(t, "/sign-in/code", 303, "code", fresh[0][1])
			if len(fresh) != 10 {
				t.Errorf("%d codes", len(fresh))
			}
		})
		t.Run("switched off, the password is enough, and nothing is left", func(t *testing.T) {
			c.post(t, "/settings/two-step/off", 303)
			b := c.out()
			b.post(t, "/sign-in", 303, "username", "aurora", "password", "correct horse")
			if stand, err := s.SecondStep(context.Background(), c.account["aurora"].ID); err != nil || !b.inside(t) || len(stand.Sealed) != 0 || stand.Codes != 0 {
				t.Errorf("%+v, %v", stand, err)
			}
		})
		t.Run("says so", func(t *testing.T) {
			wants(t, c.see(t, "/settings"), "Two-step sign-in was switched on.", "New recovery codes were made.", "Two-step sign-in was switched off.")
			for _, kind := range []string{"two-step-off", "two-step-reset", "recovery-codes-new", "recovery-code-used"} {
				if !IsNews(kind) {
					t.Errorf("%s is no news", kind)
				}
			}
		})
	})
}
