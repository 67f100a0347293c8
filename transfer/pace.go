package transfer

import "time"

// A Pace is how fast a copy goes, on the whole, for a person to read.
type Pace struct {
	Bytes   int64         // so far, photos' contents included
	Planned int64         // in all, as announced
	Rate    int64         // bytes a second; zero while it cannot be told
	Left    time.Duration // zero while it cannot be told
}

// settling is for how long a rate means nothing yet.
const settling = 2 * time.Second

// PaceOf is the pace of a copy that took so long for so many bytes.
func PaceOf(bytes, planned int64, took time.Duration) Pace {
	p := Pace{Bytes: bytes, Planned: planned}
	if took < settling {
		return p
	}
	p.Rate = int64(float64(bytes) / took.Seconds())
	if p.Rate > 0 {
		p.Left = time.Duration(float64(planned-bytes) / float64(p.Rate) * float64(time.Second))
	}
	return p
}
