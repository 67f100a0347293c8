package destination

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"podmove/transfer"
)

// Options are what a Mover works with. All are needed unless said otherwise.
type Options struct {
	Moves    Moves
	Arrivals Arrivals
	// Writer fills the move's account; items arrive under the run Move.ID from
	// the origin (Move.Issuer, Move.Subject).
	Writer func(m Move) transfer.Writer
	// Connect reaches the move's source. An opened transfer is Move.Transfer
	// with Move.Nonce.
	Connect func(ctx context.Context, m Move, t Tokens) (Source, error)
	Login   Login
	// Look reads what the pod of an ID tells everybody. Its error is that of the
	// first obstacle. Nil looks at nothing.
	Look func(ctx context.Context, id string, p transfer.Purpose) ([]transfer.Finding, error)
	// Place is where an account of this pod is to be found.
	Place func(ctx context.Context, account int64) (Place, error)
	// Sign makes a JWS of the kind typ with this pod's key as a client.
	Sign func(typ string, claims any) (string, error)
	// Seal and Open keep secrets at rest; purpose binds them to their place.
	Seal func(purpose string, plain []byte) []byte
	Open func(purpose string, sealed []byte) ([]byte, error)
	// MayCome refuses a move from an ID to an account that has itself moved
	// elsewhere. Nil refuses none.
	MayCome func(ctx context.Context, account int64, from string) error
	// Home is told, in the transaction that ends it, that a move from an ID to an
	// account is done, and Away that one was taken back (Protocol §6.5). Nil is
	// of no interest.
	Home func(ctx context.Context, account int64, from string) error
	Away func(ctx context.Context, account int64, from string) error
	// Event writes a line for the person, in the caller's transaction.
	Event func(ctx context.Context, account int64, subject, kind, text string) error
	// Room says whether an account has room for a load: nil, or a
	// *transfer.Error with StorageFull or QuotaExceeded. Nil has room for all.
	Room func(ctx context.Context, account int64, l Load) error
	// Enqueue adds a job in the caller's transaction.
	Enqueue func(ctx context.Context, job Job, at time.Time) error

	Origin string           // this pod's public URL, without a slash at the end
	Expiry time.Duration    // after how long an idle move is given up; zero is 7 days
	Poll   time.Duration    // how often to look whether the person accepted; zero is 30 seconds
	Budget time.Duration    // how long one call of Run works; zero is 25 seconds
	Bounds Bounds           // what is not zero here wins over what the plan allows
	Now    func() time.Time // the clock; nil is time.Now
	Log    *slog.Logger     // nil is silence
}

// A Mover carries moves through their states. It is safe for concurrent use,
// and any number of processes may hold one on the same database.
type Mover struct {
	Options
	full atomic.Bool // the database has no room even for the state of a move
}

// New makes a Mover.
func New(o Options) *Mover {
	if o.Expiry == 0 {
		o.Expiry = 7 * 24 * time.Hour // Protocol §4.5
	}
	if o.Poll == 0 {
		o.Poll = 30 * time.Second
	}
	if o.Budget == 0 {
		o.Budget = 25 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Mover{Options: o}
}
