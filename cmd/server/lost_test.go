package main

import (
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/internal/demo"
)

// TestEveryAnswerLost loses the first answer to each kind of call that two pods
// make, after the work was done. The person presses again where a page says so.
func TestEveryAnswerLost(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		settings := []string{"PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s", "PODMOVE_PAGE_ITEMS=4"}
		from, to := newQuickPod(t, dialect, settings...), newQuickPod(t, dialect, settings...)
		for _, name := range []string{"bystander", "ada", "bea", "cleo"} {
			from.household(t, name, 8, 4)
		}
		old, now := &loser{before: onWire(t, from)}, &loser{before: onWire(t, to)}
		start(t, from, to)
		ways := []struct {
			name, action, state string
			at                  func(round) page
			old, now            []string // calls whose answers have to be lost
		}{
			{"ada", "/erase", "erased", func(r round) page { return r.old }, answeredByOld, answeredByNew},
			{"bea", "/undo", "undone", func(r round) page { return r.now }, append([]string{"POST notices"}, answeredByOld...), nil},
			{"cleo", "/undo", "undone", func(r round) page { return r.old }, answeredByOld, []string{"POST notices"}},
		}
		for _, how := range shared(dialect, ways) {
			t.Run(how.name+" "+how.state, func(t *testing.T) {
				w := to.signUp(t, how.name)
				seen := watch(t, from, to, how.name)
				old.begin()
				now.begin()
				m := w.insist(t, how.name+"@"+from.Host())
				r := round{&arena{from: from, to: to, rand: rand.New(rand.NewPCG(1, 0))}, how.name, page{how.name, m, to}, page{how.name, "", from}}
				r.push(t, "done")
				time.Sleep(time.Second) // the notice
				r.until(t, how.at(r).press(t, how.action), how.state)
				takenBack(t, from, to)
				old.lost(t, how.old)
				now.lost(t, how.now)
				seen.Check(t)
			})
		}
	})
}

// The calls of a whole move.
var (
	answeredByOld = []string{
		"GET /.well-known/webfinger", "GET /.well-known/oauth-protected-resource/transfer/v1", "GET /.well-known/openid-configuration", "GET /oauth/jwks.json", "POST /oauth/par", "POST /oauth/token", "POST /oauth/revoke",
		"POST transfers", "GET profile", "GET aspects", "GET contacts", "GET blocks", "GET posts", "GET photos", "GET photos content",
		"POST receipts", "POST freeze", "GET manifest", "POST complete",
	}
	answeredByNew = []string{"GET /oauth/client.json", "POST holdings"}
)

// A loser loses the first answer to each kind of call.
type loser struct {
	before *wire
	mutex  sync.Mutex
	calls  map[string]bool
}

func (l *loser) begin() {
	l.calls = map[string]bool{}
	l.before.name = anyCall
	l.before.fail(func(call string) fault {
		l.mutex.Lock()
		defer l.mutex.Unlock()
		if l.calls[call] || strings.HasSuffix(call, " ") { // a browser's
			return fault{}
		}
		l.calls[call] = true
		return lost
	})
}

// lost holds what was lost against what had to be.
func (l *loser) lost(t *testing.T, calls []string) {
	t.Helper()
	l.before.fail(nil)
	t.Logf("lost were the answers to %s", strings.Join(slices.Sorted(maps.Keys(l.calls)), ", "))
	for _, call := range calls {
		if !l.calls[call] {
			t.Errorf("the answer to %q was not lost", call)
		}
	}
}

// ofPods names what pods ask each other beside the transfer.
var ofPods = regexp.MustCompile(`^/(\.well-known/.*|oauth/(par|token|revoke|jwks\.json|client\.json))$`)

func anyCall(r *http.Request) string {
	if call := callOf(r); call != "" {
		return call
	}
	return r.Method + " " + ofPods.FindString(r.URL.Path)
}

// insist goes on until the move has begun, as somebody does who presses a button
// again. It answers the address of the move's page.
func (w person) insist(t *testing.T, id string) string {
	t.Helper()
	page := w.open(t, w.home.URL+"/move")
	for range 100 {
		switch {
		case page.Offers("/oauth/interactions/"):
			page = w.decide(t, page, "allow")
		case page.Offers("/sign-in"):
			page = w.fill(t, page, "/sign-in", "username", w.name, "password", demo.Password)
		case page.Offers("/agree"):
			page = w.fill(t, page, "/agree")
		case page.Offers("/retry"), page.Offers("/undo"), strings.HasPrefix(page.URL.Path, "/moves/"):
			return address(page)
		default:
			page = w.fill(t, page, "/move", "id", id)
		}
		pause(t)
	}
	t.Fatalf("the move does not begin: %s says %s", page.URL, page.Text())
	return ""
}
