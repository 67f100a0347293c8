package destination

import (
	"context"
	"errors"

	"podmove/transfer"
)

// ErrPaused is Copy's answer when its time is over: everything up to the last
// page is stored, and calling it again goes on there.
var ErrPaused = errors.New("destination: the time for copying is over, call again")

// Copy pulls everything that r gives into w, collection by collection, until
// each has caught up. It keeps no state: progress is what w stored with the
// last page, so that a copy that broke off goes on by being called again.
//
// One page is fetched ahead while another is written. Of r, Page is called by
// one goroutine at a time, and Content by up to b.Parallel beside it. see hears
// of the outcomes of each page once they are stored; it may be nil.
//
// An item that cannot be stored fails alone. Whatever breaks the protocol
// stops the copy before anything of the page is stored.
func Copy(ctx context.Context, w transfer.Writer, r transfer.Reader, b Bounds, see func(transfer.Collection, []transfer.Outcome)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if see == nil {
		see = func(transfer.Collection, []transfer.Outcome) {}
	}
	for _, c := range b.Collections {
		k := copier{w: w, r: r, b: b.filled(), see: see, c: c, sum: b.Taken[c]}
		if err := k.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// A copier copies one collection.
type copier struct {
	w       transfer.Writer
	r       transfer.Reader
	b       Bounds
	see     func(transfer.Collection, []transfer.Outcome)
	c       transfer.Collection
	sum     Taken // with what earlier calls took
	content int64 // bytes of photos in this call
	circle  circle
}

type fetched struct {
	page transfer.Page
	err  error
}

// run reads from where the writer stands until nothing more comes.
func (k *copier) run(ctx context.Context) error {
	cursor, err := k.w.Progress(ctx, k.c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	ahead := k.fetch(ctx, cursor)
	defer func() { // the reader is the caller's again when run returns
		cancel()
		if ahead != nil {
			<-ahead
		}
	}()
	for {
		next := <-ahead
		ahead = nil
		if next.err != nil {
			return next.err
		}
		page := next.page
		if err := k.check(page, cursor); err != nil {
			return err
		}
		cursor = page.Next
		if !page.CaughtUp && !k.over() {
			ahead = k.fetch(ctx, cursor)
		}
		if err := k.store(ctx, page); err != nil {
			return err
		}
		if page.CaughtUp {
			return nil
		}
		if ahead == nil {
			return ErrPaused
		}
	}
}

func (k *copier) over() bool { return !k.b.Until.IsZero() && k.b.Now().After(k.b.Until) }

func (k *copier) fetch(ctx context.Context, after transfer.Cursor) <-chan fetched {
	answer := make(chan fetched, 1)
	go func() {
		page, err := k.r.Page(ctx, k.c, after, k.b.limit(k.c))
		page.After = after
		answer <- fetched{page, err}
	}()
	return answer
}

// store keeps a page's photos, then the page (photos before rows, so that no
// row names bytes that are not there).
func (k *copier) store(ctx context.Context, page transfer.Page) error {
	if k.b.Before != nil {
		if err := k.b.Before(ctx, page); err != nil {
			return err
		}
	}
	if k.c == transfer.Photos {
		if err := k.keepPhotos(ctx, page.Entries); err != nil {
			return err
		}
	}
	outcomes, err := k.w.Write(ctx, page)
	if err != nil {
		return err
	}
	k.see(k.c, outcomes)
	return nil
}

// check holds a page against what was asked for and what came before.
//
// Through must rise (Protocol §4.2), which a pod can do whose cursors run in a
// circle.
func (k *copier) check(page transfer.Page, after transfer.Cursor) error {
	quiet := page.CaughtUp && len(page.Entries) == 0
	switch {
	case page.Collection != k.c:
		return transfer.Errorf(transfer.AnswerInvalid, "the old pod was asked for %s and sent %.20q. Nothing of that page was stored", k.c, page.Collection)
	case quiet:
		return nil
	case page.Next == after || page.Next == "":
		return transfer.Errorf(transfer.CursorStuck, "the old pod's cursor for %s does not advance. What came before is kept", k.c)
	case k.circle.closes(page.Next):
		return transfer.Errorf(transfer.CursorStuck, "the old pod's cursor for %s goes round in a circle. What came before is kept", k.c)
	case page.Through <= k.sum.Through:
		return transfer.Errorf(transfer.CursorStuck, "the old pod sends the same %s over again. What came before is kept", k.c)
	}
	return k.count(page)
}

// A circle finds cursors that come again, however many lie between: each is
// compared with one before it, which is taken anew after ever more of them
// (Brent's algorithm).
type circle struct {
	mark        transfer.Cursor
	steps, most int
}

func (c *circle) closes(next transfer.Cursor) bool {
	if next == c.mark {
		return true
	}
	if c.steps++; c.steps > c.most {
		c.mark, c.steps, c.most = next, 0, 2*c.most+1
	}
	return false
}

// count adds the page to what was taken, within bounds. An empty page counts
// as an entry: pages are bounded too.
func (k *copier) count(page transfer.Page) error {
	k.sum.Through = page.Through
	k.sum.Entries += int64(max(len(page.Entries), 1))
	for _, e := range page.Entries {
		k.sum.Bytes += int64(len(e.Item))
	}
	return k.b.beyond(k.c, k.sum, k.content)
}
