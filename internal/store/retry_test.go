package store_test

import (
	"fmt"
	"testing"

	"podmove/internal/store/storetest"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

// TestLiveAfterCancelling: a transfer that was cancelled before it had a receipt
// names as live what it may have given, to who knows the digest; and never what
// another has given away since, whose only copy may be at the new pod.
func TestLiveAfterCancelling(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			p := newPod(t, dialect)
			account := p.account(t, "aurora")
			add := func(n int, s transfer.State, collections ...transfer.Collection) redirects.Departure {
				id := fmt.Sprintf("%032d", n)
				must(t, p.s.AddTransfer(t.Context(), source.Transfer{
					ID: id, Account: account, Grant: id, Nonce: id, Client: "https://new.example/oauth/client.json", Purpose: transfer.Move,
					Collections: collections, State: s,
				}))
				d, err := p.s.Departure(t.Context(), id)
				must(t, err)
				return d
			}
			write := func(text string, public bool) (item transfer.LiveItem) {
				guid, err := p.s.CreatePost(t.Context(), account, transfer.Post{CreatedAt: transfer.TimeOf(day(1)), Text: text, Public: public})
				must(t, err)
				scope := source.Scope{Account: account, Collections: transfer.Collections(), Limited: true}
				must(t, p.s.Digests(t.Context(), scope, transfer.Posts, func(g string, d transfer.Digest) {
					if g == guid {
						item = transfer.LiveItem{Collection: transfer.Posts, GUID: g, Digest: d}
					}
				}))
				return item
			}
			live := func(what string, d redirects.Departure, item transfer.LiveItem, want int) {
				t.Helper()
				list, err := p.s.Live(t.Context(), d, []transfer.LiveItem{item})
				must(t, err)
				if len(list) != want {
					t.Errorf("%s: %v", what, list)
				}
			}
			public, limited := write("for all", true), write("for some", false)
			cancelled := add(1, transfer.Cancelled, transfer.Posts)
			live("what is as it came", cancelled, public, 1)
			edited := public
			edited.Digest = transfer.Sum([]byte("other"))
			live("what came otherwise", cancelled, edited, 0)
			live("what was never let out", cancelled, limited, 0)
			live("of a collection that was not", add(2, transfer.Cancelled, transfer.Photos), public, 0)
			live("of a move that goes on", add(3, transfer.Copying, transfer.Posts), public, 0)

			stands := add(4, transfer.Redirecting, transfer.Posts)
			must(t, p.s.SaveReceipts(t.Context(), stands.ID, []transfer.Outcome{{Collection: transfer.Posts, GUID: public.GUID, Digest: public.Digest, Result: transfer.Imported}}))
			live("what another move has given away", cancelled, public, 0)
		})
	}
}

// TestItemsToRetry: a transfer that completes another carries what that one left
// as failed, or what of it is named, and nothing that has arrived since.
func TestItemsToRetry(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			p := newPod(t, dialect)
			account, n := p.account(t, "aurora"), 0
			add := func(retries string, s transfer.State) source.Transfer {
				n++
				id := fmt.Sprintf("%032d", n)
				one := source.Transfer{
					ID: id, Account: account, Grant: id, Nonce: id, Purpose: transfer.Move, Retries: retries, State: s,
					Collections: []transfer.Collection{transfer.Posts, transfer.Photos},
				}
				must(t, p.s.AddTransfer(t.Context(), one))
				return one
			}
			receipt := func(of source.Transfer, c transfer.Collection, guid string, r transfer.Result) {
				must(t, p.s.SaveReceipts(t.Context(), of.ID, []transfer.Outcome{{Collection: c, GUID: guid, Digest: transfer.Sum([]byte(guid)), Result: r}}))
			}
			carries := func(what string, want int64, items ...transfer.ItemName) {
				t.Helper()
				got, err := p.s.AddItems(t.Context(), add("00000000000000000000000000000001", transfer.Open), items)
				if must(t, err); got != want {
					t.Errorf("%s: %d items", what, got)
				}
			}
			move := add("", transfer.Redirecting)
			receipt(move, transfer.Posts, "arrived", transfer.Imported)
			receipt(move, transfer.Posts, "left-out", transfer.Skipped)
			receipt(move, transfer.Posts, "failed-1", transfer.Failed)
			receipt(move, transfer.Photos, "failed-2", transfer.Failed)
			receipt(move, transfer.Photos, "failed-3", transfer.Failed)
			carries("all that failed", 3)
			carries("one photo, and all posts", 2, transfer.ItemName{Collection: transfer.Photos, GUID: "failed-2"})
			carries("what had arrived, and all photos", 2, transfer.ItemName{Collection: transfer.Posts, GUID: "arrived"})
			later := add(move.ID, transfer.Redirecting)
			receipt(later, transfer.Photos, "failed-2", transfer.Imported)
			receipt(later, transfer.Photos, "failed-3", transfer.Failed)
			carries("but what has arrived since", 2)
			left, err := p.s.Leftovers(t.Context(), move.ID, transfer.Outcome{}, 10)
			if must(t, err); len(left) != 3 { // left out, and what failed twice or was not tried again
				t.Errorf("left are %v", left)
			}
			receipt(add(move.ID, transfer.Undone), transfer.Photos, "failed-3", transfer.Imported)
			carries("and what was undone again", 2)
		})
	}
}
