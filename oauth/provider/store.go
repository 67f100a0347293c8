package provider

import (
	"context"
	"time"

	"podmove/oauth"
)

// A Kind says what a [Row] stands for.
type Kind string

// The kinds of rows. A code has three: what it was given for, its PKCE
// challenge and its OpenID Connect parameters, each gone when it is used.
const (
	KindPushed  Kind = "pushed" // a pushed authorization request
	KindCode    Kind = "code"
	KindPKCE    Kind = "pkce"
	KindOpenID  Kind = "openid"
	KindAccess  Kind = "access"
	KindRefresh Kind = "refresh"
)

// A Row is what is kept of one code, token or pushed request. None of them
// stands in it: only what its signature hashes to.
type Row struct {
	Kind      Kind
	Signature string // lower-case hex SHA-256
	Grant     string // shared by all rows of one consent
	Client    string // client_id
	Account   string // person GUID; empty before the consent
	Active    bool   // not used up, not revoked
	Body      []byte // the request, with the client as it was then
	Parent    string // Signature of the refresh token that this one replaced
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero until it is used up
}

// A Pending is a request that waits for a person's decision.
type Pending struct {
	ID        string // lower-case hex SHA-256 of what the page's address holds
	Browser   string // the same, of the browser's name
	Body      []byte
	CreatedAt time.Time
	ExpiresAt time.Time
}

// A Registered is a client that registered itself (RFC 7591).
type Registered struct {
	ID        string // never an address, so that it can be told from one with a document
	Secret    string // lower-case hex SHA-256; empty if it has none
	Token     string // the same, of its registration access token
	Metadata  []byte // JSON
	CreatedAt time.Time
}

// A Store keeps the provider's rows. Times are kept to the millisecond. Found
// is false for a row that is not there, which is no error. Each method takes
// part in the transaction of its context.
type Store interface {
	// InTx runs fn in a transaction, more than once where the database asks.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error

	AddOAuthRows(ctx context.Context, rows ...Row) error
	OAuthRow(ctx context.Context, k Kind, signature string) (r Row, found bool, err error)
	// SpendOAuthRow makes a row inactive and sets its UsedAt (zero: revoked, not used),
	// if its Active and UsedAt are still those of seen. Of two that try at once,
	// one is told false.
	SpendOAuthRow(ctx context.Context, seen Row, at time.Time) (won bool, err error)
	// DropOAuthRow deletes a row, and reports whether this call did.
	DropOAuthRow(ctx context.Context, k Kind, signature string) (won bool, err error)
	// OAuthSuccessors are the refresh tokens whose Parent is the signature.
	OAuthSuccessors(ctx context.Context, signature string) ([]Row, error)
	// DeactivateOAuthRows makes all rows of one kind and grant inactive.
	DeactivateOAuthRows(ctx context.Context, k Kind, grant string) error

	AddInteraction(ctx context.Context, p Pending) error
	Interaction(ctx context.Context, id string) (p Pending, found bool, err error)
	// DropInteraction deletes a pending request, and reports whether this call did.
	DropInteraction(ctx context.Context, id string) (won bool, err error)

	// AddUsed notes the hash of what is good once, the jti of a client assertion
	// or of a proof, and reports whether it was new.
	AddUsed(ctx context.Context, id string, expires time.Time) (fresh bool, err error)

	AddGrant(ctx context.Context, g oauth.Grant, at time.Time) error
	// Grant finds a grant that is not revoked, for a token that came: it is noted
	// as used.
	Grant(ctx context.Context, id string) (g oauth.Grant, found bool, err error)
	// RevokeGrant revokes a grant and makes all its rows inactive. Revoking it
	// again, or one that is not there, does nothing.
	RevokeGrant(ctx context.Context, id string, at time.Time) error
	// RevokeStolenGrant is RevokeGrant for a code or token that came twice.
	RevokeStolenGrant(ctx context.Context, id string, at time.Time) error
	// Connected are the grants of an account that have a token or code which is
	// good at the time given, the newest first.
	Connected(ctx context.Context, account string, at time.Time) ([]Connection, error)

	AddClient(ctx context.Context, c Registered) error
	Client(ctx context.Context, id string) (c Registered, found bool, err error)
	// KeepClient notes that a registered client has a grant at that time, and
	// reports whether it is registered.
	KeepClient(ctx context.Context, id string, at time.Time) (found bool, err error)
	// DropClient deletes a registered client, and reports whether this call did.
	DropClient(ctx context.Context, id string) (won bool, err error)
	// GrantsTo are the ids of a client's grants that are not revoked.
	GrantsTo(ctx context.Context, client string) ([]string, error)
	// SweepClients deletes the registered clients that have been there since
	// before unused and never had a grant, and those that have had none that
	// is good for anything since before idle.
	SweepClients(ctx context.Context, now, unused, idle time.Time) error

	// SweepOAuth deletes rows and pending requests that expired before the time
	// given, SweepUsed what AddUsed noted.
	SweepOAuth(ctx context.Context, before time.Time) error
	SweepUsed(ctx context.Context, before time.Time) error
}
