package source

import (
	"context"

	"podmove/oauth"
	"podmove/transfer"
)

// Measure is how much of an account the details would carry. Protocol §2.8: it
// is for the owner alone.
func (s *Service) Measure(ctx context.Context, account int64, d oauth.Details) ([]transfer.CollectionPlan, error) {
	t := Transfer{Account: account, Purpose: transfer.Purpose(d.Purpose), Limited: d.Limited}
	if err := t.within(d, nil); err != nil {
		return nil, err
	}
	if err := t.between(d); err != nil {
		return nil, err
	}
	p, err := s.measure(ctx, t)
	return p.Collections, err
}
