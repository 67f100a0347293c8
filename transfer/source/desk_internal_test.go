package source

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/oauth"
	"podmove/transfer"
)

const (
	deskTransfer = "0123456789abcdef0123456789abcdef"
	deskHere     = "https://old.example"
	deskThere    = "https://new.example"
	deskMark     = 5 // the account's newest change number
)

var deskGrant = oauth.Grant{ID: "grant", Account: "person", Scopes: []string{oauth.ScopeRead, oauth.ScopeMove}}

// A desk is one transfer of one post, held in memory: fuzzing a database would
// be slow, and what is fuzzed here never reaches it unchecked.
type desk struct {
	Transfers // what is not needed here
	Records
	post     transfer.Entry
	key      keys.Key // the new pod's
	transfer Transfer
	nonces   map[transfer.Digest]bool
	receipts map[string]transfer.Outcome // by collection and guid
	raised   int
}

func newDesk(tb testing.TB, key keys.Key) (*Service, *desk) {
	tb.Helper()
	post, err := transfer.Encode("0123456789abcdef", transfer.Post{Public: true, Text: "hello", CreatedAt: "2026-01-02T03:04:05.000Z"})
	if err != nil {
		tb.Fatal(err)
	}
	d := &desk{post: post, key: key, nonces: map[transfer.Digest]bool{}, receipts: map[string]transfer.Outcome{}}
	d.transfer = Transfer{
		ID: deskTransfer, Account: 7, Grant: deskGrant.ID, Client: deskThere + "/oauth/client.json", Nonce: "a-nonce-of-the-transfer", Purpose: transfer.Move,
		Collections: []transfer.Collection{transfer.Posts, transfer.Photos}, Destination: "aurora@new.example", State: transfer.Copying, Used: deskNow(),
	}
	return New(Options{
		Origin: deskHere, Records: d, Transfers: d, CursorKey: []byte("0123456789abcdef0123456789abcdef"), Grace: time.Hour, Now: deskNow,
		Verify: func(_ context.Context, _ transfer.Pin, jws, typ string, claims any) error {
			return keys.Verify(jws, typ, d.key.Public(), claims)
		},
		Raise: func(context.Context, Transfer) error { d.raised++; return nil },
		Event: func(context.Context, int64, string, string, string) error { return nil },
	}), d
}

func deskNow() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// InTx takes back what a failed fn did.
func (d *desk) InTx(ctx context.Context, fn func(context.Context) error) error {
	before := *d
	before.nonces, before.receipts = maps.Clone(d.nonces), maps.Clone(d.receipts)
	err := fn(ctx)
	if err != nil {
		*d = before
	}
	return err
}

func (d *desk) Departing(context.Context, string) (Account, error) { return Account{ID: 7}, nil }
func (d *desk) LockAccount(context.Context, int64) error           { return nil }
func (d *desk) Revoked(context.Context, string) (bool, error)      { return false, nil }
func (d *desk) TransfersOf(context.Context, int64) ([]Transfer, error) {
	return []Transfer{d.transfer}, nil
}

func (d *desk) Transfer(_ context.Context, id string) (Transfer, error) {
	if id != deskTransfer {
		return Transfer{}, transfer.Errorf(transfer.NotFound, "no such transfer")
	}
	return d.transfer, nil
}

func (d *desk) SaveTransfer(_ context.Context, t Transfer) error { d.transfer = t; return nil }

func (d *desk) TakeNonce(_ context.Context, _ string, sum transfer.Digest) error {
	if d.nonces[sum] {
		return transfer.Errorf(transfer.NonceReplayed, "seen")
	}
	d.nonces[sum] = true
	return nil
}

func (d *desk) CountRead(context.Context, string, transfer.Collection, int) error { return nil }

func (d *desk) Progress(context.Context, string) (map[transfer.Collection]Progress, error) {
	return nil, nil
}

func (d *desk) SaveReceipts(_ context.Context, _ string, list []transfer.Outcome) error {
	for _, o := range list {
		d.receipts[string(o.Collection)+" "+o.GUID] = o
	}
	return nil
}

func (d *desk) Receipts(_ context.Context, _ string, c transfer.Collection, after string, _ int) (list []transfer.Outcome, err error) {
	for _, o := range d.receipts {
		if o.Collection == c && o.GUID > after {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b transfer.Outcome) int { return cmp.Compare(a.GUID, b.GUID) })
	return list, nil
}

func (d *desk) Mark(context.Context, int64) (int64, string, error) {
	return deskMark, testSlot.epoch, nil
}

func (d *desk) Changes(_ context.Context, _ Scope, c transfer.Collection, after, _ int64, _, _ int) ([]Change, bool, error) {
	if c != transfer.Posts || after >= deskMark {
		return nil, false, nil
	}
	return []Change{{Seq: deskMark, Entry: d.post}}, false, nil
}

func (d *desk) Measure(_ context.Context, _ Scope, c transfer.Collection) (transfer.CollectionPlan, error) {
	if c == transfer.Posts {
		return transfer.CollectionPlan{Count: 1, Bytes: int64(len(d.post.Item))}, nil
	}
	return transfer.CollectionPlan{}, nil
}

func (d *desk) Digests(_ context.Context, _ Scope, c transfer.Collection, add func(string, transfer.Digest)) error {
	if c == transfer.Posts {
		add(d.post.GUID, d.post.Digest)
	}
	return nil
}

func (d *desk) ChangedSince(_ context.Context, _ Scope, seq int64, _ int) ([]string, error) {
	if seq < deskMark {
		return []string{d.post.GUID}, nil
	}
	return nil, nil
}
