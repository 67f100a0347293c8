package outbound

import (
	"context"
	"sync"
)

// turns bound how many exchanges with one host run at once, from the request to
// the end of the answer's body. A host is known only while something runs or
// waits, so that the table is no longer than that.
type turns struct {
	most  int
	mu    sync.Mutex
	hosts map[string]*queue
}

// A queue is one host's.
type queue struct {
	slots chan struct{}
	users int // running and waiting
}

func newTurns(most int) *turns { return &turns{most: most, hosts: map[string]*queue{}} }

// take waits for the host's turn, no longer than the context lasts. The function
// gives it back, and may be called again.
func (t *turns) take(ctx context.Context, host string) (func(), error) {
	q := t.enter(host)
	select {
	case q.slots <- struct{}{}:
		return sync.OnceFunc(func() {
			<-q.slots
			t.leave(host, q)
		}), nil
	case <-ctx.Done():
		t.leave(host, q)
		return nil, context.Cause(ctx)
	}
}

func (t *turns) enter(host string) *queue {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.hosts[host]
	if q == nil {
		q = &queue{slots: make(chan struct{}, t.most)}
		t.hosts[host] = q
	}
	q.users++
	return q
}

func (t *turns) leave(host string, q *queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.users--; q.users == 0 {
		delete(t.hosts, host)
	}
}
