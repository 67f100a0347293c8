package main

import (
	"html"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/demo"
	"podmove/internal/invariants"
	"podmove/transfer"
)

// A misdeed is something that another pod does wrong, and what comes of it.
type misdeed struct {
	what   string                   // the pod does
	lie    func(s *stage) lie       // asked for once the account and its page are there
	old    transfer.State           // in which the transfer stands at the old pod then
	now    string                   // in which the move stands at the new pod
	reason transfer.Code            // why; "" if it goes well
	says   []string                 // what the person reads there
	posts  int64                    // that came, of 12; -1 is not looked at
	then   func(s *stage, l *liars) // how it goes on when the pod is honest again
}

// oldMisdeeds are what an old pod may do. All that it gives is in doubt.
var oldMisdeeds = []misdeed{
	// Silence.
	{"answers 500 for ever", always(at("GET posts", refusing(http.StatusInternalServerError, ""))),
		"copying", "waiting", transfer.Unavailable, []string{"the old pod cannot answer now (status 500)", "It looks again"}, 0, cancels},
	{"answers 429 to all that is read", always(whenRead(refusing(http.StatusTooManyRequests, ""))),
		"open", "waiting", transfer.RateLimited, []string{"the old pod asks us to come back later", "Waiting until"}, 0, retries},
	{"asks to wait for ten years", always(at("GET posts", refusing(http.StatusTooManyRequests, tenYears))),
		"copying", "waiting", transfer.RateLimited, []string{"Waiting until", "because the old pod asked"}, 0, waitsAnHour},
	{"answers a byte at a time", always(at("GET posts", trickling)),
		"copying", "waiting", transfer.PodUnreachable, []string{"the old pod answers too slowly"}, 0, retries},
	// Pages.
	{"sends a page with another transfer nonce", always(answering("GET posts", inPage(otherNonce))),
		"copying", "needs-attention", transfer.NonceForeign, []string{"page of another transfer"}, 0, retries},
	{"sends a cursor that does not advance", always(answering("GET posts", inPage(sameCursor))),
		"copying", "needs-attention", transfer.CursorStuck, []string{"cursor for posts does not advance"}, 4, retries},
	{"sends a page again under a new cursor", always(answering("GET posts", inPage(lowThrough))),
		"copying", "needs-attention", transfer.CursorStuck, []string{"the same posts over again"}, 4, retries},
	{"goes round in a circle of two cursors", circle(2),
		"copying", "needs-attention", transfer.CursorStuck, []string{"cursor for posts goes round in a circle"}, -1, retries},
	{"goes round in a circle of three cursors", circle(3),
		"copying", "needs-attention", transfer.CursorStuck, []string{"cursor for posts goes round in a circle"}, -1, retries},
	{"sends a wrong digest", always(answering("GET posts", inPage(wrongDigest))),
		"copying", "needs-attention", transfer.DigestWrong, []string{"digest"}, 0, retries},
	{"sends bytes that are not canonical", always(answering("GET posts", inPage(spaced))),
		"copying", "needs-attention", transfer.NotCanonical, []string{"canonical"}, 0, retries},
	{"repeats an old answer", repeated,
		"copying", "needs-attention", transfer.NonceForeign, []string{"answers another request"}, 4, retries},
	{"sends a page without end", always(at("GET posts", withoutEnd)),
		"copying", "needs-attention", transfer.AnswerInvalid, []string{"a page is larger than 5242880 bytes"}, 0, retries},
	// Counts.
	{"announces one post and sends all", always(answering("POST transfers", planned(func(c *transfer.CollectionPlan) { c.Count, c.Bytes = min(c.Count, 1), 100 }))),
		"redirecting", "done", "", []string{"Everything arrived"}, 12, isDone},
	{"announces more than any disk holds", always(answering("POST transfers", planned(func(c *transfer.CollectionPlan) { c.Count, c.ContentBytes = 1<<40, 1<<50 }))),
		"open", "needs-attention", transfer.StorageFull, []string{"room"}, 0, retries},
	{"sends fewer posts than it signs for", fewer,
		"frozen", "needs-attention", transfer.ManifestDiffers, []string{"what came of posts is not what the old pod's manifest says", "nothing at the old pod was changed"}, 11, retries},
	{"sends more posts than it signs for", invented,
		"frozen", "needs-attention", transfer.ManifestDiffers, []string{"what came of posts is not what the old pod's manifest says", "nothing at the old pod was changed"}, 13, retries},
	{"signs for fewer posts than it sends", always(answering("GET manifest", signed(asOld, transfer.TypManifest, fewerPosts))),
		"frozen", "needs-attention", transfer.ManifestDiffers, []string{"what came of posts is not what the old pod's manifest says"}, 12, retries},
	// Manifests.
	{"signs a manifest badly", always(answering("GET manifest", badSignature)),
		"frozen", "needs-attention", transfer.SignatureInvalid, []string{"not signed as a manifest"}, 12, retries},
	{"signs a manifest as something else", always(answering("GET manifest", signed(asOld, transfer.TypHoldings, func(*transfer.Manifest) {}))),
		"frozen", "needs-attention", transfer.SignatureInvalid, []string{"not signed as a manifest"}, 12, retries},
	{"hands over the manifest of another transfer", always(answering("GET manifest", signed(asOld, transfer.TypManifest, func(m *transfer.Manifest) { m.Transfer = "anothertransfer" }))),
		"frozen", "needs-attention", transfer.NonceForeign, []string{"the manifest is that of another transfer"}, 12, retries},
	// Photos.
	{"cuts a photo short", always(answering("GET photos content", func(_ *exchange, photo []byte) []byte { return photo[:min(len(photo), 30)] })),
		"verified", "waiting", transfer.AcceptanceNeeded, notAnnounced, 12, retries},
	{"damages a photo", always(answering("GET photos content", func(_ *exchange, photo []byte) []byte { return flip(photo) })),
		"verified", "waiting", transfer.AcceptanceNeeded, notAnnounced, 12, retries},
	{"sends 50 MB for a small photo", always(answering("GET photos content", func(_ *exchange, photo []byte) []byte { return append(photo, make([]byte, 50<<20)...) })),
		"verified", "waiting", transfer.AcceptanceNeeded, notAnnounced, 12, retries},
	{"sends a photo without end", always(at("GET photos content", withoutEnd)),
		"verified", "waiting", transfer.AcceptanceNeeded, notAnnounced, 12, retries},
	{"sends a page of HTML for a photo", always(answering("GET photos content", func(*exchange, []byte) []byte { return []byte("<!DOCTYPE html><script>alert(1)</script>") })),
		"verified", "waiting", transfer.AcceptanceNeeded, noPhoto, 12, retries},
	{"announces an SVG as a PNG", disguised,
		"verified", "waiting", transfer.AcceptanceNeeded, noPhoto, 12, retries},
	// What is not its own.
	{"deletes what it never brought, and what the person has here", tombstones,
		"redirecting", "done", "", []string{"Everything arrived"}, 12, func(*stage, *liars) {}},
	// Going away.
	{"says that it is finished before all was read", midway(finishes),
		"cancelled", "done", transfer.Incomplete, []string{"this pod has not told it that everything arrived", "undo the move at the old pod"}, 4, func(*stage, *liars) {}},
	{"does not know the account any more", midway(refusing(http.StatusNotFound, "")),
		"copying", "needs-attention", transfer.NotFound, notKnown, 4, agrees},
	{"says that the account is gone", midway(refusing(http.StatusGone, "")),
		"copying", "needs-attention", transfer.NotFound, notKnown, 4, agrees},
	{"takes the permission back", midway(refusing(http.StatusUnauthorized, "")),
		"copying", "needs-attention", transfer.ConsentNeeded, []string{"does not take our permission any more", "agree once more to go on, or cancel"}, 4, agrees},
}

