package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/transfer"
	"podmove/transfer/source"
)

// A holding is what an account holds, read from the pod's database.
type holding struct {
	State   pod.State
	MovedTo string
	Items   map[transfer.Collection]transfer.Tally
}

// String is short enough for a test's message.
func (h holding) String() string {
	text := fmt.Sprintf("%s %s", h.State, h.MovedTo)
	for _, c := range transfer.Collections() {
		text += fmt.Sprintf("; %s %d %.8s", c, h.Items[c].Count, h.Items[c].Digest)
	}
	return text
}

// equal compares the states and, byte for byte, the items of two accounts.
func (h holding) equal(other holding) bool { return h.String() == other.String() }

// open opens the pod's database beside the pod.
func (p *testPod) open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{DSN: p.database, Dir: p.dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// owner opens it to look at an account.
func (p *testPod) owner(t *testing.T, name string) (*store.Store, pod.Account) {
	t.Helper()
	s := p.open(t)
	a, err := s.AccountNamed(t.Context(), name)
	if err != nil {
		t.Fatal(errors.Join(err, s.Close()))
	}
	return s, a
}

// holding reads what an account holds.
func (p *testPod) holding(t *testing.T, name string) holding {
	t.Helper()
	s := p.open(t)
	defer s.Close()
	h, err := read(t.Context(), s, name)
	if err != nil {
		t.Fatalf("%s at %s: %v", name, p.Host(), err)
	}
	return h
}

func read(ctx context.Context, s *store.Store, name string) (holding, error) {
	a, err := s.AccountNamed(ctx, name)
	if err != nil {
		return holding{}, err
	}
	h := holding{a.State, a.MovedTo, map[transfer.Collection]transfer.Tally{}}
	scope := source.Scope{Account: a.ID, Collections: transfer.Collections(), Limited: true}
	for _, c := range transfer.Collections() {
		tallier := transfer.NewTallier(c)
		if err := s.Digests(ctx, scope, c, tallier.Add); err != nil {
			return h, err
		}
		h.Items[c] = tallier.Tally()
	}
	return h, nil
}
