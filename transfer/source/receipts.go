package source

import (
	"context"
	"regexp"

	"podmove/oauth"
	"podmove/transfer"
)

// reasonShape is that of every transfer.Code, those of later versions included.
var reasonShape = regexp.MustCompile(`^[a-z][a-z-]{0,63}$`)

// Receipts stores what the destination says of single items, at most
// transfer.MaxReceipts a call. A later word on an item replaces the earlier. A
// receipt that comes after the comparison reopens it.
func (s *Service) Receipts(ctx context.Context, g oauth.Grant, id string, list []transfer.Outcome) error {
	t, err := s.readable(ctx, g, id)
	if err != nil {
		return err
	}
	if len(list) > transfer.MaxReceipts {
		return transfer.Errorf(transfer.TooLarge, "at most %d receipts a request", transfer.MaxReceipts)
	}
	for _, o := range list {
		if err := checkOutcome(t, o); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return nil
	}
	_, err = s.change(ctx, t.ID, func(ctx context.Context, t *Transfer) error {
		if err := closed(t.State); err != nil {
			return err
		}
		if t.State == transfer.Verified {
			if err := s.enter(ctx, t, transfer.Copying, host(*t)+" has more to report."); err != nil {
				return err
			}
		}
		return s.Transfers.SaveReceipts(ctx, t.ID, list)
	})
	return err
}

// checkOutcome bounds what a stranger says of one item.
func checkOutcome(t Transfer, o transfer.Outcome) error {
	if err := granted(t, o.Collection); err != nil {
		return transfer.Errorf(transfer.NotGranted, "a receipt is for %.40q, which the transfer does not include", o.Collection)
	}
	if !transfer.ValidGUID(o.GUID) {
		return transfer.Errorf(transfer.RequestInvalid, "a receipt names no guid")
	}
	fault := ""
	switch {
	case !knownResult(o.Result):
		fault = "outcome is imported, unchanged, skipped, failed or removed"
	case o.Result.Arrived() && !o.Digest.Valid(), o.Digest != "" && !o.Digest.Valid():
		fault = "digest is the SHA-256 of the bytes that came"
	case o.Reason != "" && !reasonShape.MatchString(string(o.Reason)):
		fault = "reason is one of the codes"
	case (o.Result == transfer.Skipped || o.Result == transfer.Failed) && o.Reason == "":
		fault = "an item that was skipped or failed has a reason"
	}
	if fault != "" {
		return transfer.Errorf(transfer.RequestInvalid, "receipt for %s: %s", o.GUID, fault)
	}
	return checkExplicit(t, o)
}

// checkExplicit: Protocol §3.8, §5.4. Only posts and photos have addresses.
func checkExplicit(t Transfer, o transfer.Outcome) error {
	switch {
	case o.URL == "":
		return nil
	case o.Collection == transfer.Posts:
		return transfer.CheckAddress(o.URL, t.Origin())
	case o.Collection == transfer.Photos:
		return transfer.CheckTemplate(o.URL, t.Origin(), transfer.PlaceVariant)
	}
	return transfer.Errorf(transfer.RequestInvalid, "receipt for %s: %s have no address", o.GUID, o.Collection)
}

func knownResult(r transfer.Result) bool {
	switch r {
	case transfer.Imported, transfer.Unchanged, transfer.Skipped, transfer.Failed, transfer.Removed:
		return true
	}
	return false
}