// newMisdeeds are what a new pod may do. Nothing is taken away at the old one
// for it.
var newMisdeeds = []misdeed{
	{"signs a receipt for more than there is", always(asking("POST complete", receipt(overcount))), "frozen", "needs-attention", transfer.Incomplete, []string{"differ"}, 12, retries},
	{"signs a receipt with sums of something else", always(asking("POST complete", receipt(othersums))), "frozen", "needs-attention", transfer.Incomplete, []string{"differ"}, 12, retries},
	{"signs a receipt of another transfer", always(asking("POST complete", receipt(func(r *transfer.Receipt) { r.Transfer = "anothertransfer" }))),
		"frozen", "needs-attention", transfer.SignatureInvalid, []string{"the receipt has the wrong transfer"}, 12, retries},
	{"asks to complete before it has told of all", always(asking("POST receipts", outcomes(func(list []transfer.Outcome) []transfer.Outcome { return list[:len(list)/2] }))),
		"frozen", "needs-attention", transfer.Incomplete, []string{"there is no receipt for some of what was given"}, 12, retries},
	{"tells of things that it was never given", strangers,
		"redirecting", "done", "", []string{"Everything arrived"}, 12, erasesNoMore},
	{"says that it holds what it has not", pretending,
		"redirecting", "done", "", []string{"Everything arrived"}, 12, erasesLater},
}

