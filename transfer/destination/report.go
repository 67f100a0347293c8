package destination

import (
	"context"
	"time"

	"podmove/transfer"
)

// A Report is what a person reads about a move.
type Report struct {
	Move        Move
	Collections []Progress
	Pace        transfer.Pace
	Trouble     []Arrival // the first items that did not arrive, at most MaxTrouble
	Later       []Move    // that completed it, or are to, newest first (Protocol §5.5)
}

// MaxTrouble bounds the list of items in a report.
const MaxTrouble = 200

// Progress is how far one collection is. Planned is as announced when the
// transfer was opened; the account may have grown since.
type Progress struct {
	Collection   transfer.Collection
	Planned      int64
	Imported     int64
	Unchanged    int64
	Skipped      int64
	Failed       int64
	Removed      int64
	Bytes        int64 // that came, photos' contents included
	PlannedBytes int64
	Digest       transfer.Digest // of what arrived, once the move is done (Protocol §4.7)
}

// Page is where at the old pod the person sees this move; empty if it does not
// say, or names a place elsewhere.
func (r Report) Page() string {
	if transfer.CheckAddress(r.Move.Plan.Page, r.Move.Issuer) != nil {
		return ""
	}
	return r.Move.Plan.Page
}

// GraceEnds is when the old pod may begin to erase; zero if it does not say.
func (r Report) GraceEnds() time.Time { return r.Move.Plan.GraceEnds.Time() }

// Stood is for how long the old account stood still; zero if it did not, or the
// old pod does not say.
func (r Report) Stood() time.Duration { return stoodFor(r.Move.Plan) }

// Left is how many items did not arrive.
func (r Report) Left() (n int64) {
	for _, p := range r.Collections {
		n += p.Skipped + p.Failed
	}
	return n
}

// Arrived is how many items did.
func (r Report) Arrived() (n int64) {
	for _, p := range r.Collections {
		n += p.Arrived()
	}
	return n
}

// Seen is how many items have an outcome.
func (p Progress) Seen() int64 {
	return p.Imported + p.Unchanged + p.Skipped + p.Failed + p.Removed
}

// Came is how many of the announced bytes are here.
func (p Progress) Came() int64 { return min(p.Bytes, p.PlannedBytes) }

// Arrived is how many items are here.
func (p Progress) Arrived() int64 { return p.Imported + p.Unchanged }

// Report reads how a move stands.
func (v *Mover) Report(ctx context.Context, account int64, move string) (Report, error) {
	m, err := v.Mine(ctx, account, move)
	if err != nil {
		return Report{}, err
	}
	counts, err := v.Arrivals.Counts(ctx, m.ID)
	if err != nil {
		return Report{}, err
	}
	trouble, err := v.Arrivals.Outcomes(ctx, m.ID, transfer.Outcome{}, MaxTrouble, transfer.Failed, transfer.Skipped)
	if err != nil {
		return Report{}, err
	}
	if v.full.Load() && m.State.Working() { // what could not be stored
		m.Reason, m.Message = transfer.StorageFull, "Waiting: "+noRoom+"."
	}
	r := Report{Move: m, Collections: progress(m.Plan, counts), Trouble: trouble}
	if r.Later, err = v.completions(ctx, m); err != nil {
		return r, err
	}
	if err := v.weigh(ctx, &r); err != nil {
		return r, err
	}
	return r, v.seal(ctx, &r)
}

// weigh adds how many bytes came, and how fast.
func (v *Mover) weigh(ctx context.Context, r *Report) error {
	taken, err := v.Arrivals.Taken(ctx, r.Move.ID)
	if err != nil {
		return err
	}
	contents, err := v.Arrivals.Contents(ctx, r.Move.ID)
	for i := range r.Collections {
		p := &r.Collections[i]
		p.Bytes = taken[p.Collection].Bytes
		if p.Collection == transfer.Photos {
			p.Bytes += contents
		}
	}
	r.Pace = v.pace(r.Move, r.Collections)
	return err
}

// seal adds the digests of what arrived, once that is settled.
func (v *Mover) seal(ctx context.Context, r *Report) error {
	if r.Move.State != Done {
		return nil
	}
	_, arrived, err := v.Writer(r.Move).Tally(ctx)
	for i, p := range r.Collections {
		r.Collections[i].Digest = tally(arrived, p.Collection).Digest
	}
	return err
}

func progress(plan transfer.Plan, counts []Count) []Progress {
	var list []Progress
	planned := BoundsOf(plan).Plan
	for _, c := range transfer.Collections() {
		p := Progress{Collection: c, Planned: planned[c].Count, PlannedBytes: claimed(planned[c].Bytes) + claimed(planned[c].ContentBytes)}
		for _, n := range counts {
			if n.Collection == c {
				p.add(n)
			}
		}
		if _, known := planned[c]; known || p.Seen() > 0 {
			list = append(list, p)
		}
	}
	return list
}

func (p *Progress) add(n Count) {
	switch n.Result {
	case transfer.Imported:
		p.Imported += n.Items
	case transfer.Unchanged:
		p.Unchanged += n.Items
	case transfer.Skipped:
		p.Skipped += n.Items
	case transfer.Failed:
		p.Failed += n.Items
	case transfer.Removed:
		p.Removed += n.Items
	}
}

// Items lists what became of a move's items, in the order of collection and
// guid, from after the one given (the zero Outcome is the beginning).
func (v *Mover) Items(ctx context.Context, account int64, move string, after transfer.Outcome, limit int) ([]Arrival, error) {
	m, err := v.Mine(ctx, account, move)
	if err != nil {
		return nil, err
	}
	return v.Arrivals.Outcomes(ctx, m.ID, after, limit)
}

// EachOutcome calls see with all outcomes of a move, in the order of
// collection and guid.
func (v *Mover) EachOutcome(ctx context.Context, account int64, move string, see func(Arrival) error) error {
	m, err := v.Mine(ctx, account, move)
	if err != nil {
		return err
	}
	var after transfer.Outcome
	for {
		list, err := v.Arrivals.Outcomes(ctx, m.ID, after, 500)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, a := range list {
			if err := see(a); err != nil {
				return err
			}
		}
		after = list[len(list)-1].Outcome
	}
}

// List is an account's moves, newest first.
func (v *Mover) List(ctx context.Context, account int64) ([]Move, error) {
	return v.Moves.MovesOf(ctx, account)
}
