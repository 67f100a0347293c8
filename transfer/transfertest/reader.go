package transfertest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"podmove/transfer"
)

// NewReader makes a Reader of an account that holds exactly what f holds. Of
// two accounts made in one test, the second is another account of the same pod.
type NewReader func(t *testing.T, f Fixture) transfer.Reader

// Owners of the accounts that the suites make.
const (
	Aurora   = "aurora@old.example"
	Borealis = "borealis@old.example"
)

// Reader runs what every transfer.Reader must do. The profile, which every
// account has from the start, may keep its own guid.
func Reader(t *testing.T, open NewReader) {
	f := Made(Aurora)
	r := open(t, f)
	t.Run("gives each item once, with its bytes", func(t *testing.T) { readerGivesAll(t, r, f) })
	t.Run("obeys the limit of a page, and gives the same items in pages of any size", func(t *testing.T) { readerObeysLimits(t, r) })
	t.Run("gives the same bytes for the same cursor", func(t *testing.T) { readerRepeats(t, r) })
	t.Run("is caught up after the end, and stays there", func(t *testing.T) { readerStaysCaughtUp(t, r) })
	t.Run("plans what comes", func(t *testing.T) { readerPlans(t, r, f) })
	t.Run("says in the manifest what came", func(t *testing.T) { readerManifest(t, r) })
	t.Run("refuses a cursor that is not one", func(t *testing.T) { readerRefusesCursors(t, r) })
	t.Run("refuses a cursor of another collection", func(t *testing.T) {
		next := must(r.Page(t.Context(), transfer.Posts, "", 5))(t).Next
		_, err := r.Page(t.Context(), transfer.Contacts, next, 5)
		wantCode(t, err, transfer.CursorInvalid)
	})
	t.Run("refuses a cursor of another account", func(t *testing.T) {
		other := open(t, Made(Borealis))
		next := must(other.Page(t.Context(), transfer.Posts, "", 5))(t).Next
		_, err := r.Page(t.Context(), transfer.Posts, next, 5)
		wantCode(t, err, transfer.CursorInvalid)
	})
	t.Run("stops when the context has ended", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.Page(ctx, transfer.Posts, "", 5); err == nil {
			t.Error("a page was read after the context ended")
		}
	})
	t.Run("gives the content of photos from any offset", func(t *testing.T) { readerGivesContent(t, r, f) })
	t.Run("knows no content but that of its photos", func(t *testing.T) {
		for _, guid := range []string{"ffffffffffffffffffffffffffffffff", f.postGUID(0), "../../etc/passwd.jpeg"} {
			_, err := r.Content(t.Context(), guid, 0)
			wantCode(t, err, transfer.NotFound)
		}
	})
}

func readerGivesAll(t *testing.T, r transfer.Reader, f Fixture) {
	for _, c := range transfer.Collections() {
		got := readAll(t, r, c, 500)
		if c == transfer.Profiles && len(got) == 1 {
			got[0].GUID = f.Entries[c][0].GUID
		}
		sameEntries(t, c, got, f.Entries[c])
	}
}

func readerObeysLimits(t *testing.T, r transfer.Reader) {
	for _, c := range transfer.Collections() {
		whole := readAll(t, r, c, 500)
		for _, limit := range []int{1, 7} {
			sameEntries(t, c, readAll(t, r, c, limit), whole)
		}
	}
}

func readerRepeats(t *testing.T, r transfer.Reader) {
	second := must(r.Page(t.Context(), transfer.Posts, "", 9))(t).Next
	for _, after := range []transfer.Cursor{"", second, "", second} { // jumps there and back
		var a, b bytes.Buffer
		check(t, transfer.WritePage(&a, must(r.Page(t.Context(), transfer.Posts, after, 9))(t)))
		check(t, transfer.WritePage(&b, must(r.Page(t.Context(), transfer.Posts, after, 9))(t)))
		if a.String() != b.String() {
			t.Errorf("the cursor %q gave two different pages", after)
		}
	}
}

func readerStaysCaughtUp(t *testing.T, r transfer.Reader) {
	for _, c := range transfer.Collections() {
		p := must(r.Page(t.Context(), c, "", 1000))(t)
		for !p.CaughtUp {
			p = must(r.Page(t.Context(), c, p.Next, 1000))(t)
		}
		again := must(r.Page(t.Context(), c, p.Next, 1000))(t)
		if !again.CaughtUp || len(again.Entries) != 0 || again.Through < p.Through {
			t.Errorf("%s: after the end came %d entries, caught up %v, through %d after %d", c, len(again.Entries), again.CaughtUp, again.Through, p.Through)
		}
	}
}

func readerPlans(t *testing.T, r transfer.Reader, f Fixture) {
	plan := must(r.Plan(t.Context()))(t)
	if plan.Format != transfer.Format {
		t.Errorf("format %d, want %d", plan.Format, transfer.Format)
	}
	var order []transfer.Collection
	for _, got := range plan.Collections {
		order = append(order, got.Collection)
		got.Read, got.Received = 0, 0
		if want := f.Plan(got.Collection); got != want {
			t.Errorf("planned %+v, want %+v", got, want)
		}
	}
	if !slices.Equal(order, transfer.Collections()) {
		t.Errorf("planned %v, want all collections in the order in which they travel", order)
	}
}

func readerManifest(t *testing.T, r transfer.Reader) {
	m := must(r.Manifest(t.Context()))(t)
	if m.Format != transfer.Format || len(m.Tallies) != len(transfer.Collections()) || len(m.Unsendable) != 0 {
		t.Errorf("the manifest has format %d, %d tallies, unsendable %v", m.Format, len(m.Tallies), m.Unsendable)
	}
	for _, got := range m.Tallies {
		if want := tally(got.Collection, readAll(t, r, got.Collection, 100)); got != want {
			t.Errorf("the manifest says %+v, the pages amount to %+v", got, want)
		}
	}
}

func readerRefusesCursors(t *testing.T, r transfer.Reader) {
	good := string(must(r.Page(t.Context(), transfer.Posts, "", 5))(t).Next)
	other := "0"
	if good[:1] == other {
		other = "1"
	}
	for _, c := range []string{
		"garbage", "0", "-1", "posts", good + "0", good[:len(good)-1], good[:len(good)/2], other + good[1:],
		strings.Repeat("x", 512), "../" + good, "\u2028", "%00",
	} {
		_, err := r.Page(t.Context(), transfer.Posts, transfer.Cursor(c), 5)
		wantCode(t, err, transfer.CursorInvalid)
	}
}

// wantCode wants err to be, or to wrap, a transfer.Error of the code.
func wantCode(t *testing.T, err error, want transfer.Code) {
	t.Helper()
	if e, ok := errors.AsType[*transfer.Error](err); !ok || e.Code != want {
		t.Errorf("got the error %v, want %s", err, want)
	}
}
