package destination

import (
	"context"
	"time"

	"podmove/transfer"
)

// What the plan of a stranger may be off by: 10 % (Protocol §4.5), and what a
// person writes while the copy runs.
const (
	slackItems   = 2_000
	slackBytes   = 64 << 20
	slackContent = 1 << 30
)

// Bounds are what one call of Copy asks for and takes at most.
type Bounds struct {
	Collections []transfer.Collection // in the order in which they travel
	PageItems   int                   // asked for at once
	PhotoItems  int                   // asked for at once of photos, whose bytes come before their page is stored
	Parallel    int                   // photos fetched at the same time
	PhotoBytes  int64                 // of one photo's content
	Plan        map[transfer.Collection]transfer.CollectionPlan
	Taken       map[transfer.Collection]Taken // by earlier calls
	Until       time.Time                     // no page is begun after it: ErrPaused; zero is no bound
	Now         func() time.Time              // the clock of Until; nil is time.Now
	// Before may mark entries of a page as failed, before anything of them is
	// fetched or stored; nil marks none.
	Before func(ctx context.Context, p transfer.Page) error
}

// BoundsOf are the usual bounds for what a source announces: its collections
// in the order of this version, unknown ones left out.
func BoundsOf(p transfer.Plan) Bounds {
	b := Bounds{Plan: make(map[transfer.Collection]transfer.CollectionPlan, len(p.Collections))}
	for _, c := range p.Collections {
		b.Plan[c.Collection] = c
	}
	for _, c := range transfer.Collections() {
		if _, planned := b.Plan[c]; planned {
			b.Collections = append(b.Collections, c)
		}
	}
	return b.filled()
}

// filled puts the defaults where nothing is said.
func (b Bounds) filled() Bounds {
	b.PageItems = or(b.PageItems, 500)
	b.PhotoItems = or(b.PhotoItems, 100)
	b.Parallel = or(b.Parallel, 4)
	b.PhotoBytes = or(b.PhotoBytes, 50<<20)
	if b.Now == nil {
		b.Now = time.Now
	}
	return b
}

// with lets what is set in o win.
func (b Bounds) with(o Bounds) Bounds {
	b.PageItems = or(o.PageItems, b.PageItems)
	b.PhotoItems = or(o.PhotoItems, b.PhotoItems)
	b.Parallel = or(o.Parallel, b.Parallel)
	b.PhotoBytes = or(o.PhotoBytes, b.PhotoBytes)
	return b
}

func or[N int | int64](n, otherwise N) N {
	if n != 0 {
		return n
	}
	return otherwise
}

func (b Bounds) limit(c transfer.Collection) int {
	if c == transfer.Photos {
		return b.PhotoItems
	}
	return b.PageItems
}

// beyond refuses more than the plan announced (Protocol §4.5). A plan that
// says nothing of a collection announces nothing.
func (b Bounds) beyond(c transfer.Collection, sum Taken, content int64) error {
	p := b.Plan[c]
	switch {
	case sum.Entries > tenth(p.Count)+slackItems:
		return transfer.Errorf(transfer.BeyondPlan, "the old pod announced %d %s and sends more and more: stopped after %d. Nothing there was changed", p.Count, c, sum.Entries)
	case sum.Bytes > tenth(p.Bytes)+slackBytes, content > tenth(p.ContentBytes)+slackContent:
		return transfer.Errorf(transfer.BeyondPlan, "the old pod sends far more data for %s than it announced: stopped. Nothing there was changed", c)
	}
	return nil
}

// claimed is a number of a plan, which is a stranger's: sums of it may not
// overflow.
func claimed(n int64) int64 { return min(max(n, 0), 1<<50) }

// tenth is n and a tenth more.
func tenth(n int64) int64 {
	n = claimed(n)
	return n + n/10
}
