package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/internal/config"
	"podmove/internal/demo"
	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

// A town is a pod with accounts of all kinds, and what strangers could want to
// know of.
type town struct {
	*podServer
	accounts map[string]pod.Account
	transfer string // that is under way
	client   string // of a program without keys
	key      keys.Key
}

// newTown: ordinary1 and large1 have different sizes; moving1 has a move under way.
func newTown(t *testing.T) *town {
	t.Helper()
	c := config.Default()
	c.Data, c.PublicURL = t.TempDir(), "http://127.0.0.1:4001"
	for _, name := range []string{"ordinary1", "large1", "boss1", "moving1", "moved1"} {
		args := []string{"account", "add", name, "--email", name + "@mail.example", "--password-stdin", "--data", c.Data}
		if name == "boss1" {
			args = append(args, "--admin")
		}
		if out, err := execute(t.Context(), demo.Password+"\n", args...); err != nil {
			t.Fatal(err, out)
		}
	}
	w := &town{podServer: openAs(t, c), accounts: map[string]pod.Account{}, transfer: strings.Repeat("a", 32)}
	for _, name := range []string{"ordinary1", "large1", "boss1", "moving1", "moved1"} {
		a, err := w.store.AccountNamed(t.Context(), name)
		w.must(t, err)
		w.accounts[name] = a
	}
	w.settle(t)
	w.client = keyless(t)
	return w
}

func (w *town) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// settle gives the accounts what makes them different.
func (w *town) settle(t *testing.T) {
	t.Helper()
	for range 30 {
		_, err := w.store.CreatePost(t.Context(), w.accounts["large1"].ID, transfer.Post{Text: "limited", CreatedAt: transfer.TimeOf(w.now())})
		w.must(t, err)
	}
	var err error
	w.key, err = keys.Generate()
	w.must(t, err)
	set, err := json.Marshal(w.key.Public())
	w.must(t, err)
	now := w.now()
	w.must(t, w.store.AddTransfer(t.Context(), source.Transfer{
		ID: w.transfer, Account: w.accounts["moving1"].ID, Grant: "grant", Client: "https://new.example/oauth/client.json", Purpose: transfer.Move, Keys: set,
		Collections: transfer.Collections(), Destination: "moving1@new.example", State: transfer.Copying, Nonce: strings.Repeat("n", 26), Created: now, Used: now,
	}))
	w.must(t, w.store.SetMoved(t.Context(), redirects.Departure{
		Account: w.accounts["moved1"].ID, Destination: "moved1@new.example", Profile: "https://new.example/people/moved",
	}))
}

// keyless is the client_id of a program without keys.
func keyless(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		origin := "http://" + r.Host
		_ = json.NewEncoder(w).Encode(map[string]any{ // the reader may be gone
			"client_id": origin + "/program.json", "redirect_uris": []string{origin + "/back"}, "token_endpoint_auth_method": "none",
		})
	}))
	t.Cleanup(s.Close)
	return s.URL + "/program.json"
}

// pushed is a request for a copy that hints at an ID.
func (w *town) pushed(hint string) url.Values {
	return url.Values{
		"client_id": {w.client}, "response_type": {"code"}, "redirect_uri": {strings.TrimSuffix(w.client, "program.json") + "back"},
		"scope": {"openid transfer:read"}, "state": {"0123456789abcdef"}, "login_hint": {hint},
		"code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"}, "resource": {w.origin + "/transfer/v1"},
		"authorization_details": {`[{"type":"account_transfer","purpose":"copy","collections":["posts"]}]`},
	}
}

// TestStrangersLearnNothing: before consent a pod tells strangers nothing about
// an account: not its size, not that it is an admin's, not that it is moving, and
// but for WebFinger and the public profile not whether there is one (Protocol
// §2.8). The answers are compared byte for byte.
func TestStrangersLearnNothing(t *testing.T) {
	w := newTown(t)
	everyone := []string{"ordinary1", "large1", "boss1", "moving1", "moved1", "nobody1"}
	ask := func(how func(t *testing.T, name string) string, names ...string) func(t *testing.T) {
		return func(t *testing.T) {
			want := how(t, names[0])
			for _, name := range names[1:] {
				if got := how(t, name); got != want {
					t.Errorf("of %s it says\n%s\nand of %s\n%s", name, got, names[0], want)
				}
			}
		}
	}
	id := func(name string) string { return name + "@" + w.config.Host() }
	// Those who have an account here have a public profile, and WebFinger.
	t.Run("WebFinger", ask(func(t *testing.T, name string) string {
		return bare(call(w.podServer).get(t, "/.well-known/webfinger?resource=acct:"+id(name)), name, w.accounts[name].GUID)
	}, everyone[:5]...))
	for _, form := range []string{"/u/NAME", "/u/NAME.json", "/people/GUID", "/people/GUID.json", "/people/GUID.mobile", "/public/NAME.atom"} {
		t.Run("the profile at "+form, ask(func(t *testing.T, name string) string {
			address := strings.NewReplacer("NAME", name, "GUID", w.accounts[name].GUID).Replace(form)
			return bare(call(w.podServer).get(t, address), name, w.accounts[name].GUID)
		}, everyone[:4]...))
	}
	t.Run("a pushed request that hints at it", ask(func(t *testing.T, name string) string {
		return bare(call(w.podServer).crossPost(t, "/oauth/par", w.pushed(id(name))), name)
	}, everyone...))
	t.Run("the way to its consent page", ask(func(t *testing.T, name string) string {
		return w.wayToConsent(t, id(name), name)
	}, everyone...))
	t.Run("a sign-in with a wrong password", ask(func(t *testing.T, name string) string {
		return bare(call(w.podServer).post(t, "/sign-in", url.Values{"username": {name}, "password": {"a wrong password"}}), name)
	}, everyone...))
	t.Run("a sign-up under its name", ask(func(t *testing.T, name string) string {
		return bare(call(w.podServer).post(t, "/sign-up", url.Values{"username": {name}, "email": {"x@mail.example"}, "password": {demo.Password}}), name)
	}, everyone[:5]...))
}

