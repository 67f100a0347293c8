package provider

import (
	"sync"
	"time"
)

// maxKeys bounds how many budgets a limiter keeps apart.
const maxKeys = 10_000

// A limiter gives each key a budget: so many at once, and one more each while.
// For a key it keeps one moment, that at which the budget will be whole again;
// a whole budget needs no keeping. Keys beyond its bound share one budget, so
// that whoever invents keys runs out of that and not of this pod's memory.
type limiter struct {
	burst int           // at once
	every time.Duration // one more
	now   func() time.Time

	mu    sync.Mutex
	whole map[string]time.Time
	swept time.Time // a budget is a while away from being whole, so once a while is enough
}

func newLimiter(burst int, every time.Duration, now func() time.Time) *limiter {
	return &limiter{burst: burst, every: every, now: now, whole: map[string]time.Time{}}
}

// take takes one from the key's budget. If there is none it takes nothing and
// says how long it is until there is.
func (l *limiter) take(key string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key, left := l.left(key)
	if short := l.every - left; short > 0 {
		return short
	}
	l.set(key, left-l.every)
	return 0
}

// fine takes n more, whether they are there or not. Nobody owes more than a whole
// budget.
func (l *limiter) fine(key string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key, left := l.left(key)
	l.set(key, max(left-time.Duration(n)*l.every, -l.full()))
}

// left is what is there of a key's budget, as the time it took to fill, and the
// key that it is kept under.
func (l *limiter) left(key string) (string, time.Duration) {
	if _, known := l.whole[key]; !known && len(l.whole) >= maxKeys {
		if now := l.now(); now.Sub(l.swept) >= l.every {
			l.swept = now
			l.sweep()
		}
		if len(l.whole) >= maxKeys {
			key = ""
		}
	}
	return key, l.full() - max(0, l.whole[key].Sub(l.now()))
}

func (l *limiter) set(key string, left time.Duration) { l.whole[key] = l.now().Add(l.full() - left) }

func (l *limiter) full() time.Duration { return time.Duration(l.burst) * l.every }

// sweep forgets the budgets that are whole.
func (l *limiter) sweep() {
	for key, at := range l.whole {
		if !at.After(l.now()) {
			delete(l.whole, key)
		}
	}
}
