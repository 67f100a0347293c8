package main

import (
	"testing"

	"podmove/transfer"
)

// TestErasedInTheMiddle goes on from the second pod to a third one, and has the
// second erase before the first: what the third one holds is proved to the first
// through the second (Protocol §6.5, §7.3).
func TestErasedInTheMiddle(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		const name = "ada"
		a, b, c := newQuickPod(t, dialect, "PODMOVE_GRACE=1h"), newQuickPod(t, dialect, "PODMOVE_GRACE=1h"), newQuickPod(t, dialect)
		a.household(t, name, 6, 3)
		start(t, a, b, c)
		before := a.holding(t, name)
		mid := b.signUp(t, name)
		mid.carry(t, a)
		c.signUp(t, name).carry(t, b)
		b.erase(t, name)
		if n := b.holding(t, name).Items[transfer.Posts].Count; n > 0 {
			t.Fatalf("%d posts are still at the second pod", n)
		}
		kill(t, c)
		unproved(t, a, name)
		start(t, c)
		a.erase(t, name)
		if h := a.holding(t, name); h.Items[transfer.Posts].Count+h.photos()+h.Items[transfer.Contacts].Count > 0 {
			t.Errorf("at the first pod there is still %s", h)
		}
		sameItems(t, before, c.holding(t, name))
	})
}

// unproved: as long as the third pod does not answer, the first erases nothing, and
// takes nothing for changed by its person there.
func unproved(t *testing.T, a *testPod, name string) {
	t.Helper()
	before := a.holding(t, name)
	s := a.open(t)
	defer s.Close()
	a.due(t, s, newest(t, s, name))
	const asked = "SELECT count(*) FROM transfer_receipts WHERE holding <> ''"
	for range 300 {
		if a.one(t, asked) != "0" {
			break
		}
		pause(t)
	}
	if n := a.one(t, "SELECT count(*) FROM transfer_receipts WHERE holding <> '' AND holding <> 'absent'"); n != "0" || a.one(t, asked) == "0" {
		t.Errorf("of %s things asked for, %s are not absent", a.one(t, asked), n)
	}
	if after := a.holding(t, name); !after.equal(before) {
		t.Errorf("the first account is\n%s\nand was\n%s", after, before)
	}
}

// TestCancelledBeforeReceipts takes away what a move brought that was cancelled
// before the old pod heard of any of it; what was edited here since stays
// (Protocol §7.2).
func TestCancelledBeforeReceipts(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect), newQuickPod(t, dialect)
		from.household(t, "ada", 8, 4)
		from.household(t, "bystander", 4, 2)
		old := onWire(t, from)
		start(t, from, to)
		s := &stage{t: t, from: from, to: to, old: old, w: to.signUp(t, "ada"), free: func() {}}
		s.seen = watch(t, from, to, "ada")
		before := from.holding(t, "ada")
		held("POST receipts")(s)
		s.w.fill(t, s.w.open(t, s.move), "/cancel")
		s.free()
		old.fail(nil)
		s.endsAtOld(transfer.Cancelled)
		if n := from.one(t, "SELECT count(*) FROM transfer_receipts"); n != "0" {
			t.Fatalf("the old pod has %s receipts", n)
		}
		mine := guid("ada", "post", 7)
		s.w.fill(t, s.w.open(t, to.URL+"/posts/"+mine+"/edit"), "/edit", "text", "I changed this here.")
		s.seen.Touched(mine)
		s.w.fill(t, s.w.open(t, s.move), "/undo")
		s.w.follow(t, s.move, "undone")
		takenBack(t, from, to)
		h := to.holding(t, "ada")
		if h.Items[transfer.Posts].Count != 1 || h.photos()+h.Items[transfer.Contacts].Count+h.Items[transfer.Aspects].Count+h.Items[transfer.Blocks].Count > 0 {
			t.Errorf("at the new pod there is %s", h)
		}
		if after := from.holding(t, "ada"); !after.equal(before) {
			t.Errorf("the old account is\n%s\nand was\n%s", after, before)
		}
		s.seen.Check(t)
	})
}
