package destination_test

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/transfertest"
)

// A source is the old pod as a move sees it, around an account in memory.
type source struct {
	transfer.Reader
	pod      *transfertest.Memory
	owner    string
	state    transfer.State
	nonce    string
	receipts map[string]transfer.Outcome
	heard    int                          // receipts in all
	revoked  bool                         // the tokens came back
	trouble  func(call string) error      // before a call is answered; nil is none
	forge    func(m *transfer.Manifest)   // changes a manifest; nil leaves it
	found    bool                         // what was lost
	deaf     bool                         // takes receipts and stays as it was
	complete func(transfer.Receipt) error // before a receipt is taken; nil takes it
}

func newSource(t *testing.T) (*source, transfertest.Fixture) {
	t.Helper()
	f, m := transfertest.Made(transfertest.Aurora), transfertest.NewMemory()
	transfertest.Fill(t, m.Writer(t, f.Owner, f.Owner), f)
	return &source{
		Reader: m.Reader(f.Owner), pod: m, owner: f.Owner, state: transfer.Open, receipts: map[string]transfer.Outcome{},
	}, f
}

func (s *source) troubled(call string) error {
	if s.revoked {
		return transfer.Errorf(transfer.TokenInvalid, "the token is gone")
	}
	if s.trouble == nil {
		return nil
	}
	return s.trouble(call)
}

func (s *source) Open(ctx context.Context, o transfer.Opening) (transfer.Plan, error) {
	s.nonce = o.Nonce
	if err := s.troubled("open"); err != nil {
		return transfer.Plan{}, err
	}
	return s.plan(ctx)
}

func (s *source) Plan(ctx context.Context) (transfer.Plan, error) {
	if err := s.troubled("plan"); err != nil {
		return transfer.Plan{}, err
	}
	return s.plan(ctx)
}

func (s *source) plan(ctx context.Context) (transfer.Plan, error) {
	p, err := s.Reader.Plan(ctx)
	p.Transfer, p.Nonce, p.Purpose, p.State = "transfer-one", s.nonce, transfer.Move, s.state
	return p, err
}

func (s *source) Page(ctx context.Context, c transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	if err := s.troubled("page " + string(c)); err != nil {
		return transfer.Page{}, err
	}
	return s.Reader.Page(ctx, c, after, min(limit, 10))
}

func (s *source) Manifest(ctx context.Context) (transfer.Manifest, error) {
	if err := s.troubled("manifest"); err != nil {
		return transfer.Manifest{}, err
	}
	m, err := s.Reader.Manifest(ctx)
	if s.forge != nil {
		s.forge(&m)
	}
	return m, err
}

func (s *source) Receipts(_ context.Context, list []transfer.Outcome) error {
	if err := s.troubled("receipts"); err != nil {
		return err
	}
	for _, o := range list {
		s.receipts[o.GUID] = o
		s.heard++
	}
	return nil
}

func (s *source) Freeze(ctx context.Context) (transfer.Plan, error) {
	if err := s.troubled("freeze"); err != nil {
		return transfer.Plan{}, err
	}
	if s.state == transfer.Open {
		s.state = transfer.Frozen
	}
	return s.plan(ctx)
}

// Complete trusts the signature, and counts as a source does.
func (s *source) Complete(ctx context.Context, signed string) (transfer.Plan, error) {
	if err := s.troubled("complete"); err != nil {
		return transfer.Plan{}, err
	}
	var r transfer.Receipt
	if err := json.Unmarshal([]byte(signed), &r); err != nil {
		return transfer.Plan{}, err
	}
	if s.complete != nil {
		if err := s.complete(r); err != nil {
			return transfer.Plan{}, err
		}
	}
	if s.deaf {
		return s.plan(ctx)
	}
	left := false
	for _, o := range s.receipts {
		left = left || o.Result == transfer.Failed || o.Result == transfer.Skipped
	}
	s.state = transfer.Redirecting
	if left {
		s.state = transfer.Verified
	}
	return s.plan(ctx)
}

func (s *source) Cancel(ctx context.Context) (transfer.Plan, error) {
	if err := s.troubled("cancel"); err != nil {
		return transfer.Plan{}, err
	}
	if s.state.Readable() {
		s.state = transfer.Cancelled
	}
	return s.plan(ctx)
}

// missing lists what has no receipt of having arrived.
func (s *source) missing(f transfertest.Fixture) (list []string) {
	for _, entries := range f.Entries {
		for _, e := range entries {
			if o := s.receipts[e.GUID]; !o.Result.Arrived() || o.Digest != e.Digest {
				list = append(list, e.GUID)
			}
		}
	}
	slices.Sort(list)
	return list
}

// A login is the relying side: it lets in whoever is asked for.
type login struct {
	*source
	granted destination.Granted
	refuse  error
}

func (l *login) Begin(_ context.Context, a destination.Ask) (destination.Started, error) {
	return destination.Started{
		URL: oldPod + "/oauth/authorize", Issuer: oldPod, State: "state-" + a.Destination, Secret: []byte("verifier"),
	}, l.troubled("begin")
}

func (l *login) Finish(_ context.Context, answer url.Values, secret []byte) (destination.Granted, error) {
	if string(secret) != "verifier" {
		return destination.Granted{}, transfer.Errorf(transfer.Internal, "the secret was lost")
	}
	l.revoked = false
	return l.granted, l.refuse
}

func (l *login) Revoke(_ context.Context, tokens []byte) error {
	if string(tokens) == "tokens" {
		l.revoked = true
	}
	return nil
}
