package destination

import (
	"context"

	"podmove/transfer"
)

// beyond answers for items that are erased here since the account went on and the
// next pod proved that it holds them: that pod is asked, now, with the source's
// own challenges, so that the source checks the proof against its own bytes
// (Protocol §6.5, §7.3). An item is the same bytes wherever it is (§3.4). What
// the next pod does not answer stays absent.
func (k *Keeper) beyond(ctx context.Context, m Move, c transfer.Collection, places map[string]int, asked, reply []transfer.Holding) error {
	if k.Ask == nil {
		return nil
	}
	var absent []string
	for guid, i := range places {
		// Every account has a profile: where one was erased, an empty one stays.
		empty := c == transfer.Profiles && reply[i].State == transfer.EditedThere
		if reply[i].State == transfer.AbsentThere || empty {
			absent = append(absent, guid)
		}
	}
	if len(absent) == 0 {
		return nil
	}
	list, err := k.Custody.Forwarded(ctx, m, c, absent)
	if err != nil {
		return err
	}
	with := map[string][]Forwarded{}
	for _, f := range list {
		reply[places[f.GUID]].State = transfer.AbsentThere // as long as the next pod says nothing else
		with[f.Leaving] = append(with[f.Leaving], f)
	}
	for leaving, some := range with {
		k.forward(ctx, leaving, c, some, places, asked, reply)
	}
	return ctx.Err()
}

// forward asks the pod that one departure led to.
func (k *Keeper) forward(ctx context.Context, leaving string, c transfer.Collection, list []Forwarded, places map[string]int, asked, reply []transfer.Holding) {
	question := make([]transfer.Holding, len(list))
	for i, f := range list {
		question[i] = transfer.Holding{Collection: c, GUID: f.Local, Challenge: asked[places[f.GUID]].Challenge}
	}
	answers, err := k.Ask(ctx, leaving, question)
	if err != nil {
		k.Log.WarnContext(ctx, "the pod that an account went on to does not prove what it holds", "transfer", leaving, "error", err)
		return
	}
	said := make(map[string]transfer.Holding, len(list))
	for _, a := range answers {
		if len(said) < transfer.MaxHoldings && a.Collection == c {
			said[a.GUID] = a
		}
	}
	for _, f := range list {
		r := &reply[places[f.GUID]]
		switch a := said[f.Local]; {
		case a.State == transfer.RemovedThere:
			r.State = transfer.RemovedThere
		case a.State == transfer.EditedThere, a.State == transfer.Held && f.Edited:
			r.State = transfer.EditedThere
		case a.State == transfer.Held:
			r.State, r.Proof = transfer.Held, a.Proof
		}
	}
}
