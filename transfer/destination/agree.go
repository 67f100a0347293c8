package destination

import (
	"context"
	"errors"
	"net/url"
	"time"

	"podmove/transfer"
)

// loginTime is how long a person may take at the old pod.
const loginTime = 15 * time.Minute

// Authorize asks the old pod for consent and answers where to send the
// browser. session is what the browser's session is known by. It serves a new
// move, and one that needs consent once more.
func (v *Mover) Authorize(ctx context.Context, account int64, move, session string) (string, error) {
	m, err := v.Mine(ctx, account, move)
	if err != nil {
		return "", err
	}
	if !m.State.May(Authorizing) {
		return "", transfer.Errorf(transfer.TransferClosed, "this move has no need of consent now")
	}
	if err := v.mayCome(ctx, m); err != nil {
		return "", err
	}
	place, err := v.Place(ctx, account)
	if err != nil {
		return "", err
	}
	ask, err := v.asks(ctx, m)
	if err != nil {
		return "", err
	}
	ask.Destination = place.ID
	started, err := v.Login.Begin(ctx, ask)
	if err == nil {
		err = v.expected(m, started.Issuer)
	}
	if err != nil {
		v.explain(ctx, m, err)
		return "", err
	}
	attempt := LoginAttempt{
		State: digest(started.State), Session: digest(session), Move: m.ID, Expires: v.Now().Add(loginTime).UTC(),
	}
	attempt.Sealed = v.Seal(loginPurpose(attempt.State), started.Secret)
	m.Reason, m.Message = "", ""
	_, err = v.change(ctx, m, change{
		to: Authorizing, text: "Sent to " + hostOf(m.Typed) + " to agree.",
		also: func(ctx context.Context) error { return v.Moves.AddLogin(ctx, attempt) },
	})
	return started.URL, err
}

// expected refuses a pod other than the one that the move is from.
func (v *Mover) expected(m Move, issuer string) error {
	switch {
	case issuer == v.Origin:
		return transfer.Errorf(transfer.SamePod, "%s leads to this pod itself", m.Typed)
	case m.Issuer != "" && m.Issuer != issuer: // Protocol §2.6
		return transfer.Errorf(transfer.IdentityDiffers, "%s belongs to %s, not to %s. Nothing was changed", m.Typed, issuer, m.Issuer)
	}
	return nil
}

// Agreed takes the browser's way back from the old pod. The answer is good
// once, and only in the browser that was sent. Whatever goes wrong leaves the
// move where it was, with the reason in words.
func (v *Mover) Agreed(ctx context.Context, session string, answer url.Values) (Move, error) {
	attempt, err := v.Moves.TakeLogin(ctx, digest(answer.Get("state")))
	switch {
	case transfer.CodeOf(err) == transfer.NotFound, err == nil && (attempt.Session != digest(session) || v.Now().After(attempt.Expires)):
		return Move{}, transfer.Errorf(transfer.RequestInvalid, "this answer belongs to no sign-in under way in this browser. Start again from the move's page")
	case err != nil:
		return Move{}, err
	}
	m, err := v.Moves.Move(ctx, attempt.Move)
	if err != nil {
		return Move{}, err
	}
	if m.State != Authorizing {
		return m, transfer.Errorf(transfer.TransferClosed, "this move was ended while the old pod asked. Nothing was changed")
	}
	granted, err := v.exchange(ctx, m, attempt, answer)
	if err != nil {
		v.explain(ctx, m, err)
		return v.disagreed(ctx, m, err)
	}
	agreed, err := v.agreed(ctx, m, granted)
	if err != nil {
		return m, err
	}
	return agreed, nil
}

func (v *Mover) exchange(ctx context.Context, m Move, a LoginAttempt, answer url.Values) (Granted, error) {
	secret, err := v.Open(loginPurpose(a.State), a.Sealed)
	if err != nil {
		return Granted{}, err
	}
	g, err := v.Login.Finish(ctx, answer, secret)
	if err != nil {
		return g, err
	}
	if err := v.expected(m, g.Issuer); err != nil {
		return g, err
	}
	subject, err := v.person(ctx, m)
	switch {
	case err != nil:
		return g, err
	case g.Account != m.Typed: // Protocol §2.7
		return g, transfer.Errorf(transfer.IdentityDiffers, "the account that agreed is %s, and not %s as was asked for. Nothing was changed", g.Account, m.Typed)
	case subject != "" && subject != g.Subject:
		return g, transfer.Errorf(transfer.IdentityDiffers, "%s is another account now than the one this move began with. Nothing was changed", g.Account)
	}
	return g, nil
}

func (v *Mover) agreed(ctx context.Context, m Move, g Granted) (Move, error) {
	m.Issuer, m.Subject, m.SourceAccount = g.Issuer, g.Subject, g.Account
	m.Keys, m.KeysDiffer = g.Keys, time.Time{}
	m.Plan = transfer.Plan{} // a new consent is a new grant, with a transfer of its own; until then what came is the last one's
	m.Phase, m.Reason, m.Message, m.Attempts, m.Rounds, m.Waited = Copying, "", "", 0, 0, 0
	m.Agreed = v.Now().UTC()
	return v.change(ctx, m, change{
		to: Copying, text: g.Account + " agreed. Copying begins.", job: WorkJob{m.ID},
		also: func(ctx context.Context) error {
			if err := v.Moves.PinMove(ctx, m.ID, g.Keys); err != nil {
				return err
			}
			return v.keepConsent(ctx, m.ID, consent{Collections: g.Collections, Tokens: g.Tokens})
		},
	})
}

// disagreed goes back to where the person can try again, and says why.
func (v *Mover) disagreed(ctx context.Context, m Move, why error) (Move, error) {
	e := coded(why)
	m.Reason, m.Message = e.Code, e.Message
	c := change{to: Planned, text: "No consent from the old pod: " + e.Message + "."}
	if m.Subject != "" { // it had consent before, and something to go on with
		c.to, m.Reason = NeedsAttention, transfer.ConsentNeeded
	}
	back, err := v.change(ctx, m, c)
	if err != nil {
		return m, err
	}
	return back, why
}

// explain tells those who run the pod what the person is not told of why there
// is no consent: often only they can mend it, or the old pod's podmin.
func (v *Mover) explain(ctx context.Context, m Move, why error) {
	if e, ok := errors.AsType[*transfer.Error](why); ok && e.Err != nil {
		v.Log.WarnContext(ctx, "a consent met trouble", "move", m.ID, "from", hostOf(m.Typed), "code", e.Code, "error", e.Err)
	}
}

func digest(s string) string { return string(transfer.Sum([]byte(s))) }
