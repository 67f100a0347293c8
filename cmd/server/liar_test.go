package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"podmove/internal/keys"
	"podmove/internal/store"
	"podmove/transfer"
)

// liars are two pods that do wrong in what concerns some accounts' moves, and
// are honest in all else. What they do is done on the wires before them, with
// their own keys: a lie that is well signed is the better one.
type liars struct {
	from, to       *testPod
	old, new       *wire // before them
	oldKey, newKey *ring // of the old pod as source, of the new one as client

	mutex sync.Mutex
	lies  map[string]lie    // by account
	whose map[string]string // account by transfer
}

// A lie answers a call in a pod's name.
type lie func(x *exchange)

// An exchange is one call about an account's move.
type exchange struct {
	*liars
	wire *wire
	to   http.ResponseWriter
	r    *http.Request
	call string // "GET posts"
	body []byte
	got  *given // what the pod answered, once it was asked
}

// newLiars are two pods with an account for each of the names at the old one,
// and one at each that nobody has business with.
func newLiars(t *testing.T, dialect string, names []string) *liars {
	t.Helper()
	settings := []string{"PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s", "PODMOVE_PAGE_ITEMS=4", "PODMOVE_LIMIT_STRANGER=0"}
	l := &liars{from: newQuickPod(t, dialect, settings...), to: newQuickPod(t, dialect, settings...)}
	l.lies, l.whose = map[string]lie{}, map[string]string{}
	for _, p := range []*testPod{l.from, l.to} {
		p.household(t, bystander, 4, 2)
	}
	for _, name := range names {
		l.from.household(t, name, 12, 2)
	}
	l.old, l.new = onWire(t, l.from), onWire(t, l.to)
	start(t, l.from, l.to)
	l.from.withKeys(t, func(_ *store.Store, r rings) { l.oldKey = r.signing })
	l.to.withKeys(t, func(_ *store.Store, r rings) { l.newKey = r.client })
	serve := fault{"lie", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) { l.serve(t, w, to, r, body) }}
	for _, w := range []*wire{l.old, l.new} {
		w.fail(func(string) fault { return serve })
	}
	return l
}

// bystander is the account that nobody has business with.
const bystander = "bystander"

// lie sets what is done to the move of an account from now on; nil is nothing.
func (l *liars) lie(account string, with lie) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.lies[account] = with
}

func (l *liars) serve(t *testing.T, w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
	x := &exchange{liars: l, wire: w, to: to, r: r, call: callOf(r), body: body}
	account := l.account(t, x)
	l.mutex.Lock()
	with := l.lies[account]
	l.mutex.Unlock()
	if with == nil {
		with = (*exchange).honest
	}
	with(x)
}

var transferOf = regexp.MustCompile(`^/transfer/v1/transfers/([0-9A-Za-z_-]+)`)

// account is whose move an exchange is about: as its address says, as the
// signed message in it says, or as the pod answers to whom opens one.
func (l *liars) account(t *testing.T, x *exchange) string {
	var about struct {
		Transfer string `json:"transfer"`
	}
	switch found := transferOf.FindStringSubmatch(x.r.URL.Path); {
	case found != nil:
		about.Transfer = found[1]
	case x.call == "POST transfers":
		_ = json.Unmarshal(x.ask().body, &about) // who is refused has none
	default:
		_ = keys.Peek(string(x.body), &about)
	}
	if about.Transfer == "" {
		return ""
	}
	l.mutex.Lock()
	name := l.whose[about.Transfer]
	l.mutex.Unlock()
	if name == "" {
		name = l.from.one(t, "SELECT a.username FROM transfers t JOIN accounts a ON a.id = t.account_id WHERE t.id = '"+about.Transfer+"'")
		l.mutex.Lock()
		l.whose[about.Transfer] = name
		l.mutex.Unlock()
	}
	return name
}

// ask has the pod answer, once.
func (x *exchange) ask() *given {
	if x.got == nil {
		a, ok := x.wire.carry(x.r, x.body)
		if !ok {
			a = given{status: http.StatusBadGateway}
		}
		x.got = &a
	}
	return x.got
}

// honest gives what the pod answers.
func (x *exchange) honest() { x.ask().give(x.to) }

// say gives an answer under the headers of the pod's own.
func (x *exchange) say(body []byte) {
	a := *x.ask()
	a.header = a.header.Clone()
	a.header.Del("Content-Length")
	a.body = body
	a.give(x.to)
}

// at lies in one kind of call.
func at(call string, with lie) lie {
	return func(x *exchange) {
		if x.call != call {
			x.honest()
			return
		}
		with(x)
	}
}

// whenRead lies in whatever is read.
func whenRead(with lie) lie {
	return func(x *exchange) {
		if x.r.Method != http.MethodGet {
			x.honest()
			return
		}
		with(x)
	}
}

// answering changes good answers to one kind of call.
func answering(call string, change func(x *exchange, answer []byte) []byte) lie {
	return at(call, func(x *exchange) {
		if x.ask().status >= http.StatusMultipleChoices {
			x.honest()
			return
		}
		x.say(change(x, x.ask().body))
	})
}

// onlyOne lets one call at a time be lied to, where a lie builds on another.
func onlyOne(with lie) lie {
	var mutex sync.Mutex
	return func(x *exchange) {
		mutex.Lock()
		defer mutex.Unlock()
		with(x)
	}
}

// asking changes what is asked in one kind of call.
func asking(call string, change func(x *exchange, body []byte) []byte) lie {
	return at(call, func(x *exchange) {
		x.body = change(x, x.body)
		x.honest()
	})
}

// refusing answers with a status, and asks to come back after a while.
func refusing(code int, retryAfter string) lie {
	return func(x *exchange) { status("refused", code, retryAfter).do(x.wire, x.to, x.r, x.body) }
}

// signed changes what is said in a signed message, and signs that.
func signed[C any](key func(l *liars) *ring, typ string, change func(claims *C)) func(x *exchange, message []byte) []byte {
	return func(x *exchange, message []byte) []byte {
		var claims C
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(string(message), ".")[1])
		if err == nil {
			err = json.Unmarshal(raw, &claims)
		}
		if err != nil {
			return []byte(err.Error())
		}
		change(&claims)
		again, err := key(x.liars).sign(typ, claims)
		if err != nil {
			return []byte(err.Error())
		}
		return []byte(again)
	}
}

func asOld(l *liars) *ring { return l.oldKey }
func asNew(l *liars) *ring { return l.newKey }

// entries changes the entries of a page.
func entries(change func(list []transfer.Entry) []transfer.Entry) func(x *exchange, answer []byte) []byte {
	return func(_ *exchange, answer []byte) []byte {
		page, err := transfer.ReadPage(strings.NewReader(string(answer)))
		if err != nil {
			return answer
		}
		page.Entries = change(page.Entries)
		var out strings.Builder
		if err := transfer.WritePage(&out, page); err != nil {
			return []byte(err.Error())
		}
		return []byte(out.String())
	}
}
