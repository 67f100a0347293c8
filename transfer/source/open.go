package source

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// nonceShape: at least 128 random bits, in base64url or hex (Protocol §4.3).
var nonceShape = regexp.MustCompile(`^[0-9A-Za-z_-]{22,128}$`)

// An Opened transfer is New, or the one that the same request opened before.
type Opened struct {
	transfer.Plan
	New bool
}

// Open opens a transfer under a grant; without collections it carries all that
// were granted. The same grant and nonce answer the same
// transfer, whatever its state; a second move of the account is
// transfer.TransferActive.
func (s *Service) Open(ctx context.Context, g oauth.Grant, r transfer.Opening) (Opened, error) {
	t, err := s.asked(g, r)
	if err != nil {
		return Opened{}, err
	}
	var answer Opened
	err = s.Transfers.InTx(ctx, func(ctx context.Context) error {
		account, err := s.departing(ctx, g)
		if err != nil {
			return err
		}
		if err := s.stillGranted(ctx, t.Grant); err != nil {
			return err
		}
		answer, err = s.open(ctx, account, t, r.Items)
		return err
	})
	return answer, err
}

// departing is the account of a grant as it is once its lock is held: who waited
// for that may have waited for its move to end.
func (s *Service) departing(ctx context.Context, g oauth.Grant) (Account, error) {
	account, err := s.Transfers.Departing(ctx, g.Account)
	if err != nil {
		return Account{}, err
	}
	if err := s.Transfers.LockAccount(ctx, account.ID); err != nil {
		return Account{}, err
	}
	return s.Transfers.Departing(ctx, g.Account)
}

// stillGranted refuses a grant that was given back or taken away after the request
// had shown its token: what it did now, nobody would have agreed to.
func (s *Service) stillGranted(ctx context.Context, grant string) error {
	revoked, err := s.Transfers.Revoked(ctx, grant)
	if err == nil && revoked {
		err = transfer.Errorf(transfer.NotGranted, "this permission was given back or taken away")
	}
	return err
}

// open decides under the account's lock.
func (s *Service) open(ctx context.Context, account Account, t Transfer, items []transfer.ItemName) (Opened, error) {
	before, err := s.Transfers.TransferOf(ctx, t.Grant, t.Nonce)
	if err == nil {
		plan, err := s.plan(ctx, before)
		return Opened{Plan: plan}, err
	}
	if transfer.CodeOf(err) != transfer.NotFound {
		return Opened{}, err
	}
	t.Account = account.ID
	if err := s.mayLeave(ctx, account, t); err != nil {
		return Opened{}, err
	}
	if t.Retries != "" {
		if t, err = s.again(ctx, t, items); err != nil {
			return Opened{}, err
		}
	}
	if t.Plan, err = s.measure(ctx, t); err != nil {
		return Opened{}, err
	}
	if t.Purpose == transfer.Move && !t.NoAddress && s.Known != nil {
		if t.Plan.AlsoKnownAs, err = s.Known(ctx, t.Account); err != nil {
			return Opened{}, err
		}
	}
	if err := s.Transfers.AddTransfer(ctx, t); err != nil {
		return Opened{}, err
	}
	return Opened{Plan: t.Plan, New: true}, s.Event(ctx, t.Account, t.ID, "transfer-open", openedLine(t))
}

func openedLine(t Transfer) string {
	switch {
	case t.Retries != "":
		return host(t) + " may now try again to copy what did not arrive there."
	case t.Destination != "":
		return fmt.Sprintf("%s may now copy this account to %s.", host(t), t.Destination)
	}
	return host(t) + " may now read this account."
}

// mayLeave refuses an account that cannot go now (Protocol §2.5).
func (s *Service) mayLeave(ctx context.Context, account Account, t Transfer) error {
	switch {
	case account.Moved && t.Retries == "":
		return moved()
	case account.Admin:
		return transfer.Errorf(transfer.AccountAdmin, "this account looks after its pod; hand that role over first")
	case t.Purpose != transfer.Move:
		return nil
	}
	list, err := s.Transfers.TransfersOf(ctx, account.ID)
	if err != nil {
		return err
	}
	for _, other := range list {
		if err := s.makeWay(ctx, other, t); err != nil {
			return err
		}
	}
	return nil
}

