package destination

import (
	"context"

	"podmove/transfer"
)

// maxProof is how many bytes of photos are read for one answer. A source that
// asks about more has to ask about fewer items at a time.
const maxProof = 1 << 30

// Holdings answers a source that asks, signed, whether this pod still holds
// what it took (Protocol §7.3). It speaks only of items that this issuer's
// transfer brought; all else is absent, so that nobody learns anything else
// here (§7.4). About a transfer that no move is from it is transfer.NotFound.
func (k *Keeper) Holdings(ctx context.Context, message string) (answer string, err error) {
	var asked transfer.Holdings
	m, err := k.read(ctx, message, transfer.TypHoldings, &asked, &asked.Envelope)
	if err != nil {
		return "", err
	}
	if err := asked.CheckQuestion(); err != nil {
		return "", err
	}
	if err := k.take(ctx, asked.Envelope); err != nil {
		return "", err
	}
	reply := transfer.Holdings{Envelope: k.envelope(m)}
	reply.InReplyTo = asked.ID
	if reply.Items, err = k.holdings(ctx, m, asked.Items); err != nil {
		return "", err
	}
	return k.Sign(transfer.TypHoldings, reply)
}

// holdings answers item by item, in the order of the question.
func (k *Keeper) holdings(ctx context.Context, m Move, asked []transfer.Holding) ([]transfer.Holding, error) {
	reply := make([]transfer.Holding, len(asked))
	at := map[transfer.Collection]map[string]int{}
	for i, q := range asked {
		reply[i] = transfer.Holding{Collection: q.Collection, GUID: q.GUID, State: transfer.AbsentThere}
		if at[q.Collection] == nil {
			at[q.Collection] = map[string]int{}
		}
		if _, twice := at[q.Collection][q.GUID]; twice {
			return nil, transfer.Errorf(transfer.RequestInvalid, "a question after holdings names an item twice")
		}
		at[q.Collection][q.GUID] = i
	}
	if m.State == Undone { // what was taken away was not removed by its owner
		return reply, nil
	}
	w := witness{Keeper: k, ctx: ctx, asked: asked, reply: reply}
	for c, places := range at {
		guids := make([]string, 0, len(places))
		for guid := range places {
			guids = append(guids, guid)
		}
		err := k.Custody.Kept(ctx, m, c, guids, func(kept Kept) error { return w.see(places[kept.GUID], kept) })
		if err == nil {
			err = k.beyond(ctx, m, c, places, asked, reply)
		}
		if err != nil {
			return nil, err
		}
	}
	return reply, nil
}

// A witness looks at items and writes down what it saw.
type witness struct {
	*Keeper
	ctx   context.Context
	asked []transfer.Holding
	reply []transfer.Holding
	read  int64 // bytes of photos
}

// see answers about one item. A photo whose bytes cannot be read is absent,
// whatever became of the rest of it: the source may have the last ones.
func (w *witness) see(i int, kept Kept) error {
	if kept.State == transfer.RemovedThere {
		w.reply[i].State = transfer.RemovedThere
		return nil
	}
	if w.read += kept.Bytes; w.read > maxProof && len(w.asked) > 1 {
		return transfer.Errorf(transfer.TooLarge, "these photos are too large to be asked about at once; ask about fewer")
	}
	proof, err := w.proof(w.asked[i].Challenge, kept)
	switch {
	case w.ctx.Err() != nil:
		return w.ctx.Err()
	case err != nil:
		w.Log.ErrorContext(w.ctx, "a photo that came from another pod cannot be read; that pod is told that it is not held", "photo", kept.GUID, "error", err)
	case kept.State == transfer.Held:
		w.reply[i].State, w.reply[i].Proof = transfer.Held, proof
	default:
		w.reply[i].State = kept.State
	}
	return nil
}

func (w *witness) proof(challenge string, kept Kept) (transfer.Digest, error) {
	if kept.Content == "" {
		return transfer.Proof(challenge, kept.Item, nil)
	}
	bytes, _, err := w.OpenBlob(w.ctx, string(kept.Content))
	if err != nil {
		return "", err
	}
	defer bytes.Close()
	return transfer.Proof(challenge, kept.Item, bytes)
}
