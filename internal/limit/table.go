package limit

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds a table: about 10 MB.
const maxKeys = 50_000

// A Table keeps one budget for each key: so many requests a minute, which may
// come at once after a rest. It is safe for concurrent use.
type Table struct {
	perMinute int
	now       func() time.Time

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	spare   *rate.Limiter // shared by all whom the table has no room for
	swept   time.Time
}

// New makes a table. Zero requests a minute are no limit.
func New(perMinute int, now func() time.Time) *Table {
	t := &Table{perMinute: perMinute, now: now, buckets: map[string]*rate.Limiter{}}
	t.spare = t.bucket()
	return t
}

func (t *Table) bucket() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(float64(t.perMinute)/60), t.perMinute)
}

// Take takes one request from the key's budget. If nothing is left it takes
// nothing, and answers how long it is until there is.
func (t *Table) Take(key string) time.Duration {
	if t == nil || t.perMinute == 0 {
		return 0
	}
	now := t.now()
	r := t.of(key, now).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// of finds the key's bucket. A table that is full has no room for who is new:
// forgetting others would give them their budgets back.
func (t *Table) of(key string, now time.Time) *rate.Limiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b, ok := t.buckets[key]; ok {
		return b
	}
	t.sweep(now)
	if len(t.buckets) >= maxKeys {
		return t.spare
	}
	b := t.bucket()
	t.buckets[key] = b
	return b
}

// sweep forgets budgets that nothing is taken from: a new one is the same.
func (t *Table) sweep(now time.Time) {
	since := now.Sub(t.swept)
	if since < time.Minute && (len(t.buckets) < maxKeys || since < time.Second) {
		return
	}
	t.swept = now
	for key, b := range t.buckets {
		if b.TokensAt(now) >= float64(t.perMinute) {
			delete(t.buckets, key)
		}
	}
}
