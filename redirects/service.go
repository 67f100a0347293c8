package redirects

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"podmove/transfer"
)

// Options are what a Service works with. All are needed but those that name a
// default.
type Options struct {
	Origin string // this pod's public URL, without a slash at the end
	Book   Book
	Blobs  Blobs
	// Sign makes a compact JWS with this pod's key for purpose "sign".
	Sign func(typ string, claims any) (string, error)
	// Verify checks a compact JWS against the keys that are pinned, or have
	// followed those, and reads its claims (Protocol §1.5). It may ask the
	// other pod, and so is never called inside a transaction.
	Verify func(ctx context.Context, p transfer.Pin, jws, typ string, claims any) error
	// Peek reads a JWS's claims unchecked, to find out whose keys to ask for.
	Peek func(jws string, claims any) error
	// Send posts a signed message to an address and answers what comes back.
	Send func(ctx context.Context, address, message string) (answer string, err error)
	// Revoke ends a grant and its tokens, inside the transaction of ctx.
	Revoke func(ctx context.Context, grant string) error
	// Earlier has the pods told from which an account came that a departure of
	// it began or was undone, inside the transaction of ctx. Nil tells nobody.
	Earlier func(ctx context.Context, account int64, departure string) error
	// ID is the diaspora* ID of an account.
	ID func(ctx context.Context, account int64) (string, error)
	// Issuer is the public URL of the pod that an ID, asked, names as its own;
	// of another pod than this. Fetch reads a public profile there.
	Issuer func(ctx context.Context, id string) (string, error)
	Fetch  func(ctx context.Context, profile string) (Profile, error)
	// Event writes a line for the person, inside the transaction of ctx.
	Event func(ctx context.Context, account int64, subject, kind, text string) error
	// Enqueue adds a job inside the transaction of ctx.
	Enqueue func(ctx context.Context, job Job, at time.Time) error

	Notice      time.Duration    // to see what is listed; the earliest erase-now; default 7 days (Protocol §7.3, §7.5)
	HoldingsAge time.Duration    // how old an answer may be; default 24 hours (Protocol §7.3)
	Budget      time.Duration    // how long one call of Run works; default 20 seconds
	Forward     bool             // erased addresses lead on, 308; else 410 (Protocol §6.2)
	Now         func() time.Time // default time.Now
	Log         *slog.Logger     // for the podmin; default silence
}

// A Service keeps what moved accounts leave behind. It is safe for concurrent
// use, and any number of processes may hold one on the same database.
type Service struct{ Options }

// New makes a Service.
func New(o Options) *Service {
	o.Notice = cmp.Or(o.Notice, 7*24*time.Hour)
	o.HoldingsAge = cmp.Or(o.HoldingsAge, 24*time.Hour)
	o.Budget = cmp.Or(o.Budget, 20*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return &Service{o}
}

func (s *Service) now() time.Time { return s.Now().UTC() }

// change runs fn on the departure as it is under the account's lock, in one
// transaction (Protocol §7.1). fn may run more than once.
func (s *Service) change(ctx context.Context, id string, fn func(ctx context.Context, d *Departure) error) (Departure, error) {
	var d Departure
	err := s.Book.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Book.Departure(ctx, id)
		if err != nil {
			return err
		}
		if err := s.Book.LockAccount(ctx, before.Account); err != nil {
			return err
		}
		if d, err = s.Book.Departure(ctx, id); err != nil {
			return err
		}
		return fn(ctx, &d)
	})
	return d, err
}

// enter stores a new state and the line about it. It runs inside change.
func (s *Service) enter(ctx context.Context, d *Departure, to transfer.State, line string) error {
	if to != transfer.ErasingOld || d.Reason != transfer.HoldingsAbsent {
		d.Reason, d.Waits = "", time.Time{} // what is absent stays so, and the person knows
	}
	d.State = to
	if to == transfer.Undone || to == transfer.Erased {
		d.Ended = s.now()
	}
	if err := s.Book.SaveDeparture(ctx, *d); err != nil {
		return err
	}
	return s.Event(ctx, d.Account, d.ID, "transfer-"+string(to), line)
}

// Of is a departure of an account; transfer.NotFound if it has no such.
func (s *Service) Of(ctx context.Context, account int64, id string) (Departure, error) {
	d, err := s.Book.Departure(ctx, id)
	if err != nil && transfer.CodeOf(err) != transfer.NotFound {
		return Departure{}, err
	}
	if err != nil || d.Account != account {
		return Departure{}, transfer.Errorf(transfer.NotFound, "this account has no such move")
	}
	return d, nil
}

// Asked counts what the new pod answered about a departure of an account.
func (s *Service) Asked(ctx context.Context, account int64, id string) ([]Tally, error) {
	if _, err := s.Of(ctx, account, id); err != nil {
		return nil, err
	}
	return s.Book.Tallies(ctx, id)
}

// Listed names what of a departure of an account is at the new pod no more as it
// came there: the list that the person can see before any of it is erased
// (Protocol §7.3). At most limit.
func (s *Service) Listed(ctx context.Context, account int64, id string, limit int) ([]transfer.Holding, error) {
	if _, err := s.Of(ctx, account, id); err != nil {
		return nil, err
	}
	return s.Book.Listed(ctx, id, limit)
}

// Resume enqueues a job for every departure that is not over; each process
// does so at its start.
func (s *Service) Resume(ctx context.Context) error {
	ids, err := s.Book.Departures(ctx)
	if err != nil {
		return err
	}
	return s.Book.InTx(ctx, func(ctx context.Context) error {
		for _, id := range ids {
			if err := s.Enqueue(ctx, EraseJob{id}, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}
