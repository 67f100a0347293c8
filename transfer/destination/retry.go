package destination

import (
	"context"
	"crypto/rand"
	"slices"

	"podmove/transfer"
)

// A Choice is what a person has tried again, of what did not arrive: collections,
// single items, or both. Nothing chosen is all of it.
type Choice struct {
	Collections []transfer.Collection `json:"collections,omitempty"`
	Items       []transfer.ItemName   `json:"items,omitempty"`
}

// All reports whether nothing was singled out.
func (c Choice) All() bool { return len(c.Collections) == 0 && len(c.Items) == 0 }

// Has reports whether an item is to be tried again.
func (c Choice) Has(of transfer.Collection, guid string) bool {
	return c.All() || slices.Contains(c.Collections, of) || slices.Contains(c.Items, transfer.ItemName{Collection: of, GUID: guid})
}

// touches are those of the collections of which something is tried again.
func (c Choice) touches(list []transfer.Collection) (some []transfer.Collection) {
	for _, of := range list {
		single := slices.ContainsFunc(c.Items, func(i transfer.ItemName) bool { return i.Collection == of })
		if c.All() || single || slices.Contains(c.Collections, of) {
			some = append(some, of)
		}
	}
	return some
}

// single are the items that are tried again of collections of which not all is.
func (c Choice) single() (list []transfer.ItemName) {
	for _, item := range c.Items {
		if !slices.Contains(c.Collections, item.Collection) {
			list = append(list, item)
		}
	}
	return list
}

// check refuses a choice that no page offers.
func (c Choice) check() error {
	if len(c.Collections) > len(transfer.Collections()) || len(c.Items) > MaxTrouble {
		return transfer.Errorf(transfer.TooLarge, "at most %d things are chosen one by one", MaxTrouble)
	}
	for _, of := range c.Collections {
		if !of.Known() {
			return transfer.Errorf(transfer.RequestInvalid, "there is no collection %.40q", of)
		}
	}
	for _, item := range c.Items {
		if !item.Collection.Known() || !transfer.ValidGUID(item.GUID) {
			return transfer.Errorf(transfer.RequestInvalid, "an item is a collection and a guid")
		}
	}
	return nil
}

// Retry tries again what failed, or what of it the person chose. A move that
// waits or needs attention goes on at once; one that is done is completed by a
// move of its own, which needs a new consent and is answered (Protocol §5.5).
func (v *Mover) Retry(ctx context.Context, account int64, move string, c Choice) (Move, error) {
	m, err := v.Mine(ctx, account, move)
	if err == nil {
		err = c.check()
	}
	switch {
	case err != nil:
		return m, err
	case m.State == Done:
		return v.complete(ctx, m, c)
	case m.State.Ended() && m.Retries != "":
		whole, err := v.Mine(ctx, account, m.Retries)
		if err != nil {
			return m, err
		}
		return v.complete(ctx, whole, m.Wanted)
	}
	return v.goOn(ctx, m, c)
}

// complete begins a move that brings what an earlier one left.
func (v *Mover) complete(ctx context.Context, m Move, c Choice) (Move, error) {
	if m.Retries != "" { // what it left is the first one's, too
		whole, err := v.Moves.Move(ctx, m.Retries)
		if err != nil {
			return m, err
		}
		m = whole
	}
	if m.State != Done || m.Purpose != transfer.Move || m.Transfer == "" {
		return m, transfer.Errorf(transfer.TransferClosed, "the move that this would complete is not done")
	}
	now := v.Now().UTC()
	next := Move{
		ID: randomID(), Account: m.Account, Purpose: transfer.Move, Typed: m.Typed, Issuer: m.Issuer, Nonce: rand.Text(),
		State: Planned, Profile: m.Profile, Retries: m.ID, Wanted: c, Created: now, Changed: now,
	}
	return next, v.add(ctx, next, "What did not arrive from "+m.Typed+" is to be tried again.")
}

// failed are the collections of a run that have failed items.
func (v *Mover) failed(ctx context.Context, run string) (list []transfer.Collection, err error) {
	counts, err := v.Arrivals.Counts(ctx, run)
	for _, c := range counts {
		if c.Result == transfer.Failed && c.Items > 0 {
			list = append(list, c.Collection)
		}
	}
	return list, err
}

// asks is what consent is asked for.
func (v *Mover) asks(ctx context.Context, m Move) (a Ask, err error) {
	a = Ask{ID: m.Typed, Purpose: m.Purpose, Collections: transfer.Collections(), Limited: true}
	if m.Retries == "" {
		return a, nil
	}
	whole, err := v.Moves.Move(ctx, m.Retries)
	if err != nil {
		return a, err
	}
	if whole.State != Done {
		return a, transfer.Errorf(transfer.TransferClosed, "the move that this would complete was taken back. Nothing was changed")
	}
	a.Retry, a.Collections = whole.Transfer, m.Wanted.touches(transfer.Collections())
	return a, nil
}

// person is whose account a move is from: "" before anybody agreed.
func (v *Mover) person(ctx context.Context, m Move) (subject string, err error) {
	if m.Retries == "" || m.Subject != "" {
		return m.Subject, nil
	}
	whole, err := v.Moves.Move(ctx, m.Retries)
	return whole.Subject, err
}

// leave marks those entries of a page that failed before and that the person did
// not choose to have tried again: they stay as they are, and no bytes of them are
// fetched.
func (r *run) leave(ctx context.Context, p transfer.Page) error {
	if r.m.Wanted.All() {
		return nil
	}
	guids := make([]string, len(p.Entries))
	for i, e := range p.Entries {
		guids[i] = e.GUID
	}
	failed, err := r.Arrivals.FailedOf(ctx, r.m.ID, p.Collection, guids)
	for i, e := range p.Entries {
		if why := failed[e.GUID]; why != "" && !e.Deleted && !r.m.Wanted.Has(p.Collection, e.GUID) {
			p.Entries[i].Failed = why
		}
	}
	return err
}

// completions are the moves that completed one, or are to, newest first.
func (v *Mover) completions(ctx context.Context, m Move) ([]Move, error) {
	if m.State != Done && m.State != Undone || m.Retries != "" {
		return nil, nil
	}
	list, err := v.Moves.MovesOf(ctx, m.Account)
	return slices.DeleteFunc(list, func(other Move) bool { return other.Retries != m.ID }), err
}
