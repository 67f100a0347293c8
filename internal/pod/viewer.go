package pod

import (
	"context"
	"errors"
	"fmt"
)

// A Viewer is who looks at something. The zero Viewer is a stranger.
type Viewer struct {
	Account int64  // row id
	ID      string // diaspora* ID, by which limited posts name their readers
}

// Person is the account that a request's session belongs to; the zero Account is
// nobody's. An error means that it cannot be told just now: who is signed in is
// then no stranger, whose form leads to the sign-in page and is forgotten.
func (s *Sessions) Person(ctx context.Context, find func(ctx context.Context, id int64) (Account, error)) (Account, error) {
	id, began := s.Account(ctx)
	if id == 0 {
		return Account{}, nil
	}
	a, err := find(ctx, id)
	switch {
	case errors.Is(err, ErrNoAccount):
		return Account{}, nil
	case err != nil:
		return Account{}, fmt.Errorf("the account of a session: %w", err)
	case a.State == Closed || began.Before(a.SessionsFrom):
		return Account{}, nil
	}
	return a, nil
}

// Viewer is who a request's session belongs to.
func (s *Sessions) Viewer(ctx context.Context, w Window) (Viewer, error) {
	a, err := s.Person(ctx, w.Account)
	if err != nil || a.ID == 0 {
		return Viewer{}, err
	}
	return Viewer{Account: a.ID, ID: a.Username + "@" + w.Host}, nil
}
