package pins_test

import (
	"time"

	"podmove/transfer"
	"podmove/transfer/source"
)

// opened is a transfer under the grant.
func opened(id string, account int64, keys []byte, at time.Time) source.Transfer {
	return source.Transfer{
		ID: id, Account: account, Grant: "grant", Client: client, Nonce: "nonce", Purpose: transfer.Move,
		State: transfer.Redirecting, Keys: keys, Created: at, Used: at,
	}
}
