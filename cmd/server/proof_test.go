package main

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestProof is one move in which every invariant would break if nobody looked
// after it: a photo is damaged on its way, everything is read from nothing a
// second time, somebody else has an item of the same guid, limited posts are
// among what moves, and the new pod loses a photo before the old one is to be
// erased.
func TestProof(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s", "PODMOVE_PAGE_ITEMS=4"), newQuickPod(t, dialect)
		from.household(t, "ada", 8, 4)
		from.household(t, "twin", 8, 4)
		to.household(t, "bystander", 4, 2)
		from.forge(t, "UPDATE photos SET guid = '"+guid("ada", "photo", 2)+"' WHERE guid = '"+guid("twin", "photo", 2)+"'")
		behind(t, from).lie(damaged(guid("ada", "photo", 0)))
		start(t, from, to)
		w := to.signUp(t, "ada")
		seen := watch(t, from, to, "ada")
		defer func() { seen.Check(t) }() // however it ends
		move := address(w.decide(t, w.consent(t, "ada@"+from.Host(), "ada"), "allow"))
		w.asksToAccept(t, move)
		seen.Check(t)
		whole := t
		t.Run("read from nothing again, as after the old pod was restored", func(t *testing.T) {
			kill(t, from)
			from.forge(t, "UPDATE pod SET epoch = 'another'")
			start(whole, from) // it outlives this part
			http.DefaultClient.CloseIdleConnections()
			w.fill(t, w.open(t, move), "/retry")
			w.asksToAccept(t, move)
			seen.Check(t)
		})
		t.Run("accepted without the photo", func(t *testing.T) {
			w.fill(t, w.open(t, w.departure(t, from)), "/accept")
			w.fill(t, w.open(t, move), "/retry") // it would look again by itself after a while
			w.follow(t, move, "done")
			seen.Check(t)
		})
		t.Run("erased, but what the new pod cannot prove", func(t *testing.T) {
			found := to.lose(t, picture(t, "ada", 2))
			time.Sleep(time.Second) // the notice
			page := w.departure(t, from)
			w.fill(t, w.open(t, page), "/erase")
			w.until(t, page, "does not hold 1 of the things that it took")
			seen.Outsiders(t)
			found()
			w.until(t, page, "stay here")
			if left := from.holding(t, "ada").photos(); left != 1 {
				t.Errorf("%d photos stay", left)
			}
			seen.Check(t)
		})
	})
}

// damaged turns the last byte of a photo.
func damaged(photo string) func(r *http.Request, answer []byte) []byte {
	return func(r *http.Request, answer []byte) []byte {
		if strings.HasSuffix(r.URL.Path, "/photos/"+photo+"/content") && len(answer) > 0 {
			answer = bytes.Clone(answer)
			answer[len(answer)-1] ^= 1
		}
		return answer
	}
}

// asksToAccept waits until the old pod waits for its person to say that
// something may be left behind.
func (w person) asksToAccept(t *testing.T, move string) {
	t.Helper()
	for {
		m := w.look(t, move)
		switch {
		case m.State == "waiting" && m.Reason == "acceptance-needed":
			return
		case m.State == "done" || m.State == "needs-attention":
			t.Fatalf("the move is %s: %s %s", m.State, m.Reason, m.Message)
		}
		pause(t)
	}
}
