package destination

import (
	"context"
)

// A Load is what has yet to come in a move, in bytes, with the tenth that it may
// be more than was announced (Protocol §4.5).
type Load struct {
	Items    int64 // canonical JSON
	Contents int64 // of photos
	Came     int64 // already, of both
}

// Bytes is all that has yet to come.
func (l Load) Bytes() int64 { return l.Items + l.Contents }

// room looks, before the first page and whenever a job goes on, whether there
// is room here for what has yet to come.
func (r *run) room(ctx context.Context) error {
	reading := r.m.working() == Copying || r.m.working() == CatchingUp
	if r.Room == nil || !reading || !r.m.Plan.State.Readable() {
		return nil
	}
	var err error
	if r.load, err = r.measure(ctx); err != nil || r.load.Bytes() == 0 {
		return err
	}
	return r.Room(ctx, r.m.Account, r.load)
}

// measure compares what was announced with what came.
func (r *run) measure(ctx context.Context) (l Load, err error) {
	taken, err := r.Arrivals.Taken(ctx, r.m.ID)
	if err != nil {
		return l, err
	}
	came, err := r.Arrivals.Contents(ctx, r.m.ID)
	if err != nil {
		return l, err
	}
	for c, p := range BoundsOf(r.m.Plan).Plan {
		l.Items += tenth(claimed(p.Bytes) - taken[c].Bytes)
		l.Contents += claimed(p.ContentBytes)
		l.Came += taken[c].Bytes
	}
	l.Contents, l.Came = tenth(l.Contents-came), l.Came+came
	return l, nil
}
