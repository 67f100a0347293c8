package source_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// TestFilter: since ≤ created_at < until (Protocol §4.4).
func TestFilter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		epoch := time.UnixMilli(0).UTC()
		a := must(w.store.AddAccount(t.Context(), account("epoch", w.now), "", "profile-of-epoch-01"))(t)
		for ms := range int64(4) {
			must(w.store.CreatePost(t.Context(), a.ID, transfer.Post{
				Public: true, Text: fmt.Sprint(ms - 1), CreatedAt: transfer.TimeOf(epoch.Add(time.Duration(ms-1) * time.Millisecond)),
			}))(t)
		}
		for _, tt := range []struct{ what, since, until, want string }{
			{"takes all without bounds", "", "", "-1 0 1 2"},
			{"takes what was made at since, and not what was made at until", "1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.002Z", "1"},
			{"takes the first moment of 1970 for since", "1970-01-01T00:00:00Z", "", "0 1 2"},
			{"takes the first moment of 1970 for until", "", "1970-01-01T00:00:00Z", "-1"},
			{"reads a bound in another time zone", "1970-01-01T02:00:00.001+02:00", "", "1 2"},
			{"leaves out what was made a part of a millisecond before since", "1970-01-01T00:00:00.0005Z", "", "1 2"},
			{"takes what was made a part of a millisecond before until", "", "1970-01-01T00:00:00.0005Z", "-1 0"},
			{"takes nothing where until is before since", "1970-01-01T00:00:00.002Z", "1970-01-01T00:00:00.001Z", ""},
		} {
			t.Run(tt.what, func(t *testing.T) {
				g := w.grant(copying, func(g *oauth.Grant) {
					g.Account, g.Details.Since, g.Details.Until = a.GUID, tt.since, tt.until
				})
				list, _ := w.pull(t, g, w.open(t, g).Transfer, transfer.Posts, "")
				var texts []string
				for _, e := range list {
					texts = append(texts, must(transfer.Decode[transfer.Post](e))(t).Text)
				}
				if got := strings.Join(texts, " "); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			})
		}
	})
}
