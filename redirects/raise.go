package redirects

import (
	"context"
	"time"

	"podmove/transfer"
)

// Raise puts the stubs of a transfer up and marks its account as moved. It runs
// in the transaction in which the transfer became redirecting (Protocol §5.2).
func (s *Service) Raise(ctx context.Context, id string) error {
	d, err := s.Book.Departure(ctx, id)
	if err != nil {
		return err
	}
	if err := checkPlaces(d); err != nil {
		return err
	}
	if err := s.Book.SetMoved(ctx, d); err != nil {
		return err
	}
	if err := s.Book.RaiseStubs(ctx, d); err != nil {
		return err
	}
	if !d.NoAddress {
		if err := s.Book.EachTarget(ctx, id, d.checkTarget); err != nil {
			return err
		}
	}
	if err := s.tellEarlier(ctx, d); err != nil {
		return err
	}
	return s.Enqueue(ctx, EraseJob{id}, s.wake(d))
}

// tellEarlier has the pods hear from which the account came, and whose old
// links lead here, that it goes on or has come back (Protocol §6.5).
func (s *Service) tellEarlier(ctx context.Context, d Departure) error {
	if s.Earlier == nil {
		return nil
	}
	return s.Earlier(ctx, d.Account, d.ID)
}

// checkPlaces: Protocol §5.4. Whoever stored the receipt has looked as well;
// from here on the addresses are answered to everyone.
func checkPlaces(d Departure) error {
	for _, place := range []struct {
		template     string
		placeholders []string
	}{
		{d.Profile, nil},
		{d.Templates.Post, []string{transfer.PlaceGUID}},
		{d.Templates.Photo, []string{transfer.PlaceVariant, transfer.PlaceName}},
		{d.Templates.Feed, nil},
	} {
		if err := transfer.CheckTemplate(place.template, d.Origin(), place.placeholders...); err != nil {
			return err
		}
	}
	return nil
}

// checkTarget: a target is whole, or lacks a photo's variant alone.
func (d Departure) checkTarget(target string) error {
	return transfer.CheckTemplate(target, d.Origin(), transfer.PlaceVariant)
}

// look is from when on the new pod is asked what it holds: early enough that
// the person can see for the notice period what was changed there.
func (s *Service) look(d Departure) time.Time {
	look := d.Due().Add(-s.Notice)
	if look.Before(d.Redirected) {
		return d.Redirected
	}
	return look
}
