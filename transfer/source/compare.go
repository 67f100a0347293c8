package source

import (
	"context"
	"slices"

	"podmove/transfer"
)

// receiptBatch is how many receipts are held in memory at a time.
const receiptBatch = 2000

// compare holds the account against the receipts, collection by collection: the
// manifest less what is named as skipped or failed must be what the receipt
// tallies (Protocol §5.2). It answers how many items did not arrive, those that
// could not be sent included.
func (s *Service) compare(ctx context.Context, t Transfer, tallies []transfer.Tally) (leftover int64, err error) {
	var missing []string
	for _, c := range t.Collections {
		m := matching{ctx: ctx, store: s.Transfers, id: t.ID, collection: c, arrived: transfer.NewTallier(c)}
		unsendable, err := s.match(ctx, t, &m)
		if err != nil {
			return 0, err
		}
		leftover += m.left + unsendable
		if missing = append(missing, m.missing...); len(missing) > maxNamed {
			missing = missing[:maxNamed]
		}
		if len(missing) == 0 && !tallied(tallies, m.arrived.Tally()) {
			return 0, transfer.Errorf(transfer.Incomplete, "the tallies of %s differ", c)
		}
	}
	if len(missing) > 0 {
		incomplete := transfer.Errorf(transfer.Incomplete, "there is no receipt for some of what was given, or not for what it is now")
		incomplete.GUIDs = missing
		return 0, incomplete
	}
	return leftover, nil
}

// tallied reports whether the receipt says this of a collection, and nothing
// else of it.
func tallied(tallies []transfer.Tally, want transfer.Tally) bool {
	other := func(t transfer.Tally) bool { return t.Collection == want.Collection && t != want }
	return slices.Contains(tallies, want) && !slices.ContainsFunc(tallies, other)
}

// match walks one collection, and counts what of it cannot be sent.
func (s *Service) match(ctx context.Context, t Transfer, m *matching) (unsendable int64, err error) {
	all, err := s.Records.Measure(ctx, t.Scope(), m.collection)
	if err != nil {
		return 0, err
	}
	if err := s.Records.Digests(ctx, t.Scope(), m.collection, m.add); err != nil {
		return 0, err
	}
	return max(0, all.Count-m.seen), m.err
}

// A matching merges the items of a collection with their receipts, both in
// bytewise order of guid.
type matching struct {
	ctx        context.Context
	store      Transfers
	id         string
	collection transfer.Collection

	ahead   []transfer.Outcome // receipts not yet passed
	after   string             // the guid of the last receipt fetched
	end     bool               // no more receipts
	err     error
	arrived *transfer.Tallier
	seen    int64    // items
	left    int64    // items named as skipped or failed
	missing []string // items named nowhere, or with other bytes; at most maxNamed
}

// add takes one item.
func (m *matching) add(guid string, d transfer.Digest) {
	m.seen++
	receipt := m.of(guid)
	switch {
	case receipt.Result.Arrived() && receipt.Digest == d:
		m.arrived.Add(guid, d)
	case receipt.Result == transfer.Skipped || receipt.Result == transfer.Failed:
		m.left++
	case len(m.missing) < maxNamed:
		m.missing = append(m.missing, guid)
	}
}

// of is the receipt for an item. Receipts for what is not there are passed over:
// it was deleted here, or could not be sent.
func (m *matching) of(guid string) transfer.Outcome {
	for {
		for len(m.ahead) > 0 && m.ahead[0].GUID < guid {
			m.ahead = m.ahead[1:]
		}
		if len(m.ahead) > 0 || m.end || m.err != nil {
			break
		}
		m.fetch()
	}
	if len(m.ahead) == 0 || m.ahead[0].GUID != guid {
		return transfer.Outcome{}
	}
	return m.ahead[0]
}

func (m *matching) fetch() {
	m.ahead, m.err = m.store.Receipts(m.ctx, m.id, m.collection, m.after, receiptBatch)
	m.end = len(m.ahead) < receiptBatch
	if len(m.ahead) > 0 {
		m.after = m.ahead[len(m.ahead)-1].GUID
	}
}
