package source

import (
	"context"
	"fmt"
	"slices"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// Bounds of a freeze (Protocol §5.1).
const (
	FreezeLongest = 10 * time.Minute
	freezeIdle    = time.Minute // since the last request that used the transfer
	freezeEvery   = time.Hour
	freezesIn     = 3 // in freezeEvery
)

// Freeze has the account stand still, so that the destination can read the last
// changes and complete: until then, or until the freeze ends by itself, nothing
// can be written to the account but the deletion of a post (Protocol §5.1). It
// takes what completing a move takes, since a client that may only read has no
// business to stop its person. Repeated, or when the transfer is past it, it
// answers the state reached.
func (s *Service) Freeze(ctx context.Context, g oauth.Grant, id string) (transfer.Plan, error) {
	t, err := s.find(ctx, g, id)
	if err != nil {
		return transfer.Plan{}, err
	}
	if t.Purpose != transfer.Move || !g.Has(oauth.ScopeMove) {
		return transfer.Plan{}, transfer.Errorf(transfer.ScopeMissing, "freezing an account needs a move, and %s", oauth.ScopeMove)
	}
	t, err = s.change(ctx, id, func(ctx context.Context, t *Transfer) error {
		if t.State != transfer.Open && t.State != transfer.Copying {
			return nil
		}
		if err := s.stillGranted(ctx, t.Grant); err != nil {
			return err
		}
		return s.freeze(ctx, t)
	})
	if err != nil {
		return transfer.Plan{}, err
	}
	return s.plan(ctx, t)
}

// freeze begins one, under the account's lock.
func (s *Service) freeze(ctx context.Context, t *Transfer) error {
	if err := s.otherFreeze(ctx, *t); err != nil {
		return err
	}
	if err := s.rested(ctx, t.Account); err != nil {
		return err
	}
	if t.Froze = append(t.Froze, s.now()); len(t.Froze) > freezesIn {
		t.Froze = t.Froze[len(t.Froze)-freezesIn:]
	}
	t.Thaws = s.now().Add(freezeIdle)
	return s.enter(ctx, t, transfer.Frozen, host(*t)+" reads the last changes. Until it has them, nothing can be written here, but posts can be deleted.")
}

// rested refuses a freeze more than there may be in an hour, of whatever
// transfer they were.
func (s *Service) rested(ctx context.Context, account int64) error {
	list, err := s.Transfers.TransfersOf(ctx, account)
	if err != nil {
		return err
	}
	var lately []time.Time
	for _, t := range list {
		for _, at := range t.Froze {
			if s.now().Sub(at) < freezeEvery {
				lately = append(lately, at)
			}
		}
	}
	if len(lately) < freezesIn {
		return nil
	}
	slices.SortFunc(lately, time.Time.Compare)
	often := transfer.Errorf(transfer.RateLimited, "an account is frozen at most %d times an hour", freezesIn)
	often.RetryAfter = lately[len(lately)-freezesIn].Add(freezeEvery).Sub(s.now())
	return often
}

// otherFreeze refuses what only the transfer may do for which the account
// stands still (Protocol §5.2).
func (s *Service) otherFreeze(ctx context.Context, t Transfer) error {
	list, err := s.Transfers.TransfersOf(ctx, t.Account)
	if err != nil {
		return err
	}
	for _, other := range list {
		if other.ID != t.ID && other.State == transfer.Frozen && s.now().Before(other.Thaws) {
			frozen := transfer.Errorf(transfer.AccountFrozen, "this account stands still for another transfer; come back when that is over")
			frozen.RetryAfter = other.Thaws.Sub(s.now())
			return frozen
		}
	}
	return nil
}

// prolong lets a freeze last that is used.
func (s *Service) prolong(ctx context.Context, t Transfer) (Transfer, error) {
	if t, err := s.lapsed(ctx, t); err != nil || t.State != transfer.Frozen {
		return t, err
	}
	if last := t.Frozen().Add(FreezeLongest); t.Thaws.Before(last) {
		t.Thaws = s.now().Add(freezeIdle)
		if last.Before(t.Thaws) {
			t.Thaws = last
		}
	}
	return t, s.Transfers.ProlongFreeze(ctx, t.ID, t.Thaws)
}

// lapsed ends a freeze that is over.
func (s *Service) lapsed(ctx context.Context, t Transfer) (Transfer, error) {
	if t.State == transfer.Frozen && !s.now().Before(t.Thaws) {
		return s.thaw(ctx, t.ID)
	}
	return t, nil
}

// Thaw ends the freezes that are over, and answers how many: the account can be
// written to since their time came, this only says so. It is run now and then.
func (s *Service) Thaw(ctx context.Context) (int, error) {
	ids, err := s.Transfers.Thawing(ctx, s.now(), 1000)
	if err != nil {
		return 0, err
	}
	for i, id := range ids {
		if _, err := s.thaw(ctx, id); err != nil {
			return i, err
		}
	}
	return len(ids), nil
}

func (s *Service) thaw(ctx context.Context, id string) (Transfer, error) {
	return s.change(ctx, id, func(ctx context.Context, t *Transfer) error {
		if t.State != transfer.Frozen || s.now().Before(t.Thaws) {
			return nil
		}
		return s.enter(ctx, t, transfer.Copying, host(*t)+" did not finish in time, and goes on copying. You can write here again.")
	})
}

// stood adds up for how long the account has stood still, and says it.
func (s *Service) stood(t *Transfer) string {
	end := s.now()
	if t.Thaws.Before(end) {
		end = t.Thaws
	}
	took := max(end.Sub(t.Frozen()), 0)
	t.Stood += took
	return fmt.Sprintf("The account stood still for %.1f seconds.", took.Seconds())
}

// Frozen is when the latest freeze began; zero if there was none.
func (t Transfer) Frozen() time.Time {
	if len(t.Froze) == 0 {
		return time.Time{}
	}
	return t.Froze[len(t.Froze)-1]
}
