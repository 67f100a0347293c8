package redirects

import (
	"context"
	"slices"
	"time"

	"podmove/transfer"
)

// namedFor is how long the profile at the newest pod is believed to name this
// pod's ID: a long notice comes in many messages.
const namedFor = time.Hour

// An Onward is where an account has gone on to from where a departure led, as
// that pod says and the newest pod bears out (Protocol §6.5).
type Onward struct {
	Transfer string // of the departure
	Account  string // the newest diaspora* ID
	Origin   string // the newest pod
	Profile  string
	Feed     string
	Named    time.Time // when the profile there last named the ID here
	Agreed   time.Time // when the person agreed that old links lead there; zero if they did not
}

// A Profile is a public profile at another pod.
type Profile struct {
	Account string   // diaspora* ID
	Before  []string // the IDs that the account names as its earlier ones
}

// HearOnward takes the word of a departure's pod that the account has gone on
// from there. Old links follow only if the account's profile at the newest pod
// names the ID here, and the person agreed at consent or agrees now; until then
// they lead where they led (Protocol §6.5).
func (s *Service) HearOnward(ctx context.Context, message string) (answer string, err error) {
	var said transfer.MovedOn
	d, err := s.read(ctx, message, transfer.TypMovedOn, &said, &said.Envelope)
	if err != nil {
		return "", err
	}
	if err := s.Book.TakeMessage(ctx, said.Issuer, said.ID, said.Ends()); err != nil {
		return "", err
	}
	if said.State == transfer.Undone {
		err = s.backThere(ctx, d)
	} else {
		err = s.onward(ctx, d, said)
	}
	if err != nil {
		return "", err
	}
	e := s.envelope(d)
	e.InReplyTo = said.ID
	return s.Sign(transfer.TypMovedOn, transfer.MovedOn{Envelope: e, State: said.State})
}

// onward checks a notice and notes what it says.
func (s *Service) onward(ctx context.Context, d Departure, said transfer.MovedOn) error {
	if said.State != transfer.Redirecting {
		return transfer.Errorf(transfer.RequestInvalid, "a notice of moving on says that the account is redirecting, or undone")
	}
	if err := leads(d); err != nil || d.NoAddress { // who leaves no address goes on leaving none (§6.3)
		return err
	}
	before, known, err := s.Book.Onward(ctx, d.ID)
	if err != nil {
		return err
	}
	next := Onward{Transfer: d.ID, Account: said.Account, Profile: said.Profile, Feed: said.Feed}
	same := known && before.Account == said.Account && before.Profile == said.Profile && before.Feed == said.Feed
	if same {
		next = before
	}
	if next.Named.Before(s.now().Add(-namedFor)) {
		if next.Origin, err = s.named(ctx, d, said); err != nil {
			return err
		}
		next.Named = s.now()
	}
	if err := said.CheckItems(next.Origin); err != nil {
		return err
	}
	_, err = s.change(ctx, d.ID, func(ctx context.Context, d *Departure) error {
		now, still, err := s.Book.Onward(ctx, d.ID)
		switch {
		case err != nil:
			return err
		case still != known || now != before: // heard, or agreed to, while the profile was fetched
			return transfer.Errorf(transfer.Unavailable, "something else became known of this account meanwhile: say it again")
		}
		return s.follow(ctx, *d, next, !same, said.Items)
	})
	return err
}

// leads refuses a departure whose old links lead nowhere.
func leads(d Departure) error {
	if d.State.Away() {
		return nil
	}
	return transfer.Errorf(transfer.TransferClosed, "no old links lead to you: the move is %s", d.State)
}

// follow stores where the stubs may lead.
func (s *Service) follow(ctx context.Context, d Departure, o Onward, fresh bool, items []transfer.Onward) error {
	if err := leads(d); err != nil {
		return err
	}
	if fresh {
		if err := s.Book.ForgetOnward(ctx, d.ID); err != nil {
			return err
		}
		line := podOf(d) + " says that you moved on to " + o.Account + ", whose profile names you. If old links here may lead there, say so on the page of the move."
		if d.LinksMayGo {
			o.Agreed = s.now()
			line = podOf(d) + " says that you moved on to " + o.Account + ", whose profile names you. As you agreed, old links here now lead there."
		}
		if err := s.Event(ctx, d.Account, d.ID, "transfer-onward", line); err != nil {
			return err
		}
	}
	if err := s.Book.SaveOnward(ctx, o); err != nil {
		return err
	}
	return s.Book.AimStubs(ctx, d.ID, items)
}

