package store

import (
	"context"
	"time"

	"podmove/transfer"
)

// thawedKey marks a context in which a frozen account can be written to.
type thawedKey struct{}

// thawed lets a person delete a post whatever else goes on (Protocol §5.1). It
// is for nothing else.
func thawed(ctx context.Context) context.Context {
	return context.WithValue(ctx, thawedKey{}, true)
}

// still refuses to change an account while it is frozen (Protocol §5.1). It is
// asked wherever a change number is taken, once the account's lock is held: a
// freeze begins under that lock, too, so that no write is under way when it
// has begun. The clock ends a freeze, whether anybody is there to see it or not.
func (s *Store) still(ctx context.Context, account int64) error {
	if ctx.Value(thawedKey{}) != nil {
		return nil
	}
	var until int64
	err := s.db(ctx).Table("transfers").Select("thaws_at").Limit(1).
		Where("account_id = ? AND state = ? AND thaws_at > ?", account, transfer.Frozen, s.now().UnixMilli()).Scan(&until).Error
	if err != nil || until == 0 {
		return translate(err)
	}
	frozen := transfer.Errorf(transfer.AccountFrozen, "this account is being moved: nothing can be written to it for about a minute, but posts can be deleted")
	frozen.RetryAfter = max(fromMillis(until).Sub(s.now()), time.Second)
	return frozen
}
