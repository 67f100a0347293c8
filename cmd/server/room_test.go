package main

import (
	"testing"

	"podmove/transfer"
)

// TestRoom: a move for which there is no room stops after the transfer was
// opened and before the first page, and says with numbers why.
func TestRoom(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from := newQuickPod(t, dialect)
		from.album(t, "quota", 3, 2)
		from.album(t, "disk", 3, 2) // of a database elsewhere only the photos are on the disk
		start(t, from)
		for what, c := range map[string]struct {
			name    string
			setting string
			code    transfer.Code
			says    []string
		}{
			"beyond what an account may have": {"quota", "PODMOVE_ACCOUNT_BYTES=1KiB", transfer.QuotaExceeded, []string{"an account here may have 1 kB. Ask the people who run this pod for more"}},
			"beyond what the disk has":        {"disk", "PODMOVE_DISK_RESERVE=1048576GiB", transfer.StorageFull, []string{"room for 0 B: the people who run it have to make some"}},
		} {
			t.Run(what, func(t *testing.T) {
				to := newQuickPod(t, dialect, c.setting)
				start(t, to)
				w := to.signUp(t, c.name)
				page := w.decide(t, w.consent(t, c.name+"@"+from.Host(), c.name), "allow")
				unchanged(t, w, from, c.name, func() {
					m := w.follow(t, address(page), "needs-attention", "done")
					if m.Reason != string(c.code) || m.arrived("posts")+m.arrived("photos") > 0 {
						t.Errorf("%+v", m)
					}
					says(t, w.open(t, address(page)), append(c.says, "the old account holds up to", "Nothing was copied, and nothing at the old pod was changed")...)
				})
			})
		}
	})
}
