package source

import (
	"context"
	"fmt"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// maxNamed is how many guids an error names (Protocol §5.2).
const maxNamed = 100

// Complete compares what was given with what the signed receipt says was taken
// and, if they agree, ends the transfer: a copy is finished; a move raises its
// stubs, or waits as verified for the person to accept what did not arrive. It
// is one transaction under the account's lock (Protocol §5.2). Repeated, it
// answers the state reached.
//
// A copy by a client without keys has no receipt: it takes nothing away.
func (s *Service) Complete(ctx context.Context, g oauth.Grant, id, receipt string) (transfer.Plan, error) {
	t, err := s.find(ctx, g, id)
	if err != nil {
		return transfer.Plan{}, err
	}
	if reached(t, receipt) {
		return s.plan(ctx, t)
	}
	if t.Purpose == transfer.Move && !g.Has(oauth.ScopeMove) {
		return transfer.Plan{}, transfer.Errorf(transfer.ScopeMissing, "completing a move needs %s", oauth.ScopeMove)
	}
	var r transfer.Receipt
	if receipt != "" || t.Purpose == transfer.Move {
		if r, err = s.receipt(ctx, t, receipt); err != nil {
			return transfer.Plan{}, err
		}
	}
	t, err = s.change(ctx, id, func(ctx context.Context, t *Transfer) error {
		if reached(*t, receipt) {
			return nil
		}
		if err := s.stillGranted(ctx, t.Grant); err != nil {
			return err
		}
		return s.complete(ctx, t, receipt, r)
	})
	if err != nil {
		return transfer.Plan{}, err
	}
	return s.plan(ctx, t)
}

// reached reports whether there is nothing left to decide.
func reached(t Transfer, receipt string) bool {
	return !t.State.Readable() || (t.State == transfer.Verified && t.Receipt == receipt)
}

// complete decides under the account's lock.
func (s *Service) complete(ctx context.Context, t *Transfer, signed string, r transfer.Receipt) error {
	if err := s.otherFreeze(ctx, *t); err != nil {
		return err
	}
	leftover := int64(0)
	if signed != "" {
		if err := s.known(ctx, *t, r.AsOf); err != nil {
			return err
		}
		if err := s.unchanged(ctx, *t, r.AsOf); err != nil {
			return err
		}
		var err error
		if leftover, err = s.compare(ctx, *t, r.Tallies); err != nil {
			return err
		}
	}
	t.Receipt, t.AsOf, t.Leftover = signed, r.AsOf, leftover
	t.Profile, t.Templates = r.Profile, r.Templates
	if t.State != transfer.Verified {
		if err := s.enter(ctx, t, transfer.Verified, comparedLine(*t)); err != nil {
			return err
		}
	}
	switch {
	case t.Purpose == transfer.Copy:
		return s.enter(ctx, t, transfer.Finished, "The copy to "+host(*t)+" is finished. Nothing changed here.")
	case leftover == 0:
		return s.redirect(ctx, t)
	}
	return s.Transfers.SaveTransfer(ctx, *t)
}

// known refuses a change number that no manifest can have had yet: nothing
// would ever count as later than it (Protocol §5.2).
func (s *Service) known(ctx context.Context, t Transfer, asOf int64) error {
	mark, _, err := s.Records.Mark(ctx, t.Account)
	if err == nil && asOf > mark {
		err = transfer.Errorf(transfer.RequestInvalid, "the receipt names no as_of of a manifest of this pod")
	}
	return err
}

// unchanged refuses to go on when something granted has a later number than the
// manifest (Protocol §5.2).
func (s *Service) unchanged(ctx context.Context, t Transfer, asOf int64) error {
	guids, err := s.Records.ChangedSince(ctx, t.Scope(), asOf, maxNamed)
	if err != nil || len(guids) == 0 {
		return err
	}
	changed := transfer.Errorf(transfer.ChangedSince, "something changed here after the manifest; read the changes and take a new manifest")
	changed.GUIDs = guids
	return changed
}

// redirect puts the stubs up.
func (s *Service) redirect(ctx context.Context, t *Transfer) error {
	if t.Retries != "" {
		if _, err := s.completed(ctx, *t); err != nil {
			return err
		}
	}
	t.Redirected = s.now()
	t.GraceEnds = t.Redirected.Add(s.Grace)
	what := "Everything"
	if t.Retries != "" {
		what = "What had not arrived"
	}
	line := fmt.Sprintf("%s is at %s. From now on the old links lead there. Until %s this can be undone.",
		what, t.Destination, t.GraceEnds.Format("2 January 2006 15:04 UTC"))
	if err := s.enter(ctx, t, transfer.Redirecting, line); err != nil {
		return err
	}
	return s.Raise(ctx, *t)
}

func comparedLine(t Transfer) string {
	switch t.Leftover {
	case 0:
		return host(t) + " has proved that everything arrived."
	case 1:
		return host(t) + " has proved what arrived; one thing did not."
	default:
		return fmt.Sprintf("%s has proved what arrived; %d things did not.", host(t), t.Leftover)
	}
}

// receipt reads and checks a signed receipt. It must be from the pod that the
// person agreed to, to us, and about this transfer (Protocol §1.4).
func (s *Service) receipt(ctx context.Context, t Transfer, signed string) (transfer.Receipt, error) {
	var r transfer.Receipt
	err := s.Verify(ctx, t.Pin(), signed, transfer.TypReceipt, &r)
	if transfer.CodeOf(err) == transfer.Unavailable {
		return r, err
	}
	if err != nil {
		return r, transfer.Errorf(transfer.SignatureInvalid, "the receipt is not signed with the key that was agreed on").Because(err)
	}
	e, now := r.Envelope, s.now()
	fault := ""
	switch {
	case e.Issuer != t.Origin():
		fault = "issuer"
	case e.Audience != s.Origin:
		fault = "audience"
	case e.Transfer != t.ID || e.Nonce != t.Nonce:
		fault = "transfer"
	case e.ID == "" || e.IssuedAt <= 0 || time.Unix(e.IssuedAt, 0).After(now.Add(transfer.ClockSkew)) || (e.Expires != 0 && !e.Ends().After(now)):
		fault = "time or identifier"
	}
	if fault != "" {
		return r, transfer.Errorf(transfer.SignatureInvalid, "the receipt has the wrong %s", fault)
	}
	if err := checkTallies(t, r); err != nil {
		return r, err
	}
	return r, checkPlaces(t, r)
}

// checkTallies refuses what goes beyond the agreement (Protocol §2.2).
func checkTallies(t Transfer, r transfer.Receipt) error {
	for _, tally := range r.Tallies {
		if err := granted(t, tally.Collection); err != nil {
			return transfer.Errorf(transfer.NotGranted, "the receipt tallies %.40q, which the transfer does not include", tally.Collection)
		}
	}
	return nil
}

// checkPlaces: Protocol §5.4.
func checkPlaces(t Transfer, r transfer.Receipt) error {
	if t.Purpose != transfer.Move {
		return nil
	}
	if r.Account != t.Destination {
		return transfer.Errorf(transfer.RequestInvalid, "the receipt is for %.200q; the person agreed to %s", r.Account, t.Destination)
	}
	for _, place := range []struct {
		template     string
		placeholders []string
	}{
		{r.Profile, nil},
		{r.Templates.Post, []string{transfer.PlaceGUID}},
		{r.Templates.Photo, []string{transfer.PlaceVariant, transfer.PlaceName}},
		{r.Templates.Feed, nil},
	} {
		if err := transfer.CheckTemplate(place.template, t.Origin(), place.placeholders...); err != nil {
			return err
		}
	}
	return nil
}