// named is the second proof: the account that the notice names is asked itself,
// at the pod of its ID, and names the ID here. It answers that pod's URL.
func (s *Service) named(ctx context.Context, d Departure, said transfer.MovedOn) (origin string, err error) {
	id, err := s.ID(ctx, d.Account)
	if err != nil {
		return "", err
	}
	if origin, err = s.Issuer(ctx, said.Account); err != nil {
		return "", err
	}
	if origin == s.Origin {
		return "", transfer.Errorf(transfer.RequestInvalid, "old links would lead to themselves")
	}
	if err := transfer.CheckAddress(said.Profile, origin); err != nil {
		return "", err
	}
	profile, err := s.Fetch(ctx, said.Profile)
	if err != nil {
		return "", err
	}
	if profile.Account != said.Account || !slices.Contains(profile.Before, id) {
		return "", transfer.Errorf(transfer.IdentityDiffers, "the profile at %s does not name %s", origin, id)
	}
	return origin, nil
}

// backThere: the account has come back to where the departure led.
func (s *Service) backThere(ctx context.Context, d Departure) error {
	_, err := s.change(ctx, d.ID, func(ctx context.Context, d *Departure) error {
		_, known, err := s.Book.Onward(ctx, d.ID)
		if err != nil || !known {
			return err
		}
		if err := s.Book.ForgetOnward(ctx, d.ID); err != nil {
			return err
		}
		return s.Event(ctx, d.Account, d.ID, "transfer-onward", podOf(*d)+" says that you came back to it. Old links here lead there.")
	})
	return err
}

// Onward is where an account has gone on to from where its departure led.
func (s *Service) Onward(ctx context.Context, account int64, id string) (Onward, bool, error) {
	if _, err := s.Of(ctx, account, id); err != nil {
		return Onward{}, false, err
	}
	return s.Book.Onward(ctx, id)
}

// Agree lets old links follow the account to where it went on to (Protocol
// §6.5). Whoever calls it has made sure of a fresh sign-in.
func (s *Service) Agree(ctx context.Context, account int64, id string) error {
	if _, err := s.Of(ctx, account, id); err != nil {
		return err
	}
	_, err := s.change(ctx, id, func(ctx context.Context, d *Departure) error {
		o, known, err := s.Book.Onward(ctx, id)
		switch {
		case err != nil:
			return err
		case !known:
			return transfer.Errorf(transfer.NotFound, "this account has not moved on from there")
		case !o.Agreed.IsZero():
			return nil
		}
		o.Agreed = s.now()
		if err := s.Book.SaveOnward(ctx, o); err != nil {
			return err
		}
		return s.Event(ctx, d.Account, id, "transfer-onward", "You agreed: old links here now lead to "+o.Account+".")
	})
	return err
}

// read finds the departure that a message from its pod is about, and verifies
// the message with the keys that were pinned at consent, or followed those: no
// other pod, and none that bought the name since, has them (Protocol §1.5).
func (s *Service) read(ctx context.Context, message, typ string, claims any, header *transfer.Envelope) (Departure, error) {
	var claimed transfer.Envelope
	if err := s.Peek(message, &claimed); err != nil {
		return Departure{}, errStranger(err)
	}
	d, err := s.Book.Departure(ctx, claimed.Transfer)
	if err == nil && claimed.Issuer != d.Origin() {
		err = transfer.Errorf(transfer.NotFound, "there is no such transfer")
	}
	if err != nil {
		return d, err
	}
	if err := s.Verify(ctx, d.Pin(), message, typ, claims); err != nil {
		return d, errStranger(err)
	}
	return d, header.CheckRequest(s.theirs(d), s.now())
}
