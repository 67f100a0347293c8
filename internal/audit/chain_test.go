package audit

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestHash holds the encoding to hashes that another program made of it.
func TestHash(t *testing.T) {
	ctx, at := By(t.Context(), Client), time.UnixMilli(1764115200123)
	first := Record{Kind: KeyAdded, Subject: "a key"}.Entry(context.Background())
	second := Record{Kind: GrantRevoked, Subject: "grant", Account: "0123456789abcdef0123456789abcdef", Host: "köln.example"}.Entry(ctx)
	one, head := Chain(start, at.Truncate(time.Second), []Entry{first})
	two, head := Chain(head, at.Add(123_456), []Entry{second})
	for i, want := range []string{
		"e2a798594a5643b019936caf8628d1067d3c0b36b86ca6f23c693a9c341759fa",
		"11f10ad5616be57535960307e23d2a5930faae5ffda06c48e986777e0b95d35a",
	} {
		if r := append(one, two...)[i]; r.Hash != want || r.sum() != want {
			t.Errorf("row %d has the hash %s, want %s: %+v", i+1, r.Hash, want, r)
		}
	}
	if head.Number != 2 || head.Hash != two[0].Hash || two[0].Prev != one[0].Hash {
		t.Errorf("the head is %s", head)
	}
}

// TestFieldsDoNotRunTogether: what is moved from one field to the next is
// another row.
func TestFieldsDoNotRunTogether(t *testing.T) {
	a, b := Row{Actor: "person", Kind: "x", Subject: "1:a,"}, Row{Actor: "person", Kind: "x1:a,", Subject: ""}
	if a.sum() == b.sum() {
		t.Error("two rows have one hash")
	}
}

// TestRecordsAreBounded: what comes from elsewhere neither fills the log nor is
// refused by a database.
func TestRecordsAreBounded(t *testing.T) {
	long := strings.Repeat("x\x00\xff", 500)
	r := Record{Kind: GrantGiven, Subject: long, Account: long, Host: long, Actor: Pod, Detail: map[string]any{"why": long}}.row(t.Context())
	for _, text := range []string{r.Subject, r.Account, r.Actor, r.Detail} {
		if len(text) > 3*maxText || strings.Contains(text, "\x00") || !utf8.ValidString(text) {
			t.Errorf("%d bytes: %.40q", len(text), text)
		}
	}
}

func TestHeads(t *testing.T) {
	head := Head{7, strings.Repeat("ab", 32)}
	if got, ok := ParseHead(" " + head.String() + "\n"); !ok || got != head {
		t.Errorf("%v %v", got, ok)
	}
	for _, text := range []string{"", "7", ":", "7:ab", "x:" + head.Hash, "-1:" + head.Hash, "7:" + strings.Repeat("xy", 32)} {
		if _, ok := ParseHead(text); ok {
			t.Errorf("%q is a head", text)
		}
	}
}
