package main

import (
	"net/http"
	"testing"
)

// TestCancelledUnopened: the old pod has opened a transfer, and the new one never
// heard of it when the person cancels. The old account is free again as soon as the
// new pod gives the permission back.
func TestCancelledUnopened(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect), newQuickPod(t, dialect)
		from.household(t, "ada", 4, 1)
		old := onWire(t, from)
		start(t, from, to)
		opened := fault{"answer lost", func(w *wire, to http.ResponseWriter, r *http.Request, body []byte) {
			if a, ok := w.carry(r, body); ok && a.status >= http.StatusBadRequest { // else it is a nonce for its proof
				a.give(to)
				return
			}
			hangUp(to)
		}}
		old.fail(func(call string) fault {
			if call == "POST transfers" {
				return opened
			}
			return fault{}
		})
		r := begun(t, from, to, "ada")
		r.who.until(t, r.now.address, "Waiting: the old pod does not answer.")
		if there, _ := r.states(t); there != "open" {
			t.Fatalf("the move is %q at the old pod", there)
		}
		r.now.press(t, "/cancel")()
		r.until(t, func() {}, "cancelled")
		r.written()
		r.seen.Check(t)
	})
}
