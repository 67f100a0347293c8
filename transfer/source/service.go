package source

import (
	"cmp"
	"context"
	"io"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// Options are what a Service works with. All are needed but those that name a
// default.
type Options struct {
	Origin    string // this pod's public URL, without a slash at the end
	Records   Records
	Transfers Transfers
	Blobs     Blobs
	// Sign makes a compact JWS with this pod's key for purpose "sign".
	Sign func(typ string, claims any) (string, error)
	// Verify checks a compact JWS against the keys that are pinned, or have
	// followed those, and reads its claims (Protocol §1.5). It may ask the
	// other pod, and so is never called inside a transaction.
	Verify func(ctx context.Context, p transfer.Pin, jws, typ string, claims any) error
	// Peek reads a JWS's claims unchecked: those of one that was verified when
	// it came.
	Peek func(jws string, claims any) error
	// Raise puts the stubs up and marks the account as moved, inside the
	// transaction of ctx, once the transfer is stored as redirecting.
	Raise func(ctx context.Context, t Transfer) error
	// Revoke ends a grant and its tokens, inside the transaction of ctx.
	Revoke func(ctx context.Context, grant string) error
	// Known are the IDs of an account, the one here first and then those that it
	// had before (Protocol §6.5). Nil names none.
	Known func(ctx context.Context, account int64) ([]string, error)
	// Event writes a line for the person, inside the transaction of ctx.
	Event func(ctx context.Context, account int64, subject, kind, text string) error
	// Address is that of the page where a person sees a transfer, less its
	// id; empty if there is none.
	Address string
	// CursorKey seals cursors: 32 secret bytes that all replicas share.
	CursorKey []byte
	Grace     time.Duration    // from the stubs going up until erasing may begin
	Idle      time.Duration    // after which a transfer expires; default 7 days (Protocol §4.5)
	PageItems int              // the most of a page; default 500
	PageBytes int              // at which a page is closed; default and most just under transfer.MaxPageBytes
	Now       func() time.Time // default time.Now
}

// Blobs holds the bytes of photos.
type Blobs interface {
	// Open gives the bytes of a SHA-256 in lower-case hex, and their number;
	// fs.ErrNotExist if they are not there.
	Open(ctx context.Context, sum string) (io.ReadSeekCloser, int64, error)
}

// A Service is the giving side of a pod. It is safe for concurrent use.
type Service struct {
	Options
	sealer sealer
}

// New makes a Service.
func New(o Options) *Service {
	o.Idle = cmp.Or(o.Idle, 7*24*time.Hour)
	o.PageItems = min(cmp.Or(o.PageItems, 500), transfer.MaxPageItems)
	o.PageBytes = min(cmp.Or(o.PageBytes, transfer.MaxPageBytes), transfer.MaxPageBytes-pageFrame)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{Options: o, sealer: sealer{key: o.CursorKey}}
}

func (s *Service) now() time.Time { return s.Now().UTC() }

// find is the transfer that this grant opened. Another grant's is not found:
// whether it exists is nobody else's business.
func (s *Service) find(ctx context.Context, g oauth.Grant, id string) (Transfer, error) {
	t, err := s.Transfers.Transfer(ctx, id)
	if err != nil && transfer.CodeOf(err) != transfer.NotFound {
		return Transfer{}, err
	}
	if err != nil || t.Grant != g.ID || g.ID == "" {
		return Transfer{}, transfer.Errorf(transfer.NotFound, "this permission has no such transfer")
	}
	return s.used(ctx, t)
}

// used notes, once a minute, that somebody still cares, and ends a transfer for
// which that was too long ago (Protocol §4.5). A freeze lasts as long as it is
// used (Protocol §5.1).
func (s *Service) used(ctx context.Context, t Transfer) (Transfer, error) {
	t, err := s.prolong(ctx, t)
	if err != nil {
		return t, err
	}
	if t.Retries != "" && Live(t.State) {
		if t, err = s.stillMoved(ctx, t); err != nil {
			return t, err
		}
	}
	idle := s.now().Sub(t.Used)
	switch {
	case !Live(t.State) || idle < time.Minute:
		return t, nil
	case idle >= s.Idle:
		return s.expire(ctx, t.ID)
	}
	return t, s.Transfers.TouchTransfer(ctx, t.ID, s.now())
}

// readable is find for what only a living transfer answers.
func (s *Service) readable(ctx context.Context, g oauth.Grant, id string) (Transfer, error) {
	t, err := s.find(ctx, g, id)
	if err != nil {
		return t, err
	}
	account, err := s.Transfers.Departing(ctx, g.Account)
	if err != nil {
		return t, err
	}
	if account.Moved && t.Retries == "" {
		return t, moved()
	}
	return t, closed(t.State)
}

// closed is why nothing more can be read in this state, nil if it can.
func closed(state transfer.State) error {
	switch {
	case state.Readable():
		return nil
	case state == transfer.Redirecting || state == transfer.ErasingOld || state == transfer.Erased:
		return moved() // Protocol §4.6
	}
	return transfer.Errorf(transfer.TransferClosed, "this transfer is %s; nothing more can be read or reported under it", state)
}

func moved() error {
	return transfer.Errorf(transfer.AccountMoved, "this account has moved away; nothing more can be read here")
}

// granted refuses a collection that the person did not agree to.
func granted(t Transfer, c transfer.Collection) error {
	for _, have := range t.Collections {
		if have == c {
			return nil
		}
	}
	if !c.Known() {
		return transfer.Errorf(transfer.NotFound, "there is no collection %.40q", c)
	}
	return transfer.Errorf(transfer.NotGranted, "the transfer does not include %s", c)
}
