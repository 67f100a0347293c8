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
		reached, pages := make(chan struct{}), 0
		here := sync.OnceFunc(func() { close(reached) })
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		hold := fault{"held", func(_ *wire, to http.ResponseWriter, _ *http.Request, _ []byte) {
			here()
			<-ctx.Done()
			hangUp(to)
		}}
		old.fail(func(call string) fault {
			if call == "GET posts" {
				pages++
			}
			if pages != 3 {
				return fault{}
			}
			return hold
		})
		r := begun(t, from, to, "ada")
		<-reached
		comeBack := old.vanish(t)
		old.fail(nil)
		cancel()
		r.who.until(t, r.now.address, "Waiting: the old pod does not answer.")
		comeBack()
		r.who.follow(t, r.now.address, "done")
		r.written()

		person := from.signIn(t, "ada")
		departure := person.departure(t, from)
		comeBack = now.vanish(t)
		time.Sleep(time.Second) // the notice
		person.fill(t, person.open(t, departure), "/erase")
		person.until(t, departure, "does not answer. Nothing is erased before it proves what it holds; this pod asks again.")
		comeBack()
		r.until(t, func() {}, "erased")
		r.seen.Check(t)
	})
}
