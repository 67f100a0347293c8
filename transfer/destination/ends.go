package destination

import (
	"context"
	"net/url"
	"time"

	"podmove/transfer"
)

// Moves keeps moves and logins. Errors: a *transfer.Error with NotFound where
// a row is missing.
type Moves interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// LockAccount holds the account's lock until the transaction ends: of moves
	// that are begun at once, each sees those before it.
	LockAccount(ctx context.Context, account int64) error
	AddMove(ctx context.Context, m Move) error
	Move(ctx context.Context, id string) (Move, error)
	// MovesOf lists an account's moves, newest first, at most 100.
	MovesOf(ctx context.Context, account int64) ([]Move, error)
	// ClaimMove is Move for who goes on with it: whoever had claimed it before is
	// overtaken. Under the account's lock no page of theirs is stored any more.
	ClaimMove(ctx context.Context, id string) (Move, error)
	// ChangeMove stores all of m if the stored state is still from, and the claim
	// m's if that has one; else nothing, and transfer.ErrOvertaken.
	ChangeMove(ctx context.Context, m Move, from State) error
	// PinMove pins a move to keys; ChangeMove leaves those alone (Protocol §1.5).
	PinMove(ctx context.Context, id string, keys []byte) error
	// UnfinishedMoves lists moves that a job goes on with.
	UnfinishedMoves(ctx context.Context) ([]string, error)
	// IdleMoves lists moves that have not ended and not changed since before.
	IdleMoves(ctx context.Context, before time.Time) ([]string, error)

	// MoveTokens are a move's sealed tokens, nil if it has none.
	MoveTokens(ctx context.Context, id string) ([]byte, error)
	SaveMoveTokens(ctx context.Context, id string, sealed []byte) error
	// TokenHolders lists the moves that have tokens.
	TokenHolders(ctx context.Context) ([]string, error)

	AddLogin(ctx context.Context, l LoginAttempt) error
	// TakeLogin finds and deletes: a state parameter is good for one answer.
	TakeLogin(ctx context.Context, state string) (LoginAttempt, error)
}

// Arrivals keep what came in a run, item by item.
type Arrivals interface {
	// Taken is how much of each collection has been written so far.
	Taken(ctx context.Context, run string) (map[transfer.Collection]Taken, error)
	// Contents is how many bytes the contents of the photos have that are here.
	Contents(ctx context.Context, run string) (int64, error)
	// StartOver forgets where a run stands in a collection, never its items.
	StartOver(ctx context.Context, run string, c transfer.Collection) error
	// Seen takes StartOver's marks back where a run ends before it read again.
	Seen(ctx context.Context, run string) error
	// Unsent lists up to limit outcomes that the source has no receipt for.
	Unsent(ctx context.Context, run string, limit int) ([]transfer.Outcome, error)
	// MarkSent notes that the source has these.
	MarkSent(ctx context.Context, run string, list []transfer.Outcome) error
	// MarkUnsent makes the source hear again of the items named, or of all
	// where none is named.
	MarkUnsent(ctx context.Context, run string, guids []string) error
	// FailedOf are those items of a collection that failed in a run, of the guids
	// given, and why.
	FailedOf(ctx context.Context, run string, c transfer.Collection, guids []string) (map[string]transfer.Code, error)
	// Counts are the outcomes of a run by collection and result. What a move
	// brought, or could not, that completes the run's counts with it, and is in
	// Outcomes as well.
	Counts(ctx context.Context, run string) ([]Count, error)
	// Outcomes lists a run's outcomes in the order of collection and guid,
	// behind the one given; wanted narrows to some results if it is not empty.
	Outcomes(ctx context.Context, run string, after transfer.Outcome, limit int, wanted ...transfer.Result) ([]Arrival, error)
}

// An Arrival is what became of an item, for a person to read.
type Arrival struct {
	transfer.Outcome
	// Label is what a person knows it by, where the guid would tell them
	// nothing: the file name of a photo; of what did not arrive also the first
	// words of a post, a name or an ID.
	Label string
}

// Taken is how much of a collection came.
type Taken struct {
	Entries int64 // a later change of the same item counted again
	Bytes   int64 // of the items' canonical JSON
	Through int64 // of the last page (Protocol §4.2)
}

// A Count is how many items of a collection had one result.
type Count struct {
	Collection transfer.Collection
	Result     transfer.Result
	Items      int64
}

// A Source is the other pod, read and spoken to under one person's consent.
type Source interface {
	transfer.Reader
	// Open opens the transfer, or finds the one that has this nonce.
	Open(ctx context.Context, o transfer.Opening) (transfer.Plan, error)
	// Receipts sends at most transfer.MaxReceipts outcomes.
	Receipts(ctx context.Context, list []transfer.Outcome) error
	// Freeze has the account stand still, and answers the state reached;
	// NotFound or MethodRefused from a source that has no such thing.
	Freeze(ctx context.Context) (transfer.Plan, error)
	// Complete hands over the signed receipt and answers the state reached.
	Complete(ctx context.Context, receipt string) (transfer.Plan, error)
	// Cancel ends the transfer if that is still possible, and answers the state reached.
	Cancel(ctx context.Context) (transfer.Plan, error)
}

// Tokens are one move's tokens, in a form that only the relying side reads.
// They are sealed at rest.
type Tokens interface {
	Load(ctx context.Context) ([]byte, error)
	Save(ctx context.Context, tokens []byte) error
}

// Login is the relying side of OpenID Connect.
type Login interface {
	// Begin finds the pod of an ID and pushes the request (Protocol §2.1).
	Begin(ctx context.Context, a Ask) (Started, error)
	// Finish exchanges the code that came back and proves who agreed
	// (Protocol §2.7). Refusal is ConsentRefused.
	Finish(ctx context.Context, answer url.Values, secret []byte) (Granted, error)
	// Revoke gives the tokens back.
	Revoke(ctx context.Context, tokens []byte) error
}

// An Ask is what the person is asked to agree to at the old pod.
type Ask struct {
	ID          string // the old ID
	Purpose     transfer.Purpose
	Collections []transfer.Collection
	Limited     bool   // posts for chosen people, too
	Destination string // the ID here
	Retry       string // the transfer of which what did not arrive is asked for once more; else empty
}

// Started is a login under way.
type Started struct {
	URL    string // where the browser goes
	Issuer string // the old pod
	State  string // the OAuth state parameter
	Secret []byte // nonce, PKCE verifier and whatever else Finish needs
}

// Granted is what came of a login.
type Granted struct {
	Issuer      string
	Subject     string
	Account     string // the ID whose owner agreed, resolved again
	Collections []transfer.Collection
	Tokens      []byte
	Keys        []byte // the old pod's JWK set
}

// A LoginAttempt is a login under way, bound to one browser session.
type LoginAttempt struct {
	State   string // SHA-256 of the state parameter, hex
	Session string // SHA-256 of the browser session, hex
	Move    string
	Sealed  []byte // Started.Secret
	Expires time.Time
}

// A Place is an account of this pod as the other pod has to know it.
type Place struct {
	ID        string // diaspora* ID
	Profile   string // URL of the public profile
	Templates transfer.Templates
}