// wayToConsent is what a stranger sees on the way to a consent page, up to the
// sign-in page, and when they answer without one.
func (w *town) wayToConsent(t *testing.T, hint, name string) string {
	t.Helper()
	c := call(w.podServer)
	var pushed struct {
		URI string `json:"request_uri"`
	}
	w.must(t, json.Unmarshal(c.crossPost(t, "/oauth/par", w.pushed(hint)).Body.Bytes(), &pushed))
	begun := c.get(t, "/oauth/authorize?"+url.Values{"client_id": {w.client}, "request_uri": {pushed.URI}}.Encode())
	page := begun.Header().Get("Location")
	if begun.Code != http.StatusSeeOther || !strings.HasPrefix(page, "/oauth/interactions/") {
		t.Fatalf("%d to %q", begun.Code, page)
	}
	shown := c.get(t, page)
	signIn := c.get(t, shown.Header().Get("Location"))
	answered := c.post(t, page, url.Values{"decision": {"allow"}, "carry": {"posts"}})
	id := strings.TrimPrefix(page, "/oauth/interactions/")
	return bare(begun, id, name) + bare(shown, id, name) + bare(signIn, id, name) + bare(answered, id, name)
}

// TestStrangersLearnOfNoTransfer: nor do they learn which transfers and moves
// there are, under way or not (Protocol §2.8).
func TestStrangersLearnOfNoTransfer(t *testing.T) {
	w := newTown(t)
	unknown := strings.Repeat("b", 32)
	askers := map[string]*caller{"a stranger": call(w.podServer), "another person": call(w.podServer).signUp(t, "another")}
	for _, c := range []struct{ method, path string }{
		{"GET", "/transfer/v1/transfers/ID"}, {"GET", "/transfer/v1/transfers/ID/posts"}, {"GET", "/transfer/v1/transfers/ID/manifest"},
		{"GET", "/transfer/v1/transfers/ID/photos/0123456789abcdef/content"}, {"POST", "/transfer/v1/transfers/ID/receipts"},
		{"POST", "/transfer/v1/transfers/ID/freeze"},
		{"POST", "/transfer/v1/transfers/ID/complete"}, {"POST", "/transfer/v1/transfers/ID/cancel"},
		{"GET", "/departures/ID"}, {"GET", "/departures/ID.json"}, {"POST", "/departures/ID/undo"}, {"GET", "/moves/ID"}, {"GET", "/moves/ID.json"},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			for who, asks := range askers {
				there := bare(asks.send(t, c.method, strings.Replace(c.path, "ID", w.transfer, 1), "", "Content-Type", "application/json"), w.transfer)
				none := bare(asks.send(t, c.method, strings.Replace(c.path, "ID", unknown, 1), "", "Content-Type", "application/json"), unknown)
				if there != none {
					t.Errorf("%s reads\n%s\nand of none\n%s", who, there, none)
				}
			}
		})
	}
	stranger, err := keys.Generate()
	w.must(t, err)
	for _, path := range []string{"/transfer/v1/holdings", "/transfer/v1/notices"} {
		t.Run("messages to "+path, func(t *testing.T) {
			var said []string
			for _, id := range []string{w.transfer, unknown} {
				for _, issuer := range []string{"https://new.example", "https://third.example"} {
					e := transfer.Envelope{
						Issuer: issuer, Audience: w.origin, Transfer: id, Nonce: strings.Repeat("n", 26), ID: strings.Repeat("j", 26),
						IssuedAt: time.Now().Unix(), Expires: time.Now().Add(time.Minute).Unix(),
					}
					for _, typ := range []string{transfer.TypUndo, transfer.TypHoldings} {
						message, err := keys.Sign(stranger, typ, e)
						w.must(t, err)
						said = append(said, bare(call(w.podServer).send(t, http.MethodPost, path, message, "Content-Type", "application/jose")))
					}
				}
			}
			for _, other := range said[1:] {
				if other != said[0] {
					t.Errorf("it says\n%s\nand\n%s", said[0], other)
				}
			}
		})
	}
}
