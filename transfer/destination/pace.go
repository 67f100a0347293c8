package destination

import (
	"time"

	"podmove/transfer"
)

// pace adds up how far the collections are, since the person agreed. What a
// move waited is not counted against it.
func (v *Mover) pace(m Move, list []Progress) transfer.Pace {
	var bytes, planned int64
	for _, c := range list {
		bytes += c.Came()
		planned += c.PlannedBytes
	}
	took := time.Duration(0)
	if m.State == Copying && !m.Agreed.IsZero() {
		took = v.Now().Sub(m.Agreed) - m.Waited
	}
	return transfer.PaceOf(bytes, planned, took)
}