// makeWay lets one move of an account go on at a time. A destination to which
// the person agreed anew takes the place of its own earlier try.
func (s *Service) makeWay(ctx context.Context, other, t Transfer) error {
	idle := s.now().Sub(other.Used) >= s.Idle
	again := other.Grant != t.Grant && other.Client == t.Client && other.Destination == t.Destination
	switch {
	case other.Purpose != transfer.Move || !Live(other.State):
		return nil
	case idle:
		return s.end(ctx, &other, transfer.ExpiredIdle, transfer.Expired, expiredLine)
	case again:
		return s.end(ctx, &other, transfer.Cancelled, transfer.TransferActive, "A new agreement with the same pod took the place of this move.")
	}
	return transfer.Errorf(transfer.TransferActive, "this account is already moving to %s; that move has to be cancelled first", other.Destination)
}

// asked is the transfer that a request describes, within the grant.
func (s *Service) asked(g oauth.Grant, r transfer.Opening) (Transfer, error) {
	t := Transfer{
		ID: newID(), Grant: g.ID, Client: g.Client, Nonce: r.Nonce, Purpose: r.Purpose, Limited: g.Details.Limited,
		Destination: g.Details.Destination, NoAddress: g.Choices.NoAddress, LinksMayGo: g.Choices.LinksMayGo, Keys: g.Keys, Retries: g.Details.Retry,
		State: transfer.Open, Created: s.now(), Used: s.now(),
	}
	switch {
	case r.Format != transfer.Format:
		return t, transfer.Errorf(transfer.RequestInvalid, "this pod speaks format %d", transfer.Format)
	case !nonceShape.MatchString(r.Nonce):
		return t, transfer.Errorf(transfer.RequestInvalid, "nonce is 22 to 128 characters of base64url or hex")
	case r.Purpose != transfer.Move && r.Purpose != transfer.Copy:
		return t, transfer.Errorf(transfer.RequestInvalid, "purpose is move or copy")
	case r.Purpose == transfer.Move && (g.Details.Purpose != string(transfer.Move) || !g.Has(oauth.ScopeMove)):
		return t, transfer.Errorf(transfer.NotGranted, "the person agreed to a copy, not to a move")
	case t.Retries != "" && r.Purpose != transfer.Move:
		return t, transfer.Errorf(transfer.NotGranted, "the person agreed to complete a move")
	case len(r.Items) > 0 && t.Retries == "":
		return t, transfer.Errorf(transfer.RequestInvalid, "items are named only of what an earlier transfer left")
	case len(r.Items) > transfer.MaxHoldings:
		return t, transfer.Errorf(transfer.TooLarge, "at most %d items are named; name none for all", transfer.MaxHoldings)
	}
	if err := t.within(g.Details, r.Collections); err != nil {
		return t, err
	}
	return t, t.between(g.Details)
}

// within sets the collections, in their order, each once.
func (t *Transfer) within(granted oauth.Details, wanted []transfer.Collection) error {
	for _, c := range wanted {
		if !c.Known() {
			return transfer.Errorf(transfer.RequestInvalid, "there is no collection %.40q", c)
		}
		if !slices.Contains(granted.Collections, string(c)) {
			return transfer.Errorf(transfer.NotGranted, "the person did not agree to %s", c)
		}
	}
	for _, c := range transfer.Collections() {
		if slices.Contains(wanted, c) || (len(wanted) == 0 && slices.Contains(granted.Collections, string(c))) {
			t.Collections = append(t.Collections, c)
		}
	}
	if len(t.Collections) == 0 {
		return transfer.Errorf(transfer.NotGranted, "the person agreed to no collection")
	}
	return nil
}

// between sets the bounds on posts, which only a copy may have (Protocol §4.4).
func (t *Transfer) between(d oauth.Details) (err error) {
	if t.Since, err = bound(d.Since); err != nil {
		return err
	}
	if t.Until, err = bound(d.Until); err != nil {
		return err
	}
	if t.Purpose == transfer.Move && !(t.Since.IsZero() && t.Until.IsZero()) {
		return transfer.Errorf(transfer.NotGranted, "a move carries all posts; the person agreed to some")
	}
	return nil
}

// bound reads a time. Posts are dated to the millisecond: one part of a
// millisecond later, the next one bounds the same posts (Protocol §4.4).
func bound(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return at, transfer.Errorf(transfer.RequestInvalid, "since and until are times of RFC 3339").Because(err)
	}
	whole := at.UTC().Truncate(time.Millisecond)
	if whole.Before(at) {
		whole = whole.Add(time.Millisecond)
	}
	return whole, nil
}

func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
