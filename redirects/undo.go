package redirects

import (
	"context"
	"time"

	"podmove/transfer"
)

// tellFor is how long the new pod is told of an undo before it is left to find
// out by itself.
const tellFor = 30 * 24 * time.Hour

// answerFor is how long the answer to an undo has to arrive before the new pod
// is told by a notice as well: the answer may be lost.
const answerFor = 5 * time.Second

// Undo takes a move back for the person, signed in here: the stubs come down
// and the account is in use again. The new pod is told. Repeated, it answers
// the departure as it is; from erasing on it is transfer.Erasing.
func (s *Service) Undo(ctx context.Context, account int64, id string) (Departure, error) {
	if _, err := s.Of(ctx, account, id); err != nil {
		return Departure{}, err
	}
	return s.change(ctx, id, func(ctx context.Context, d *Departure) error {
		if d.State == transfer.Undone {
			return nil
		}
		if err := s.undo(ctx, d, "You undid the move. Everything is here as it was, and the old addresses show it again."); err != nil {
			return err
		}
		return s.Enqueue(ctx, NoticeJob{id}, time.Time{})
	})
}

// undo runs inside change (Protocol §7.1).
func (s *Service) undo(ctx context.Context, d *Departure, line string) error {
	switch d.State {
	case transfer.Redirecting:
	case transfer.ErasingOld, transfer.Erased:
		return transfer.Errorf(transfer.Erasing, "it is too late to undo this move: erasing the old copies has begun")
	default:
		return transfer.Errorf(transfer.TransferClosed, "there is no move to undo: it is %s", d.State)
	}
	if d.Retries == "" {
		if err := s.undoLater(ctx, *d); err != nil {
			return err
		}
		var err error
		if line, err = s.stay(ctx, *d, line); err != nil {
			return err
		}
	}
	return s.takeBack(ctx, d, line)
}

// stay has the account in use again, and the pods told from which it came, unless
// it has left once more since the departure: then it is as that has it, and the
// line says so.
func (s *Service) stay(ctx context.Context, d Departure, line string) (string, error) {
	list, err := s.Book.DeparturesOf(ctx, d.Account)
	if err != nil {
		return "", err
	}
	if last := list[len(list)-1]; last.whole() != d.ID {
		return "That move is undone. A later one stands as it was: to " + last.Destination + ".", nil
	}
	if err := s.Book.SetActive(ctx, d.Account); err != nil {
		return "", err
	}
	return line, s.tellEarlier(ctx, d)
}

// takeBack has what one departure gave be here again.
func (s *Service) takeBack(ctx context.Context, d *Departure, line string) error {
	if err := s.Book.DropStubs(ctx, d.ID); err != nil {
		return err
	}
	if err := s.Revoke(ctx, d.Grant); err != nil {
		return err
	}
	return s.enter(ctx, d, transfer.Undone, line)
}

// Hear takes an undo message from a new pod: its person pressed undo there. The
// move is taken back, and the signed answer lists which of the items named are
// live here, with their digests (Protocol §7.2). About a transfer that is not
// of this pod it is transfer.NotFound.
func (s *Service) Hear(ctx context.Context, message string) (answer string, err error) {
	d, asked, err := s.open(ctx, message)
	if err != nil {
		return "", err
	}
	if err := s.Book.TakeMessage(ctx, asked.Issuer, asked.ID, asked.Ends()); err != nil {
		return "", err
	}
	if d, err = s.change(ctx, d.ID, s.undoForThem); err != nil {
		return "", err
	}
	live, err := s.live(ctx, d, asked.Items)
	if err != nil {
		return "", err
	}
	e := s.envelope(d)
	e.InReplyTo = asked.ID
	return s.Sign(transfer.TypUndo, transfer.Undo{Envelope: e, State: d.State, Items: live})
}

// live are those of the items that are to stay here. None is while the account
// has moved by another departure, which may erase them (Protocol §7.2).
func (s *Service) live(ctx context.Context, d Departure, items []transfer.LiveItem) (list []transfer.LiveItem, err error) {
	return list, s.Book.InTx(ctx, func(ctx context.Context) error {
		if err := s.Book.LockAccount(ctx, d.Account); err != nil {
			return err
		}
		all, err := s.Book.DeparturesOf(ctx, d.Account)
		if err != nil {
			return err
		}
		for _, other := range all {
			if other.whole() != d.whole() && other.State.Away() {
				list = nil
				return nil
			}
		}
		list, err = s.Book.Live(ctx, d, items)
		return err
	})
}

// undoForThem answers the state reached. A transfer that ended otherwise has
// taken nothing away, so there is nothing to undo.
func (s *Service) undoForThem(ctx context.Context, d *Departure) error {
	switch d.State {
	case transfer.Undone, transfer.Cancelled, transfer.ExpiredIdle, transfer.Finished:
		return nil
	case transfer.Open, transfer.Copying, transfer.Frozen, transfer.Verified:
		return transfer.Errorf(transfer.TransferActive, "the move is still under way: cancel it first")
	}
	if err := s.undo(ctx, d, "The move was undone at the new pod. Everything is here as it was, and the old addresses show it again."); err != nil {
		return err
	}
	return s.Enqueue(ctx, NoticeJob{d.ID}, s.now().Add(answerFor))
}

// open finds out what a message is about, and verifies it.
func (s *Service) open(ctx context.Context, message string) (Departure, transfer.Undo, error) {
	var asked transfer.Undo
	d, err := s.read(ctx, message, transfer.TypUndo, &asked, &asked.Envelope)
	if err != nil {
		return d, asked, err
	}
	return d, asked, asked.CheckItems()
}

// Tell sends the notice that a move was undone. It is tried again until the new
// pod has answered.
func (s *Service) Tell(ctx context.Context, id string) (Next, error) {
	d, err := s.Book.Departure(ctx, id)
	switch {
	case transfer.CodeOf(err) == transfer.NotFound:
		return Next{Done: true}, nil
	case err != nil:
		return Next{}, err
	case d.State != transfer.Undone:
		return Next{Done: true}, nil
	}
	var answer transfer.Undo
	notice := transfer.Undo{Envelope: s.request(d), State: transfer.Undone}
	if err = s.exchange(ctx, d, noticesPath, transfer.TypUndo, notice, &answer); err == nil {
		err = s.answers(d, notice.Envelope, answer.Envelope)
	}
	since := s.now().Sub(d.Ended)
	switch {
	case ctx.Err() != nil:
		return Next{}, ctx.Err()
	case err == nil:
		return Next{Done: true}, nil
	case since > tellFor:
		s.Log.WarnContext(ctx, "the new pod was never told of an undo", "transfer", id, "pod", d.Origin(), "error", err)
		return Next{Done: true}, nil
	}
	s.Log.InfoContext(ctx, "the new pod does not hear of an undo yet", "transfer", id, "pod", d.Origin(), "error", err)
	return Next{After: pause(since)}, nil
}

// pause is how long to wait before trying again what has not worked for a
// time: longer and longer.
func pause(since time.Duration) time.Duration {
	return min(max(since/4, 5*time.Second), 6*time.Hour)
}
