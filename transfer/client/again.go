package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"podmove/transfer"
)

// tries is how often one call asks before its caller hears of the trouble.
const tries = 4

// again makes a request until it succeeds, or fails in a way that asking again
// at once does not better. Every call of the API bears being repeated.
func (c *Client) again(ctx context.Context, request func() error) error {
	for try := 1; ; try++ {
		err := request()
		wait, worth := c.pause(err, try)
		if !worth || try == tries {
			return err
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// pause says whether to ask again, and after what time.
func (c *Client) pause(err error, try int) (time.Duration, bool) {
	e, ok := errors.AsType[*transfer.Error](err)
	if !ok {
		return 0, false
	}
	backoff := jitter(100 * time.Millisecond << try)
	switch e.Code {
	case transfer.NonceReplayed: // Protocol §4.3: a library's own resend; ask with a fresh one
		return 0, true
	case transfer.PodUnreachable:
		return backoff, true
	case transfer.RateLimited, transfer.Unavailable:
		if e.RetryAfter == 0 {
			return backoff, true
		}
		return e.RetryAfter, e.RetryAfter <= c.patience
	}
	return 0, false
}

// jitter is between half of d and d, so that many clients do not come at once.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
