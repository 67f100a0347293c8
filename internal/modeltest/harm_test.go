package modeltest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"podmove/redirects"
	"podmove/transfer"
)

// A harm is what happens to one of the calls between the pods that one piece of
// work makes, and how slow those are. It travels in the work's context.
type harm struct {
	kind string
	at   atomic.Int64 // counts down; the call at which it is zero meets it
	slow time.Duration
}

// The kinds of harm: to no call, an answer that never comes, before or after the
// other pod did what it was asked, and the end of the asking process.
var kinds = []string{"", "", "", "cut before", "answer lost", "killed before", "killed after"}

// A harmed is one piece of work that a harm may meet.
type harmed struct {
	*harm
	stop context.CancelFunc // ends the work as the end of its process does
}

type harmKey struct{}

func (h *harm) in(ctx context.Context) context.Context {
	ctx, stop := context.WithCancel(ctx)
	return context.WithValue(ctx, harmKey{}, harmed{h, stop})
}

// A book erases few items at a time, and may meet the end of its process before or
// after each few.
type book struct{ redirects.Book }

func (b book) Erase(ctx context.Context, d redirects.Departure, bound redirects.Bound, limit int) (int, error) {
	h, meant := ctx.Value(harmKey{}).(harmed)
	meets := meant && h.meets()
	if meets && h.kind == "killed before" {
		h.stop()
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.Book.Erase(ctx, d, bound, min(limit, 2))
	if meets && h.kind == "killed after" { // in the transaction, which is lost
		h.stop()
		err = errors.Join(err, ctx.Err())
	}
	return n, err
}

// meets counts a call, and says whether this is the one.
func (h *harm) meets() bool { return h.kind != "" && h.at.Add(-1) == 0 }

var errCut = transfer.Errorf(transfer.PodUnreachable, "nobody answers")

// over makes a call over the wire.
func over[T any](ctx context.Context, p *pods, call func(ctx context.Context) (T, error)) (answer T, err error) {
	h, meant := ctx.Value(harmKey{}).(harmed)
	if !meant {
		return call(context.WithoutCancel(ctx))
	}
	p.pass(h.slow)
	meets := h.meets()
	if meets && h.kind == "cut before" {
		return answer, errCut
	}
	if meets && h.kind == "killed before" {
		h.stop()
	}
	if err := ctx.Err(); err != nil {
		return answer, err
	}
	answer, err = call(context.WithoutCancel(ctx)) // the other pod's work is its own
	if meets && h.kind == "answer lost" {
		return answer, errCut
	}
	if meets && h.kind == "killed after" {
		h.stop()
	}
	return answer, errors.Join(err, ctx.Err())
}
