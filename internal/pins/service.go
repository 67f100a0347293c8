package pins

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"time"

	"podmove/internal/keys"
	"podmove/transfer"
)

// How often a peer is asked for its keys, and for how long what is over counts.
const (
	weekly   = 7 * 24 * time.Hour   // Protocol §1.5
	hourly   = time.Hour            // where keys differ, or a peer did not answer
	pause    = time.Minute          // at most, whoever asks
	patience = 5 * time.Second      // for who asks for the same already
	grants   = 180 * 24 * time.Hour // no grant has tokens for longer
	undone   = 30 * 24 * time.Hour
	moves    = 365 * 24 * time.Hour
	atOnce   = 100 // peers in one sweep
)

// Options are what a Service works with. All are needed.
type Options struct {
	Book Book
	// Fetch reads what a peer publishes now: a JWK set.
	Fetch func(ctx context.Context, peer string) ([]byte, error)
	// Changed is told, inside the transaction of ctx, that the keys of a pin
	// now differ, or do not differ any more.
	Changed func(ctx context.Context, p Pin) error
	Now     func() time.Time
	Log     *slog.Logger
}

// A Service follows the keys of other pods. It is safe for concurrent use, in
// any number of processes on the same database.
type Service struct{ Options }

// New makes a Service.
func New(o Options) *Service { return &Service{o} }

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

func (s *Service) bound() Bound {
	now := s.now()
	return Bound{Grants: now.Add(-grants), Undone: now.Add(-undone), Moves: now.Add(-moves)}
}

// Differ is the error for a message of a pod whose keys are none of those agreed on.
func Differ() *transfer.Error {
	return transfer.Errorf(transfer.KeysDiffer,
		"it answers with other keys than those that were agreed on. The person has to confirm at the old pod that it is the same pod")
}

// Verify checks a signed message of a peer against what is pinned. A key that
// is unknown may be a new one: then the peer is asked what it publishes. A
// peer that cannot be asked is transfer.Unavailable, one whose keys are others
// transfer.KeysDiffer. It must not run inside a transaction.
func (s *Service) Verify(ctx context.Context, p transfer.Pin, message, typ string, claims any) error {
	if !p.Differ.IsZero() {
		return Differ()
	}
	err := verify(message, typ, p.Keys, claims)
	if !errors.Is(err, keys.ErrUnknownKey) {
		return err
	}
	published, asked := s.Follow(ctx, p.Peer)
	_, told := errors.AsType[*transfer.Error](asked)
	switch {
	case told:
		return asked
	case asked != nil: // our own trouble is nobody's wrong signature
		return unread(asked)
	case !shares(p.Keys, published):
		return Differ().Because(err)
	}
	return verify(message, typ, published, claims)
}

// Follow asks a peer what it publishes, once a minute at most, and holds all
// that is pinned to it against that. It answers what the peer published last.
// It must not run inside a transaction.
func (s *Service) Follow(ctx context.Context, peer string) ([]byte, error) {
	now := s.now()
	asks, err := s.Book.AskPeer(ctx, peer, now, now.Add(-pause))
	if err != nil {
		return nil, err
	}
	if !asks {
		return s.await(ctx, peer)
	}
	published, err := s.Fetch(ctx, peer)
	if err != nil {
		return nil, unread(err)
	}
	return published, s.Book.InTx(ctx, func(ctx context.Context) error { return s.hold(ctx, peer, published) })
}

// unread is the error for a peer that does not say what it publishes. That is
// no sign of other keys; it is asked again.
func unread(err error) *transfer.Error {
	e := transfer.Errorf(transfer.Unavailable, "its keys cannot be read just now").Because(err)
	e.RetryAfter = pause
	return e
}

// await waits a little for the answer to who asks the peer already.
func (s *Service) await(ctx context.Context, peer string) ([]byte, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		p, err := s.Book.PeerOf(ctx, peer)
		switch {
		case err != nil || !p.Read.Before(p.Tried):
			return p.Keys, err
		case s.now().Sub(p.Tried) > patience:
			return nil, unread(nil)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// hold holds all that is pinned to a peer against what it publishes.
func (s *Service) hold(ctx context.Context, peer string, published []byte) error {
	if err := s.Book.SavePeer(ctx, peer, published, s.now()); err != nil {
		return err
	}
	list, err := s.Book.PinsTo(ctx, peer, s.bound())
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := s.judge(ctx, p, published); err != nil {
			return err
		}
	}
	return nil
}

// judge: a set that still holds a pinned key replaces the pin; one that shares
// none is noted, and the person hears of it.
func (s *Service) judge(ctx context.Context, p Pin, published []byte) error {
	was, differed := p.Keys, !p.Differ.IsZero()
	switch shared := shares(p.Keys, published); {
	case shared && !differed && bytes.Equal(p.Keys, published), !shared && differed:
		return nil
	case shared:
		p.Keys, p.Differ = published, time.Time{}
	default:
		p.Differ = s.now()
		s.Log.WarnContext(ctx, "another pod publishes none of the keys that were agreed on", "peer", p.Peer, string(p.Kind), p.ID)
	}
	if err := s.Book.SavePin(ctx, p, was); err != nil || differed == !p.Differ.IsZero() {
		return err
	}
	return s.Changed(ctx, p)
}

// Confirm pins what the peer of an account's transfer publishes instead of what
// was agreed on: the person says that it is the same pod. Whoever calls it has
// made sure of a fresh sign-in.
func (s *Service) Confirm(ctx context.Context, account int64, id string) error {
	return s.Book.InTx(ctx, func(ctx context.Context) error {
		p, err := s.Book.PinOf(ctx, account, id)
		if err != nil || p.Differ.IsZero() {
			return err
		}
		peer, err := s.Book.PeerOf(ctx, p.Peer)
		if err != nil {
			return err
		}
		was := p.Keys
		p.Keys, p.Differ = peer.Keys, time.Time{}
		if err := s.Book.SavePin(ctx, p, was); err != nil {
			return err
		}
		return s.Changed(ctx, p)
	})
}

// Sweep follows the peers that were not read for a week, and more often those
// whose keys differ or who did not answer. It is to be called every so often.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	if err := s.Book.DropPeers(ctx, s.bound()); err != nil {
		return err
	}
	list, err := s.Book.StalePeers(ctx, s.bound(), now.Add(-weekly), now.Add(-hourly), atOnce)
	if err != nil {
		return err
	}
	for _, peer := range list {
		if _, err := s.Follow(ctx, peer); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			s.Log.InfoContext(ctx, "cannot read the keys of another pod", "peer", peer, "error", err)
		}
	}
	return nil
}

func verify(message, typ string, jwks []byte, claims any) error {
	set, err := keys.ParseSet(jwks)
	if err != nil {
		return err
	}
	return keys.Verify(message, typ, set, claims)
}

// shares reports whether two published sets have a key in common.
func shares(a, b []byte) bool {
	one, err := keys.ParseSet(a)
	if err != nil {
		return false
	}
	two, err := keys.ParseSet(b)
	return err == nil && keys.Shares(one, two)
}
