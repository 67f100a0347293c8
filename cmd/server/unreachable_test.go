package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// vanish takes a pod off the network: nobody listens at its address, and what was
// connected is cut. Its process goes on and knows nothing of it.
func (w *wire) vanish(t *testing.T) (comeBack func()) {
	t.Helper()
	at := w.server.Listener.Addr().String()
	if err := w.server.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	w.server.CloseClientConnections()
	return func() {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		again := &http.Server{Handler: w, ReadHeaderTimeout: time.Minute}
		go func() { _ = again.Serve(listener) }()
		t.Cleanup(func() { _ = again.Close() })
	}
}

// TestUnreachable takes the old pod off the network in the middle of a copy, and
// the new one when the old is to erase. Each waits and says so, and goes on by
// itself when the other is back.
func TestUnreachable(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		settings := []string{"PODMOVE_PAGE_ITEMS=4", "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s"}
		from, to := newQuickPod(t, dialect, settings...), newQuickPod(t, dialect, settings...)
		from.household(t, "ada", 20, 3)
		old, now := onWire(t, from), onWire(t, to)
		start(t, from, to)
		v := vanishing{from: from, to: to, old: old, now: now}
		v.try(t, func() func() { return old.vanish(t) }, func() func() { return now.vanish(t) })
	})
}

// A vanishing is two pods that cannot reach each other for a while.
type vanishing struct {
	from, to *testPod
	old, now *wire // before them
}

// try moves an account. In the middle the new pod cannot reach the old one, and in
// the end the old one not the new one; what each function returns ends that.
func (v vanishing) try(t *testing.T, oldGone, newGone func() (comeBack func())) {
	t.Helper()
	reached, letGo := v.old.hold(t, "GET posts", 3)
	r := begun(t, v.from, v.to, "ada")
	<-reached
	comeBack := oldGone()
	letGo()
	r.who.until(t, r.now.address, "Waiting: the old pod does not answer.")
	comeBack()
	r.who.follow(t, r.now.address, "done")
	r.written()

	person := v.from.signIn(t, "ada")
	departure := person.departure(t, v.from)
	comeBack = newGone()
	time.Sleep(time.Second) // the notice
	person.fill(t, person.open(t, departure), "/erase")
	person.until(t, departure, "does not answer. Nothing is erased before it proves what it holds; this pod asks again.")
	comeBack()
	r.until(t, func() {}, "erased")
	r.seen.Check(t)
}

// hold keeps the nth call of a kind waiting, and tells of it, until it is let go:
// without an answer.
func (w *wire) hold(t *testing.T, kind string, nth int) (reached <-chan struct{}, letGo func()) {
	t.Helper()
	here, calls := make(chan struct{}), 0
	arrived := sync.OnceFunc(func() { close(here) })
	ctx, cancel := context.WithCancel(t.Context())
	held := fault{"held", func(_ *wire, to http.ResponseWriter, _ *http.Request, _ []byte) {
		arrived()
		<-ctx.Done()
		hangUp(to)
	}}
	w.fail(func(call string) fault {
		if call == kind {
			calls++
		}
		if calls != nth {
			return fault{}
		}
		return held
	})
	return here, func() {
		w.fail(nil)
		cancel()
	}
}
