package destination

import (
	"context"
	"crypto/rand"
	"io"
	"time"

	"podmove/transfer"
)

// Custody is what came from other pods, item by item, after a move.
type Custody interface {
	// MoveFrom finds the move that belongs to an issuer's transfer.
	MoveFrom(ctx context.Context, issuer, transfer string) (Move, error)
	// Kept calls see for each of the items, named as at the source, that the
	// move's origin brought and that are here, edited here, or were removed by
	// their owner. Anything else is passed over (Protocol §7.4).
	Kept(ctx context.Context, m Move, c transfer.Collection, guids []string, see func(Kept) error) error
	// Brought lists items that the move's origin made and that nobody changed
	// since, in order of guid behind the one given, with the digest brought.
	Brought(ctx context.Context, m Move, c transfer.Collection, after string, limit int) ([]transfer.LiveItem, error)
	// TakeBack removes those of the items that Brought would list, but for
	// photos and aspects that something staying here uses, and answers how many
	// went. It is one transaction under the account's lock.
	TakeBack(ctx context.Context, m Move, c transfer.Collection, guids []string) (int, error)
	// Leaving is a move away from this pod.
	Leaving(ctx context.Context, id string) (Leaving, error)
	// GoneOn lists where what the move brought is now that it left with the
	// leaving, named as at the source, behind the one given in the order of
	// collection and guid; only what is public.
	GoneOn(ctx context.Context, m Move, leaving string, after transfer.Onward, limit int) ([]transfer.Onward, error)
	// Forwarded are those of the items, named as at the source, that the move's
	// origin brought and that are erased here since they went on to another pod.
	Forwarded(ctx context.Context, m Move, c transfer.Collection, guids []string) ([]Forwarded, error)
	// TakeMessage remembers a message; transfer.MessageReplayed if it is known.
	TakeMessage(ctx context.Context, issuer, id string, expires time.Time) error
}

// A Kept is one item that came.
type Kept struct {
	GUID    string                // at the source
	State   transfer.HoldingState // held, edited or removed
	Item    []byte                // canonical bytes as they are now; nil if removed
	Content transfer.Digest       // of a photo that is here
	Bytes   int64                 // of that content
}

// A Forwarded item is at the pod that the account went on to.
type Forwarded struct {
	GUID    string // at the source
	Local   string // here, as it was
	Leaving string // with which it went
	Edited  bool   // here, before it went
}

// KeeperOptions are what a Keeper works with beside its Mover. All are needed but
// Ask.
type KeeperOptions struct {
	Custody Custody
	// OpenBlob gives the bytes of a SHA-256 in lower-case hex, and their number.
	OpenBlob func(ctx context.Context, sum string) (io.ReadSeekCloser, int64, error)
	// Ask puts a source's question, challenges and all, to the pod that an account
	// left for. Nil asks nobody.
	Ask func(ctx context.Context, leaving string, asked []transfer.Holding) ([]transfer.Holding, error)
	// Verify checks a JWS of the kind typ against the keys that are pinned, or
	// have followed those, and reads its claims (Protocol §1.5). It may ask the
	// other pod, and so is never called inside a transaction.
	Verify func(ctx context.Context, p transfer.Pin, jws, typ string, claims any) error
	// Peek reads a JWS's claims unchecked, to find out whose keys to ask for.
	Peek func(jws string, claims any) error
	// Send posts a signed message to an address and answers what comes back.
	Send func(ctx context.Context, address, message string) (answer string, err error)
}

// A Keeper answers for what came, after the move: whether it is still here, and
// how it goes away again. It is safe for concurrent use.
type Keeper struct {
	*Mover
	KeeperOptions
}

// NewKeeper makes a Keeper.
func NewKeeper(v *Mover, o KeeperOptions) *Keeper { return &Keeper{v, o} }

// envelope is that of a message to the move's source.
func (k *Keeper) envelope(m Move) transfer.Envelope {
	return transfer.Envelope{
		Issuer: k.Origin, Audience: m.Issuer, Transfer: m.Transfer, Nonce: m.Nonce,
		IssuedAt: k.Now().Unix(), ID: rand.Text(),
	}
}

// theirs is what the envelope of a message from the source must be.
func (k *Keeper) theirs(m Move) transfer.Envelope {
	return transfer.Envelope{Issuer: m.Issuer, Audience: k.Origin, Transfer: m.Transfer, Nonce: m.Nonce}
}

// read finds the move that a message is about, and verifies the message with
// the key that was pinned at consent (Protocol §1.4). claims is read in full;
// header shows its envelope.
func (k *Keeper) read(ctx context.Context, message, typ string, claims any, header *transfer.Envelope) (Move, error) {
	var claimed transfer.Envelope
	if err := k.Peek(message, &claimed); err != nil {
		return Move{}, errStranger(err)
	}
	m, err := k.Custody.MoveFrom(ctx, claimed.Issuer, claimed.Transfer)
	if err != nil {
		return Move{}, err
	}
	if err := k.Verify(ctx, m.Pin(), message, typ, claims); err != nil {
		return Move{}, errStranger(err)
	}
	return m, header.CheckRequest(k.theirs(m), k.Now())
}

// take refuses a message that came before.
func (k *Keeper) take(ctx context.Context, e transfer.Envelope) error {
	return k.Custody.TakeMessage(ctx, e.Issuer, e.ID, e.Ends())
}

// errStranger is the one answer to a message whose sender has no business
// here, whatever it lacks: that its keys cannot be read just now would tell
// strangers which transfers there are (Protocol §2.8). Who does have business
// here asks again.
func errStranger(cause error) error {
	return transfer.Errorf(transfer.SignatureInvalid, "the message is not signed by a pod that shares such a transfer with this one").Because(cause)
}
