package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"podmove/internal/config"
	"podmove/internal/store/storetest"
)

// TestDevelopment: a pod whose own address is http on loopback is in
// development, and says so (Protocol §1.1).
func TestDevelopment(t *testing.T) {
	t.Run("says so loudly at start", func(t *testing.T) {
		p := newPod(t, storetest.SQLite)
		start(t, p)
		p.logs(t, `level=WARN msg="THIS POD IS IN DEVELOPMENT`)
		for _, address := range otherAddresses(t) {
			if conn, err := net.Dial("tcp", net.JoinHostPort(address, port(t, p.Listen))); err == nil {
				conn.Close()
				t.Errorf("it listens on %s", address)
			}
		}
	})
	t.Run("listens on loopback only", func(t *testing.T) {
		for _, address := range []string{":4001", "0.0.0.0:4001", "[::]:4001", "192.168.1.1:4001", "pod.example:4001"} {
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // a pod that starts all the same ends at once
			out, err := execute(ctx, "", "serve", "--public-url", "http://127.0.0.1:4001", "--listen", address, "--data", t.TempDir())
			if err == nil || !strings.Contains(err.Error()+out, "listens on a loopback address only") {
				t.Errorf("on %s: %v %s", address, err, out)
			}
		}
	})
	t.Run("puts a hash of its URL into the names of its cookies", func(t *testing.T) {
		names := map[string]bool{}
		for _, origin := range []string{"http://127.0.0.1:4001", "http://127.0.0.1:4002"} {
			c := call(openHere(t, origin)).signUp(t, "ada")
			c.get(t, "/oauth/authorize?client_id=x&request_uri=y")
			if len(c.cookies) == 0 {
				t.Errorf("%s sets none", origin)
			}
			for name := range c.cookies {
				if names[name] || strings.HasPrefix(name, "__Host-") {
					t.Errorf("%s sets the cookie %s, as another pod of this host does", origin, name)
				}
				names[name] = true
			}
		}
	})
	t.Run("has IDs with a port", func(t *testing.T) {
		p := openHere(t, "http://127.0.0.1:4001")
		call(p).signUp(t, "aurora")
		w := call(p).get(t, "/.well-known/webfinger?resource=acct:aurora@127.0.0.1:4001")
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"subject":"acct:aurora@127.0.0.1:4001"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// TestProduction: every pod that is not in development is https, and has nothing
// to do with loopback and http (Protocol §1.1).
func TestProduction(t *testing.T) {
	t.Run("is https", func(t *testing.T) {
		for _, origin := range []string{"http://pod.example", "http://192.168.1.1:4001", "https://127.0.0.1:4001", "ftp://pod.example", "pod.example"} {
			c := config.Default()
			c.PublicURL = origin
			if err := c.Validate(); err == nil {
				t.Errorf("%s is taken", origin)
			}
		}
	})
	t.Run("does not say that it is in development", func(t *testing.T) {
		log := &journal{}
		p := &podServer{ground: &ground{log: slog.New(slog.NewTextHandler(log, nil))}}
		p.config.PublicURL = "https://pod.example"
		p.announce(&net.TCPAddr{})
		if strings.Contains(log.String(), "DEVELOPMENT") {
			t.Errorf("it logs %s", log)
		}
	})
	p := openHere(t, "https://new.example")
	c := call(p).signUp(t, "ada")
	t.Run("sets cookies for its own host alone", func(t *testing.T) {
		for name := range c.cookies {
			if !strings.HasPrefix(name, "__Host-") {
				t.Errorf("the cookie %s is for others, too", name)
			}
		}
		if c.cookies["__Host-session"] == "" {
			t.Errorf("the cookies are %v", c.cookies)
		}
	})
	t.Run("is named without a slash at the end", func(t *testing.T) {
		settings := config.Default()
		settings.Data, settings.PublicURL = t.TempDir(), "https://old.example/"
		w := call(openAs(t, settings)).get(t, "/.well-known/openid-configuration")
		if !strings.Contains(w.Body.String(), `"issuer":"https://old.example"`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("refuses a loopback peer", func(t *testing.T) {
		l := listen(t)
		begun := c.post(t, "/move", url.Values{"id": {"ada@" + l.host()}, "purpose": {"move"}})
		w := c.post(t, begun.Header().Get("Location")+"/agree", nil)
		if w.Code == http.StatusSeeOther || !strings.Contains(w.Body.String(), "no address that this pod may speak with") {
			t.Errorf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
		}
		l.untouched(t)
	})
	t.Run("refuses loopback and http clients", func(t *testing.T) {
		l := listen(t)
		for _, id := range []string{
			l.URL + "/oauth/client.json", "https://" + l.host() + "/oauth/client.json", "http://other.example/oauth/client.json",
			"https://localhost/oauth/client.json", "https://[::1]/oauth/client.json",
		} {
			w := c.crossPost(t, "/oauth/par", url.Values{
				"client_id": {id}, "response_type": {"code"}, "redirect_uri": {l.URL + "/back"}, "scope": {"openid transfer:read"}, "state": {"0123456789abcdef"},
				"code_challenge": {strings.Repeat("a", 43)}, "code_challenge_method": {"S256"}, "resource": {"https://new.example/transfer/v1"},
				"authorization_details": {`[{"type":"account_transfer","purpose":"copy","collections":["posts"]}]`},
			})
			if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), `"invalid_client"`) {
				t.Errorf("%s: %d %s", id, w.Code, w.Body)
			}
		}
		l.untouched(t)
	})
}

// otherAddresses are those of this machine that are not loopback.
func otherAddresses(t *testing.T) (list []string) {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
			list = append(list, ip.IP.String())
		}
	}
	return list
}

func port(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
