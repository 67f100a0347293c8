package destination

import (
	"context"
	"time"

	"podmove/transfer"
)

// takeBackFor is how long the source is asked what may be removed, before the
// rest simply stays.
const takeBackFor = 30 * 24 * time.Hour

// A TakeBackJob removes what an undone move brought. What works it calls
// [Keeper.TakeBack].
type TakeBackJob struct {
	Move string `json:"move"`
}

// Kind is the job's name in the queue.
func (TakeBackJob) Kind() string { return "take-back" }

// Undo takes a move back for the person, signed in here. The source is asked
// first: as long as it does not say that everything there is as it was, nothing
// here is removed (Protocol §7.2). What it lists as live is then removed by a
// job. A move that was undone at the source, or cancelled, can be taken back as
// well.
func (k *Keeper) Undo(ctx context.Context, account int64, move string) error {
	m, err := k.Mine(ctx, account, move)
	switch {
	case err != nil:
		return err
	case !m.State.Ended():
		return transfer.Errorf(transfer.TransferActive, "this move is still under way: cancel it first")
	case m.Transfer == "":
		return transfer.Errorf(transfer.TransferClosed, "nothing came under this move, so there is nothing to take back")
	}
	if err := k.latest(ctx, m); err != nil {
		return err
	}
	if _, err := k.askUndo(ctx, m, nil); err != nil {
		return unremoved(err)
	}
	settled := m.settled()
	m.Reason, m.Message = "", "The move is undone: the old pod has everything as it was. What came from there and was not changed here is taken away."
	c := change{to: Undone, text: m.Message, job: TakeBackJob{m.ID}}
	c.also = func(ctx context.Context) error {
		if err := k.latest(ctx, m); err != nil {
			return err
		}
		return k.undone(ctx, m, settled)
	}
	_, err = k.locked(ctx, m, c)
	return err
}

// undone is what follows from an undo, in its transaction. With a move goes what
// completed it; an account that has lost only that lives here all the same.
func (k *Keeper) undone(ctx context.Context, m Move, settled bool) error {
	if m.Purpose != transfer.Move || m.Retries != "" {
		return nil
	}
	list, err := k.completions(ctx, m)
	if err != nil {
		return err
	}
	for _, one := range list {
		if err := k.undoneWith(ctx, one); err != nil {
			return err
		}
	}
	if k.Away == nil || !settled {
		return nil
	}
	return k.leave(ctx, m)
}

// undoneWith ends a move that completed, or was about to complete, one that is
// undone. What it was about to bring comes no more.
func (k *Keeper) undoneWith(ctx context.Context, one Move) (err error) {
	switch {
	case one.State == Done:
		_, err = k.change(ctx, one, change{to: Undone, text: "The move was undone, and with it what completed it."})
	case !one.State.Ended():
		if one, err = k.Moves.ClaimMove(ctx, one.ID); err == nil {
			_, err = k.cancel(ctx, one, transfer.TransferClosed, "The move that this would have completed was undone. There is nothing to complete any more.")
		}
	}
	return err
}

var errLater = transfer.Errorf(transfer.TransferActive, "what came under this move is part of a later one now: cancel or undo that one. Nothing was removed here")

// latest refuses to undo a move whose place a later one of the same origin has
// taken: what came is that one's by now (Protocol §3.8), and where the account lives
// is for that one to say (§6.5).
func (k *Keeper) latest(ctx context.Context, m Move) error {
	moves, err := k.Moves.MovesOf(ctx, m.Account)
	for _, later := range moves {
		if later.ID == m.ID {
			break
		}
		same := later.Issuer == m.Issuer && later.Subject == m.Subject && later.Retries == "" // what completes one does not take its place
		if same && later.State != Cancelled && later.State != Undone {
			return errLater
		}
	}
	return err
}

// settled reports whether the person lives here by the move: it is done, or was
// taken back at the source alone.
func (m Move) settled() bool {
	return m.Purpose == transfer.Move && m.Retries == "" && (m.State == Done || m.State == Undone && m.Reason == transfer.TransferClosed)
}

// leave has the account be where it was before the move, unless a later one
// made the person live here.
func (k *Keeper) leave(ctx context.Context, m Move) error {
	moves, err := k.Moves.MovesOf(ctx, m.Account)
	if err != nil {
		return err
	}
	for _, later := range moves { // newest first
		if later.ID == m.ID {
			break
		}
		if later.settled() {
			return nil
		}
	}
	return k.Away(ctx, m.Account, m.SourceAccount)
}

// unremoved says what an undo has left that the source did not confirm. Perhaps
// it took the move back, and only its answer was lost: then a notice follows.
func unremoved(err error) error {
	e := coded(err)
	return &transfer.Error{
		Code: e.Code, RetryAfter: e.RetryAfter, Err: err,
		Message: "The old pod did not confirm that it took the move back (" + e.Message + "). Nothing was removed here.",
	}
}

