package redirects

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"podmove/transfer"
)

// maxProved is how many bytes of photos are asked about at a time: both pods
// read them from their disks before the answer is there.
const maxProved = 64 << 20

// prove asks the new pod about some of the items whose last answer is too old,
// and reports whether there were any.
func (s *Service) prove(ctx context.Context, d Departure) (more bool, err error) {
	now := s.now()
	before := d.Redirected // to list what was changed, any answer will do
	if !now.Before(d.Due()) {
		before = now.Add(-s.HoldingsAge) // Protocol §7.3
	}
	absent := now.Add(-pause(now.Sub(s.look(d))))
	owed, err := s.Book.Stale(ctx, d, before, absent, transfer.MaxHoldings)
	if err != nil || len(owed) == 0 {
		return false, err
	}
	return true, s.ask(ctx, d, fitting(owed))
}

// fitting is the beginning of a list that is not too much to read.
func fitting(owed []Owed) []Owed {
	var bytes int64
	for i, o := range owed {
		if bytes += o.Bytes; bytes > maxProved && i > 0 {
			return owed[:i]
		}
	}
	return owed
}

// ask is one question with fresh challenges. Its items are of one collection.
func (s *Service) ask(ctx context.Context, d Departure, owed []Owed) error {
	question := transfer.Holdings{Envelope: s.request(d)}
	for _, o := range owed {
		question.Items = append(question.Items, transfer.Holding{Collection: o.Collection, GUID: o.GUID, Challenge: rand.Text()})
	}
	var answer transfer.Holdings
	if err := s.exchange(ctx, d, holdingsPath, transfer.TypHoldings, question, &answer); err != nil {
		return err
	}
	if err := s.answers(d, question.Envelope, answer.Envelope); err != nil {
		return err
	}
	judged, err := s.judge(ctx, d, question.Items, answer.Items)
	if err != nil {
		return err
	}
	return s.Book.InTx(ctx, func(ctx context.Context) error {
		return s.Book.Answered(ctx, d, s.now(), judged)
	})
}

// Relay puts another pod's question to the pod of a departure and answers what
// that says, signed by it and as it is: whoever asked judges it (Protocol §6.5).
func (s *Service) Relay(ctx context.Context, id string, asked []transfer.Holding) ([]transfer.Holding, error) {
	d, err := s.Book.Departure(ctx, id)
	if err != nil {
		return nil, err
	}
	question := transfer.Holdings{Envelope: s.request(d), Items: asked}
	var answer transfer.Holdings
	if err := s.exchange(ctx, d, holdingsPath, transfer.TypHoldings, question, &answer); err != nil {
		return nil, err
	}
	return answer.Items, s.answers(d, question.Envelope, answer.Envelope)
}

// judge takes an answer for what it proves: held only with the right proof, and
// what is not answered is absent.
func (s *Service) judge(ctx context.Context, d Departure, asked, answered []transfer.Holding) ([]transfer.Holding, error) {
	said := make(map[string]transfer.Holding, len(asked))
	for _, a := range answered {
		if len(said) < transfer.MaxHoldings && a.Collection == asked[0].Collection {
			said[a.GUID] = a
		}
	}
	proofs, err := s.proofs(ctx, d, asked, said)
	if err != nil {
		return nil, err
	}
	judged := make([]transfer.Holding, len(asked))
	for i, q := range asked {
		judged[i] = transfer.Holding{Collection: q.Collection, GUID: q.GUID, State: transfer.AbsentThere}
		switch a := said[q.GUID]; a.State {
		case transfer.EditedThere, transfer.RemovedThere:
			judged[i].State = a.State
		case transfer.Held:
			if want := proofs[q.GUID]; want != "" && a.Proof == want {
				judged[i].State = transfer.Held
			}
		}
	}
	return judged, nil
}

// proofs computes what the proofs of items that are said to be held must be,
// from the items as they are here now (Protocol §7.3).
func (s *Service) proofs(ctx context.Context, d Departure, asked []transfer.Holding, said map[string]transfer.Holding) (map[string]transfer.Digest, error) {
	challenges := make(map[string]string, len(asked))
	var guids []string
	for _, q := range asked {
		if said[q.GUID].State == transfer.Held {
			challenges[q.GUID] = q.Challenge
			guids = append(guids, q.GUID)
		}
	}
	proofs := make(map[string]transfer.Digest, len(guids))
	err := s.Book.Items(ctx, d.Account, asked[0].Collection, guids, func(guid string, item []byte, content transfer.Digest) error {
		proof, err := s.proof(ctx, challenges[guid], item, content)
		if err != nil {
			s.Log.ErrorContext(ctx, "a photo's bytes cannot be read here, so that nothing proves that the new pod has the same", "guid", guid, "error", err)
			return ctx.Err()
		}
		proofs[guid] = proof
		return nil
	})
	return proofs, err
}

func (s *Service) proof(ctx context.Context, challenge string, item []byte, content transfer.Digest) (transfer.Digest, error) {
	if content == "" {
		return transfer.Proof(challenge, item, nil)
	}
	bytes, _, err := s.Blobs.Open(ctx, string(content))
	if err != nil {
		return "", fmt.Errorf("open a photo: %w", err)
	}
	defer bytes.Close()
	return transfer.Proof(challenge, item, io.Reader(bytes))
}

// bound is which answers count now.
func (s *Service) bound() Bound {
	now := s.now()
	return Bound{Fresh: now.Add(-s.HoldingsAge), Ripe: now.Add(-s.Notice)}
}

// rest is how long something lies ahead.
func (s *Service) rest(at time.Time) time.Duration { return at.Sub(s.now()) }
