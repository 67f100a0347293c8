package main

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/source"
)

// restored goes back to a backup, as after the loss of a disk.
func (p *testPod) restored(t *testing.T, dir string) {
	t.Helper()
	release := p.down(t)
	p.wipe(t)
	p.execute(t, "", "restore", dir)
	release()
	start(t, p)
	http.DefaultClient.CloseIdleConnections() // those to the pod that was killed
}

// down kills the pod and keeps its port from whoever looks for a free one, until
// it is released.
func (p *testPod) down(t *testing.T) (release func()) {
	t.Helper()
	kill(t, p)
	l, err := net.Listen("tcp", p.Listen)
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { l.Close() })
	t.Cleanup(release)
	return release
}

// half begins a move of twenty posts of ada's that stops when five have come.
// The first function lets so many more pages pass, the second all.
func half(t *testing.T, from, to *testPod) (w person, move string, step func(pages int), goOn func()) {
	t.Helper()
	v := behind(t, from)
	from.fill(t, "ada", 20)
	start(t, from, to)
	w, move, goOn = under(t, from, to, v, "ada")
	came := int64(5)
	step = func(pages int) {
		t.Helper()
		for range pages {
			v.gate <- struct{}{} // one page that waits there goes on
			came += 5
			w.waitFor(t, move, came)
		}
	}
	return w, move, step, goOn
}

func arrivedWhole(t *testing.T, w person, move string, from, to *testPod) {
	t.Helper()
	if m := w.follow(t, move, "done", "needs-attention", "cancelled"); m.State != "done" {
		t.Fatalf("the move is %s: %s %s", m.State, m.Reason, m.Message)
	}
	old, now := from.holding(t, "ada"), to.holding(t, "ada")
	if c := transfer.Posts; old.Items[c] != now.Items[c] || now.Items[c].Count == 0 {
		t.Errorf("%s arrived, not\n%s", now, old)
	}
}

// TestRestoredSource: the old pod goes back to a backup in the middle of a copy.
// What was written there since the backup is gone from both, as though it had
// been deleted, even what had come already (Protocol §4.2); the rest arrives.
func TestRestoredSource(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=5"), newQuickPod(t, dialect)
		w, move, step, goOn := half(t, from, to)
		dir := filepath.Join(t.TempDir(), "backup")
		from.execute(t, "", "backup", dir)
		var since []string
		for range 10 {
			since = append(since, from.post(t, "ada", "written since the backup"))
		}
		step(4) // five of those have come
		from.restored(t, dir)
		seen := watch(t, from, to, "ada")
		goOn()
		arrivedWhole(t, w, move, from, to)
		seen.Check(t)
		here := to.guids(t, "ada")
		if len(here) != 20 {
			t.Errorf("%d posts are here, not 20", len(here))
		}
		for _, guid := range since {
			if here[guid] {
				t.Errorf("the post %s, which the old pod has lost, is here", guid)
			}
		}
	})
}

// post writes a post beside the pod.
func (p *testPod) post(t *testing.T, name, text string) (guid string) {
	t.Helper()
	s := p.open(t)
	defer s.Close()
	a, err := s.AccountNamed(t.Context(), name)
	if err == nil {
		guid, err = s.CreatePost(t.Context(), a.ID, transfer.Post{Public: true, CreatedAt: transfer.TimeOf(time.Now()), Text: text})
	}
	if err != nil {
		t.Fatal(err)
	}
	return guid
}

// TestRestoredDestination: the new pod goes back to a backup in the middle of a
// copy, and the move goes on from there.
func TestRestoredDestination(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=5"), newQuickPod(t, dialect)
		_, move, step, goOn := half(t, from, to)
		dir := filepath.Join(t.TempDir(), "backup")
		to.execute(t, "", "backup", dir)
		step(2)
		to.restored(t, dir)
		if n := len(to.guids(t, "ada")); n != 5 {
			t.Errorf("the restored pod holds %d posts, not 5", n)
		}
		seen := watch(t, from, to, "ada")
		goOn()
		arrivedWhole(t, to.signIn(t, "ada"), move, from, to)
		seen.Check(t)
	})
}

// TestRestoredTooLate: the new pod goes back to a backup from before all was
// there, when the old pod has its stubs up. What it does not hold any more is
// never erased at the old pod (Protocol §7.3).
func TestRestoredTooLate(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=5", "PODMOVE_GRACE=30s", "PODMOVE_NOTICE=1s")
		to := newQuickPod(t, dialect)
		w, move, _, goOn := half(t, from, to)
		dir := filepath.Join(t.TempDir(), "backup")
		to.execute(t, "", "backup", dir)
		before := from.guids(t, "ada")
		seen := watch(t, from, to, "ada")
		goOn()
		w.follow(t, move, "done", "needs-attention")
		from.givenBack(t, "ada") // else what is restored can still ask, and hears that the move is finished
		release := from.down(t)
		to.restored(t, dir)
		held := to.guids(t, "ada")
		if len(held) != 5 || len(before) != 20 {
			t.Fatalf("the restored pod holds %d posts of %d", len(held), len(before))
		}
		release()
		start(t, from)
		for len(from.guids(t, "ada")) > 15 {
			pause(t)
		}
		for range 20 { // it asks again, and goes no further
			pause(t)
		}
		left := from.guids(t, "ada")
		for guid := range before {
			if left[guid] == held[guid] {
				t.Errorf("the post %s is at the old pod: %v, at the new one: %v", guid, left[guid], held[guid])
			}
		}
		says(t, from.signIn(t, "ada").open(t, w.departure(t, from)), "What it does not hold is not erased here")
		to.signIn(t, "ada").until(t, move, "The old pod does not take our permission any more")
		heard := hearing{T: t}
		seen.Check(&heard)
		for _, said := range heard.said {
			if !strings.Contains(said, "has a good receipt, and is not at the new pod") {
				t.Error(said)
			}
		}
		if n := len(heard.said); n != len(before)-len(held) {
			t.Errorf("%d things that the new pod told of are not there, want %d: %s", n, len(before)-len(held), heard.said)
		}
	})
}

// A hearing collects what a check finds, where something has to be found.
type hearing struct {
	*testing.T
	said []string
}

func (h *hearing) Error(args ...any) { h.said = append(h.said, fmt.Sprint(args...)) }

// givenBack waits until the permission of an account's last move was given back.
func (p *testPod) givenBack(t *testing.T, name string) {
	t.Helper()
	s, a := p.owner(t, name)
	defer s.Close()
	for range 300 {
		list, err := s.TransfersOf(t.Context(), a.ID)
		if err != nil || len(list) == 0 {
			t.Fatal(len(list), err)
		}
		revoked, err := s.Revoked(t.Context(), list[0].Grant)
		if err != nil {
			t.Fatal(err)
		}
		if revoked {
			return
		}
		pause(t)
	}
	t.Fatal("the new pod does not give its permission back")
}

// guids are those of an account's posts.
func (p *testPod) guids(t *testing.T, name string) map[string]bool {
	t.Helper()
	s, a := p.owner(t, name)
	defer s.Close()
	list := map[string]bool{}
	err := s.Digests(t.Context(), source.Scope{Account: a.ID, Collections: transfer.Collections(), Limited: true}, transfer.Posts, func(guid string, _ transfer.Digest) { list[guid] = true })
	if err != nil {
		t.Fatal(err)
	}
	return list
}
