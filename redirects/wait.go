package redirects

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"podmove/transfer"
)

// A herald is an announcement some time before erasing (Protocol §7.5).
type herald struct {
	ahead time.Duration
	kind  string
	words string
}

var heralds = [...]herald{
	{7 * 24 * time.Hour, "erasing-in-7-days", "seven days"},
	{24 * time.Hour, "erasing-in-1-day", "a day"},
}

// announce tells the person, once each, that erasing draws near. If this pod was
// not up in time to say so, the person gets the time all the same: the end of the
// grace period is put off.
func (s *Service) announce(ctx context.Context, d Departure) (Departure, error) {
	for _, h := range heralds {
		if d.State != transfer.Redirecting || !d.EraseNow.IsZero() || s.rest(d.GraceEnds) > h.ahead || d.GraceEnds.Sub(d.Redirected) <= h.ahead {
			continue
		}
		told, err := s.Book.HasEvent(ctx, d.Account, d.ID, h.kind)
		if err != nil {
			return d, err
		}
		if told {
			continue
		}
		if d, err = s.change(ctx, d.ID, func(ctx context.Context, d *Departure) error { return s.tell(ctx, d, h) }); err != nil {
			return d, err
		}
	}
	return d, nil
}

// tell runs inside change.
func (s *Service) tell(ctx context.Context, d *Departure, h herald) error {
	if d.State != transfer.Redirecting {
		return nil
	}
	if late := h.ahead - s.rest(d.GraceEnds); late > h.ahead/7 {
		d.GraceEnds = s.now().Add(h.ahead)
		if err := s.Book.SaveDeparture(ctx, *d); err != nil {
			return err
		}
	}
	return s.Event(ctx, d.Account, d.ID, h.kind, "In about "+h.words+" the old copies are erased. Until then you can undo the move.")
}

// wake is when there is next something to do without an answer of the new pod:
// to ask it, to announce, or to erase.
func (s *Service) wake(d Departure) time.Time {
	at, now := d.Due(), s.now()
	if look := s.look(d); look.After(now) {
		at = look
	}
	for _, h := range heralds {
		if herald := d.Due().Add(-h.ahead); herald.After(now) && herald.Before(at) && herald.After(d.Redirected) {
			at = herald
		}
	}
	return at
}

// trouble makes the new pod's fault a reason to wait. Anything else is ours.
func (s *Service) trouble(ctx context.Context, d Departure, err error) (Next, error) {
	if ctx.Err() != nil {
		return Next{}, ctx.Err()
	}
	e, ok := errors.AsType[*transfer.Error](err)
	if !ok || e.Code == transfer.Internal {
		return Next{}, err
	}
	s.Log.WarnContext(ctx, "the new pod does not prove what it holds", "transfer", d.ID, "pod", d.Origin(), "error", err)
	line := podOf(d) + " gives no answer that proves what it holds. Nothing is erased before it does; this pod asks again."
	switch e.Code {
	case transfer.PodUnreachable, transfer.Unavailable, transfer.RateLimited:
		line = podOf(d) + " does not answer. Nothing is erased before it proves what it holds; this pod asks again."
	case transfer.KeysDiffer:
		line = podOf(d) + " answers with other keys than when you agreed. Nothing is erased before you confirm, on the page of the move, that it is the same pod."
	case transfer.SignatureInvalid:
		line = podOf(d) + " does not answer with the key that you agreed to. Nothing is erased; this pod asks again."
	}
	return s.wait(ctx, d, e.Code, line, max(s.again(d), min(e.RetryAfter, 6*time.Hour)))
}

// waitAbsent: what is absent is never erased (Protocol §7.3).
func (s *Service) waitAbsent(ctx context.Context, d Departure, owing Owing) (Next, error) {
	if d.Reason != transfer.HoldingsAbsent {
		s.Log.WarnContext(ctx, "the new pod does not hold all that it took", "transfer", d.ID, "pod", d.Origin(), "absent", owing.Absent)
	}
	line := fmt.Sprintf("%s does not hold %d of the things that it took. They are not erased here; this pod asks again.", podOf(d), owing.Absent)
	return s.wait(ctx, d, transfer.HoldingsAbsent, line, s.again(d))
}

// wait notes why erasing waits, and tells the person when that is new.
func (s *Service) wait(ctx context.Context, d Departure, why transfer.Code, line string, after time.Duration) (Next, error) {
	next := Next{After: max(after, time.Second)}
	if d.Reason == why {
		return next, nil
	}
	_, err := s.change(ctx, d.ID, func(ctx context.Context, d *Departure) error {
		if d.State != transfer.Redirecting && d.State != transfer.ErasingOld {
			return nil
		}
		d.Reason, d.Waits = why, s.now()
		if err := s.Book.SaveDeparture(ctx, *d); err != nil {
			return err
		}
		return s.Event(ctx, d.Account, d.ID, "transfer-waiting", line)
	})
	return next, err
}

// fine forgets a reason that is none any more.
func (s *Service) fine(ctx context.Context, d Departure) error {
	if d.Reason == "" {
		return nil
	}
	_, err := s.change(ctx, d.ID, func(ctx context.Context, d *Departure) error {
		if d.State != transfer.Redirecting {
			return nil
		}
		d.Reason, d.Waits = "", time.Time{}
		return s.Book.SaveDeparture(ctx, *d)
	})
	return err
}

// again is when to ask again: the longer it has not worked, the later.
func (s *Service) again(d Departure) time.Duration { return pause(s.now().Sub(s.look(d))) }

// podOf names the new pod for the person.
func podOf(d Departure) string {
	u, err := url.Parse(d.Origin())
	if err != nil || u.Host == "" {
		return "The new pod"
	}
	return u.Host
}
