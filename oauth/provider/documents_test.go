package provider_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// answers makes the client's host answer with its document and these headers.
func (c *party) answers(header http.Header) {
	c.serve = func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(c.document)
	}
}

func (c *party) wasAsked(t *testing.T, want int64) {
	t.Helper()
	if got := c.asked.Load(); got != want {
		t.Errorf("the host was asked %d times, not %d", got, want)
	}
}

func TestDocumentIsKept(t *testing.T) {
	p := sqlitePod(t)
	t.Run("as long as its host says", func(t *testing.T) {
		c := newParty(t, p).public()
		c.answers(http.Header{"Cache-Control": {"max-age=60"}})
		form := c.copying()
		c.push(form)
		p.later(59 * time.Second)
		c.push(form)
		c.wasAsked(t, 1)
		p.later(2 * time.Second)
		c.push(form)
		c.wasAsked(t, 2)
	})
	t.Run("not at all if its host says so", func(t *testing.T) {
		c := newParty(t, p).public()
		c.answers(http.Header{"Cache-Control": {"no-store"}})
		form := c.copying()
		c.push(form)
		c.push(form)
		c.wasAsked(t, 2)
	})
	t.Run("only if it can be used", func(t *testing.T) {
		c := newParty(t, p).public()
		form := c.copying()
		for _, change := range []func(){
			func() { c.serve = http.NotFound },
			func() { c.answers(nil); c.document["jwks_uri"] = c.url },
		} {
			change()
			want(t, c.post("/oauth/par", form), http.StatusUnauthorized, "invalid_client")
		}
		delete(c.document, "jwks_uri")
		c.push(form)
		c.wasAsked(t, 3)
	})
	t.Run("until the client signs with another key, and no sooner than half a minute", func(t *testing.T) {
		c := newParty(t, p)
		c.push(c.request())
		c.key = key(t)
		c.document["jwks"] = c.key.Public()
		want(t, c.post("/oauth/par", c.request()), http.StatusUnauthorized, "invalid_client")
		c.wasAsked(t, 1)
		form := c.request()
		p.later(31 * time.Second)
		c.push(form)
		c.wasAsked(t, 2)
	})
	t.Run("once for all who ask at the same time, though the first hangs up", func(t *testing.T) {
		c := newParty(t, p).public()
		form := c.copying()
		entered, goOn := make(chan struct{}), make(chan struct{})
		c.serve = func(w http.ResponseWriter, r *http.Request) {
			close(entered) // a second time it panics
			<-goOn
			c.answers(nil)
			c.serve(w, r)
		}
		impatient := &http.Client{Timeout: 50 * time.Millisecond}
		var wg sync.WaitGroup
		wg.Go(func() {
			if response, err := impatient.PostForm(p.url+"/oauth/par", form); err == nil {
				response.Body.Close()
				t.Error("the first did not hang up")
			}
		})
		<-entered
		for range 4 {
			wg.Go(func() {
				if a := c.post("/oauth/par", form); a.status != http.StatusCreated {
					t.Errorf("got %d %v", a.status, a.body)
				}
			})
		}
		time.Sleep(100 * time.Millisecond)
		close(goOn)
		wg.Wait()
		c.wasAsked(t, 1)
	})
}

func TestFailingHostIsLeftAlone(t *testing.T) {
	p := sqlitePod(t)
	c, other := newParty(t, p).public(), newParty(t, p).public()
	form := c.copying()
	ask := func() answer { return c.post("/oauth/par", form) }
	c.serve = http.NotFound
	var a answer
	for range 12 {
		a = ask()
	}
	asked := c.asked.Load()
	t.Run("after a few failures, and the client is told for how long", func(t *testing.T) {
		want(t, a, http.StatusTooManyRequests, "temporarily_unavailable")
		if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 || wait > 120 {
			t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
		}
		if asked < 7 || asked > 9 {
			t.Errorf("it was asked %d times", asked)
		}
	})
	t.Run("whatever path is asked for", func(t *testing.T) {
		elsewhere := c.copying()
		elsewhere.Set("client_id", c.url+"/another.json")
		want(t, c.post("/oauth/par", elsewhere), http.StatusTooManyRequests, "temporarily_unavailable")
		c.wasAsked(t, asked)
	})
	t.Run("which costs no other host anything", func(t *testing.T) { other.push(other.copying()) })
	t.Run("and it is believed as soon as it may be asked again", func(t *testing.T) {
		c.answers(nil)
		p.later(3 * time.Minute)
		c.push(form)
	})
}
