package main

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestRestartedServer starts PostgreSQL anew beneath both pods while two accounts
// move and their people write. Once it is up again nobody reads of it, the moves
// go on by themselves, and nothing is lost.
func TestRestartedServer(t *testing.T) {
	t.Parallel()
	const posts = 240
	beneath := newServer(t)
	from := beneath.pod(t, "old", "PODMOVE_PAGE_ITEMS=4", "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s")
	to := beneath.pod(t, "new")
	from.household(t, "ada", posts, 4)
	from.household(t, "bea", posts, 4)
	from.household(t, "bystander", 4, 2)
	to.household(t, "bystander", 4, 2)
	start(t, from, to)
	ada, bea := begun(t, from, to, "ada", "bystander"), begun(t, from, to, "bea", "bystander")
	for i, atOnce := range []bool{false, true} {
		ada.comes(t, int64(i+1)*posts/4)
		if err := beneath.Restart(t.Context(), atOnce); err != nil {
			t.Fatal(err)
		}
		unnoticed(t, from, to)
	}
	for _, r := range []outing{ada, bea} {
		r.push(t, "done")
		r.written()
	}
	says(t, ada.who.open(t, ada.now.address), "Everything arrived", "old links lead here")
	endNamed(t, "undone at the new pod").tell(t, bea.round)
	bea.settle(t)
	ada.seen.Check(t)
	bea.seen.Check(t)
}

// unnoticed: of many who ask at once nobody is told of a database that was away.
func unnoticed(t *testing.T, pods ...*testPod) {
	t.Helper()
	var asking sync.WaitGroup
	client := http.Client{Timeout: 20 * time.Second}
	for _, p := range pods {
		for range 24 {
			asking.Go(func() {
				response, err := client.Get(p.URL + "/public/ada.atom")
				if err != nil {
					t.Error(err)
					return
				}
				response.Body.Close()
				if response.StatusCode != http.StatusOK {
					t.Errorf("%s answers %d", response.Request.URL, response.StatusCode)
				}
			})
		}
	}
	asking.Wait()
}