// oldSays is what the person reads at the old pod, by the state of the transfer.
var oldSays = map[transfer.State]string{
	transfer.Open:        "Agreed to, not begun yet",
	transfer.Copying:     "Being copied",
	transfer.Frozen:      "Being copied", // and for how long nothing can be written
	transfer.Verified:    "Copied and compared; waiting for you",
	transfer.Redirecting: "Moved: old links lead to the new pod",
	transfer.Cancelled:   "Cancelled; nothing changed here", // its client has given the grant back
}

// TestMisdeeds has one of two pods do wrong, each time in another way and to
// another account, while the other one is what it always is. The move stops, or
// does not mind, and says so in words that help; nothing is lost, doubled or
// given away; and when the pod is honest again, or the person has had enough,
// it ends well.
func TestMisdeeds(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		list := shared(dialect, slices.Concat(oldMisdeeds, newMisdeeds))
		var names []string
		for i := range list {
			names = append(names, moverOf(i))
		}
		l := newLiars(t, dialect, names)
		for i, m := range list {
			t.Run(m.what, func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				l.suffer(t, m, moverOf(i))
				t.Logf("%s", time.Since(began).Round(100*time.Millisecond))
			})
		}
	})
}

// suffer has a misdeed done to an account.
func (l *liars) suffer(t *testing.T, m misdeed, name string) {
	t.Helper()
	s := &stage{t: t, from: l.from, to: l.to, old: l.old, w: l.to.signUp(t, name), free: func() {}}
	with := m.lie(s)
	s.seen = invariants.Look(t, invariants.Scene{Old: l.from.place(), New: l.to.place(), Name: name, Notice: time.Second, Others: []string{bystander}})
	before := l.from.holding(t, name)
	l.lie(name, with)
	s.begin()
	s.comes(m)
	s.w.hears(t, s.move, m.says...)
	s.w.hears(t, s.w.departure(t, l.from), oldSays[m.old])
	if came := s.w.look(t, s.move).arrived("posts"); m.posts >= 0 && came != m.posts {
		t.Errorf("%d posts came, want %d", came, m.posts)
	}
	if after := l.from.holding(t, name); m.now != "done" && !after.equal(before) {
		t.Errorf("the old account is\n%s\nand was\n%s", after, before)
	}
	s.seen.Check(t)
	l.lie(name, nil)
	m.then(s, l)
	s.seen.Check(t)
}

// hears fails the test for what a page does not say, be it ever so far down.
func (w person) hears(t *testing.T, address string, says ...string) {
	t.Helper()
	page := w.open(t, address)
	if strings.Contains(page.URL.Path, "sign-in") {
		page = w.fill(t, page, "/sign-in", "username", w.name, "password", demo.Password)
	}
	for _, words := range says {
		if text := html.UnescapeString(string(page.Body)); !strings.Contains(text, words) {
			t.Errorf("%s does not say %q: %s", page.URL, words, text)
		}
	}
}

// comes waits until the move stands where the misdeed brings it.
func (s *stage) comes(m misdeed) {
	s.t.Helper()
	var now moveState
	old := ""
	for end := time.Now().Add(patience); time.Now().Before(end); pause(s.t) {
		now, old = s.w.look(s.t, s.move), s.one(s.from, "x.state", "transfers")
		if now.State == m.now && now.Reason == string(m.reason) && old == string(m.old) {
			return
		}
	}
	s.t.Fatalf("the move is %s at the new pod and %s at the old one: %s %s", now.State, old, now.Reason, now.Message)
}

// retries goes on from where the move stopped, to its end.
func retries(s *stage, l *liars) {
	s.t.Helper()
	before := l.from.holding(s.t, s.w.name)
	if page := s.w.open(s.t, s.move); page.Offers("/retry") { // it may have gone on by itself
		s.w.fill(s.t, page, "/retry")
	}
	s.ends("done")
	sameItems(s.t, before, l.to.holding(s.t, s.w.name))
}

// agrees goes on with a new consent.
func agrees(s *stage, _ *liars) {
	s.t.Helper()
	s.w.agree(s.t, s.move)
}

// cancels has enough of it.
func cancels(s *stage, _ *liars) {
	s.t.Helper()
	says(s.t, s.w.fill(s.t, s.w.open(s.t, s.move), "/cancel"), "The move was cancelled. What came so far is kept here, and nothing at the old pod was changed.")
	s.endsAtOld("cancelled")
}

// isDone: nothing is left to do.
func isDone(s *stage, l *liars) {
	s.t.Helper()
	sameItems(s.t, l.from.holding(s.t, s.w.name), l.to.holding(s.t, s.w.name))
}
