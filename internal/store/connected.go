package store

import (
	"context"
	"time"

	"podmove/oauth/provider"
)

// Connected is provider.Store's. A grant whose tokens have all expired or are
// used up opens nothing any more.
func (s *Store) Connected(ctx context.Context, account string, at time.Time) ([]provider.Connection, error) {
	var rows []grantRow
	err := s.db(ctx).Where(`account = ? AND revoked_at = 0 AND EXISTS (SELECT 1 FROM oauth_sessions AS o
		WHERE o.request = grants.id AND o.active AND o.expires_at > ? AND o.kind IN ?)`,
		account, millis(at), []provider.Kind{provider.KindAccess, provider.KindRefresh, provider.KindCode}).
		Order("created_at DESC, id").Find(&rows).Error
	if err != nil {
		return nil, translate(err)
	}
	list := make([]provider.Connection, len(rows))
	for i, r := range rows {
		g, err := r.domain()
		if err != nil {
			return nil, err
		}
		list[i] = provider.Connection{Grant: g, Since: moment(r.CreatedAt), Used: moment(r.LastUsedAt)}
	}
	return list, nil
}