// askUndo has the source take the move back, if it has not, and answers which
// of the items it lists as live with the digest brought.
func (k *Keeper) askUndo(ctx context.Context, m Move, items []transfer.LiveItem) ([]string, error) {
	request := transfer.Undo{Envelope: k.envelope(m), Items: items}
	request.Expires = request.IssuedAt + int64(transfer.MaxMessageLife.Seconds())
	signed, err := k.Sign(transfer.TypUndo, request)
	if err != nil {
		return nil, err
	}
	back, err := k.Send(ctx, m.Issuer+"/transfer/v1/notices", signed)
	if err != nil {
		return nil, err
	}
	var answer transfer.Undo
	err = k.Verify(ctx, m.Pin(), back, transfer.TypUndo, &answer)
	if code := transfer.CodeOf(err); code == transfer.KeysDiffer || code == transfer.Unavailable {
		return nil, err
	}
	if err != nil {
		return nil, transfer.Errorf(transfer.SignatureInvalid, "its answer is not signed with its key").Because(err)
	}
	want := k.theirs(m)
	want.InReplyTo = request.ID
	if err := answer.CheckAnswer(want, k.Now()); err != nil {
		return nil, err
	}
	switch answer.State {
	case transfer.Undone, transfer.Cancelled, transfer.ExpiredIdle, transfer.Finished:
		return same(items, answer.Items), nil
	}
	return nil, transfer.Errorf(transfer.AnswerInvalid, "it says that the move is %.20q", answer.State)
}

// same names the items that are live with the digest that was asked about.
func same(asked, live []transfer.LiveItem) (guids []string) {
	alive := make(map[transfer.LiveItem]bool, len(asked))
	for _, item := range live {
		if len(alive) < transfer.MaxHoldings {
			alive[item] = true
		}
	}
	for _, item := range asked {
		if alive[item] {
			guids = append(guids, item.GUID)
		}
	}
	return guids
}

// backwards is the order in which things go: what uses others before those.
var backwards = [...]transfer.Collection{
	transfer.Profiles, transfer.Posts, transfer.Photos, transfer.Contacts, transfer.Aspects, transfer.Blocks,
}

// TakeBack goes on with removing what an undone move brought, and says when to
// go on. It may be called again at any time: what is gone is not listed again.
func (k *Keeper) TakeBack(ctx context.Context, id string) (Next, error) {
	m, err := k.Moves.Move(ctx, id)
	if transfer.CodeOf(err) == transfer.NotFound {
		return Next{Done: true}, nil
	}
	if err != nil || m.State != Undone {
		return Next{Done: err == nil}, err
	}
	until := k.Now().Add(k.Budget)
	for _, c := range backwards {
		over, err := k.takeBack(ctx, m, c, until)
		if err != nil {
			return k.later(ctx, m, err)
		}
		if !over {
			return Next{}, nil
		}
	}
	return Next{Done: true}, nil
}

// takeBack removes one collection, and reports whether it came to its end.
func (k *Keeper) takeBack(ctx context.Context, m Move, c transfer.Collection, until time.Time) (over bool, err error) {
	for after := ""; ; {
		list, err := k.Custody.Brought(ctx, m, c, after, transfer.MaxHoldings)
		if err != nil || len(list) == 0 {
			return err == nil, err
		}
		after = list[len(list)-1].GUID
		guids, err := k.askUndo(ctx, m, list)
		if err != nil {
			return false, err
		}
		if _, err := k.Custody.TakeBack(ctx, m, c, guids); err != nil {
			return false, err
		}
		if k.Now().After(until) {
			return false, nil
		}
	}
}

// later tries again when the source does not answer as it should.
func (k *Keeper) later(ctx context.Context, m Move, err error) (Next, error) {
	since := k.Now().Sub(m.Ended)
	switch {
	case ctx.Err() != nil:
		return Next{}, ctx.Err()
	case transfer.CodeOf(err) == transfer.Internal:
		return Next{}, err
	case hopeless(err) && !mistrusted(err), since > takeBackFor:
		k.Log.WarnContext(ctx, "what an undone move brought stays here", "move", m.ID, "error", err)
		return Next{Done: true}, k.Event(ctx, m.Account, m.ID, "move-undone", "The old pod does not say any more what it has. What is left here of the move stays.")
	}
	k.Log.InfoContext(ctx, "the old pod does not yet say what may be removed", "move", m.ID, "error", err)
	return Next{After: min(max(since/4, 5*time.Second), 6*time.Hour)}, nil
}

// mistrusted reports whether an answer was not the source's, which it may be
// again.
func mistrusted(err error) bool {
	code := transfer.CodeOf(err)
	return code == transfer.SignatureInvalid || code == transfer.KeysDiffer
}

// Hear takes the source's notice that the person undid the move there. Nothing
// is removed by itself: the person here decides. About a transfer that no move
// is from it is transfer.NotFound.
func (k *Keeper) Hear(ctx context.Context, message string) (answer string, err error) {
	var notice transfer.Undo
	m, err := k.read(ctx, message, transfer.TypUndo, &notice, &notice.Envelope)
	if err != nil {
		return "", err
	}
	if notice.State != transfer.Undone {
		return "", transfer.Errorf(transfer.RequestInvalid, "a notice of an undo says that the transfer is undone")
	}
	if m.State.Working() && m.ReceiptFor == m.Transfer {
		return "", transfer.Errorf(transfer.Unavailable, "this pod is just finishing the move. Tell it again in a minute")
	}
	if err := k.take(ctx, notice.Envelope); err != nil {
		return "", err
	}
	if m.State == Done {
		m.Reason, m.Message = transfer.TransferClosed, "The move was undone at the old pod, where everything is as it was. What came is kept here until you take it away."
		if _, err := k.change(ctx, m, change{to: Undone, text: m.Message}); err != nil {
			return "", err
		}
	}
	e := k.envelope(m)
	e.InReplyTo = notice.ID
	return k.Sign(transfer.TypUndo, transfer.Undo{Envelope: e, State: transfer.Undone})
}
