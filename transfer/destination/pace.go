package destination

import "time"

// A Pace is how fast a copy goes, on the whole, since the person agreed.
type Pace struct {
	Bytes   int64         // here so far, photos' contents included
	Planned int64         // in all, as announced
	Rate    int64         // bytes a second; zero while it cannot be told
	Left    time.Duration // zero while it cannot be told
}

// settling is for how long a rate means nothing yet.
const settling = 2 * time.Second

// pace adds up how far the collections are. What a move waited is not counted
// against it.
func (v *Mover) pace(m Move, list []Progress) Pace {
	var p Pace
	for _, c := range list {
		p.Bytes += c.Came()
		p.Planned += c.PlannedBytes
	}
	took := v.Now().Sub(m.Agreed) - m.Waited
	if m.Agreed.IsZero() || took < settling || m.State != Copying {
		return p
	}
	p.Rate = int64(float64(p.Bytes) / took.Seconds())
	if p.Rate > 0 {
		p.Left = time.Duration(float64(p.Planned-p.Bytes) / float64(p.Rate) * float64(time.Second))
	}
	return p
}
