package source_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/oauth"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

func TestOpen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		g := w.grant()
		o := opening(transfer.Move)
		first := must(w.Open(ctx, g, o))(t)
		t.Run("announces every collection in order", func(t *testing.T) {
			var got []transfer.Collection
			for _, c := range first.Collections {
				got = append(got, c.Collection)
				if f := w.fixture.Plan(c.Collection); c != f {
					t.Errorf("got %+v, want %+v", c, f)
				}
			}
			if !first.New || !slices.Equal(got, transfer.Collections()) {
				t.Errorf("new %t, %v", first.New, got)
			}
		})
		t.Run("answers the same transfer for the same grant and nonce", func(t *testing.T) {
			again := must(w.Open(ctx, g, o))(t)
			if again.New || again.Transfer != first.Transfer || again.State != transfer.Open {
				t.Errorf("%+v", again)
			}
		})
		t.Run("refuses a second move", func(t *testing.T) {
			_, err := w.Open(ctx, g, opening(transfer.Move))
			want(t, err, transfer.TransferActive)
			_, err = w.Open(ctx, w.grant(func(g *oauth.Grant) {
				g.Client, g.Details.Destination = "https://third.example/oauth/client.json", "aurora@third.example"
			}), opening(transfer.Move))
			want(t, err, transfer.TransferActive)
		})
		t.Run("tells the person of the first, and not of one that takes its place", func(t *testing.T) { // Protocol §2.8
			for client, want := range map[string]string{"https://third.example/oauth/client.json": destination, g.Client: ""} {
				if got := must(w.Moving(ctx, w.account.ID, client, destination))(t); got != want {
					t.Errorf("to %s: got %q, want %q", client, got, want)
				}
			}
		})
		t.Run("refuses a permission that was given back after it was shown", func(t *testing.T) {
			late := w.grant(copying)
			check(t, w.store.AddGrant(ctx, late, w.now))
			check(t, w.Returned(ctx, late))
			_, err := w.Open(ctx, late, opening(transfer.Copy))
			want(t, err, transfer.NotGranted)
		})
		t.Run("ends with the permission that is given back", func(t *testing.T) {
			g := w.grant(copying)
			opened := w.open(t, g)
			check(t, w.Returned(ctx, g))
			if got := must(w.State(ctx, g, opened.Transfer))(t); got.State != transfer.Cancelled {
				t.Errorf("it is %s", got.State)
			}
		})
		t.Run("ends with the next permission for the same destination, if its own has ended", func(t *testing.T) {
			gone, next := w.grant(copying), w.grant(copying)
			elsewhere := w.grant(copying, func(g *oauth.Grant) { g.Details.Destination = "aurora@third.example" })
			for _, g := range []oauth.Grant{gone, next, elsewhere} {
				check(t, w.store.AddGrant(ctx, g, w.now))
			}
			over, stays := w.open(t, gone), w.open(t, elsewhere)
			check(t, w.store.RevokeGrant(ctx, gone.ID, w.now))
			check(t, w.store.RevokeGrant(ctx, elsewhere.ID, w.now))
			check(t, w.Returned(ctx, next))
			if got := must(w.State(ctx, gone, over.Transfer))(t); got.State != transfer.Cancelled {
				t.Errorf("it is %s", got.State)
			}
			if got := must(w.State(ctx, elsewhere, stays.Transfer))(t); got.State != transfer.Open {
				t.Errorf("what was opened for another destination is %s", got.State)
			}
		})
		t.Run("takes a copy beside a move", func(t *testing.T) {
			w.open(t, w.grant(copying))
		})
		t.Run("lets a new agreement with the same pod take the place of the earlier", func(t *testing.T) {
			w.open(t, w.grant())
			if got := must(w.State(ctx, g, first.Transfer))(t).State; got != transfer.Cancelled || !slices.Contains(w.revoked, g.ID) {
				t.Errorf("the earlier is %s, revoked %v", got, w.revoked)
			}
		})
		t.Run("lets a move begin when an idle one has expired", func(t *testing.T) {
			w.now = w.now.Add(8 * 24 * time.Hour)
			w.open(t, w.grant(func(g *oauth.Grant) {
				g.Client, g.Details.Destination = "https://third.example/oauth/client.json", "aurora@third.example"
			}))
		})
	})
}

// waitedFor are transfers whose account's lock is held by somebody else for a while.
type waitedFor struct {
	source.Transfers
	meanwhile func(ctx context.Context) error
}

func (f waitedFor) LockAccount(ctx context.Context, account int64) error {
	if err := f.meanwhile(ctx); err != nil {
		return err
	}
	return f.Transfers.LockAccount(ctx, account)
}

// TestOpenWaits: what an account was before its lock was held is over.
func TestOpenWaits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.options
		o.Transfers = waitedFor{w.store, func(ctx context.Context) error {
			return w.store.SetMoved(ctx, redirects.Departure{Account: w.account.ID, Destination: "aurora@third.example"})
		}}
		_, err := source.New(o).Open(t.Context(), w.grant(), opening(transfer.Move))
		want(t, err, transfer.AccountMoved)
	})
}

// TestOpenAtOnce: of moves to eight pods that are opened at once, one begins.
func TestOpenAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 10 {
			var opened, refused atomic.Int64
			var all sync.WaitGroup
			for i := range 8 {
				g := w.grant(func(g *oauth.Grant) {
					host := fmt.Sprintf("pod%d.example", i)
					g.Client, g.Details.Destination = "https://"+host+"/oauth/client.json", "aurora@"+host
				})
				all.Go(func() {
					switch _, err := w.Open(t.Context(), g, opening(transfer.Move)); transfer.CodeOf(err) {
					case "":
						opened.Add(1)
					case transfer.TransferActive:
						refused.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			all.Wait()
			if opened.Load() != 1 || refused.Load() != 7 {
				t.Fatalf("%d were opened, %d refused", opened.Load(), refused.Load())
			}
			w.now = w.now.Add(8 * 24 * time.Hour) // the one is idle by then
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, tt := range []struct {
			name  string
			grant func(*oauth.Grant)
			ask   func(*transfer.Opening)
			code  transfer.Code
		}{
			{"a move under a copy's agreement", copying, nil, transfer.NotGranted},
			{"a move without its scope", func(g *oauth.Grant) { g.Scopes = []string{oauth.ScopeRead} }, nil, transfer.NotGranted},
			{"a collection beyond the agreement", func(g *oauth.Grant) { g.Details.Collections = []string{"posts"} },
				func(o *transfer.Opening) { o.Collections = []transfer.Collection{transfer.Contacts} }, transfer.NotGranted},
			{"an unknown collection", nil, func(o *transfer.Opening) { o.Collections = []transfer.Collection{"likes"} }, transfer.RequestInvalid},
			{"a weak nonce", nil, func(o *transfer.Opening) { o.Nonce = "123456789012345678901" }, transfer.RequestInvalid},
			{"a nonce with odd characters", nil, func(o *transfer.Opening) { o.Nonce = strings.Repeat("ä", 30) }, transfer.RequestInvalid},
			{"another format", nil, func(o *transfer.Opening) { o.Format = 2 }, transfer.RequestInvalid},
			{"another purpose", nil, func(o *transfer.Opening) { o.Purpose = "steal" }, transfer.RequestInvalid},
			{"a move of some posts", func(g *oauth.Grant) { g.Details.Since = "2015-01-01T00:00:00Z" }, nil, transfer.NotGranted},
			{"an account that is not there", func(g *oauth.Grant) { g.Account = "nobody" }, nil, transfer.NotFound},
		} {
			t.Run(tt.name, func(t *testing.T) {
				g, o := w.grant(), opening(transfer.Move)
				if tt.grant != nil {
					tt.grant(&g)
				}
				if tt.ask != nil {
					tt.ask(&o)
				}
				_, err := w.Open(t.Context(), g, o)
				want(t, err, tt.code)
			})
		}
		for name, a := range map[string]pod.Account{
			"an account that looks after the pod": {Admin: true, State: pod.Active},
			"an account that has moved":           {State: pod.Moved},
		} {
			t.Run(name, func(t *testing.T) {
				a.GUID, a.Username = strings.Repeat("e", 20)+string(a.State), string(a.State)
				must(w.store.AddAccount(t.Context(), a, "", "profile-of-"+a.Username+"-01"))(t)
				code := transfer.AccountMoved
				if a.Admin {
					code = transfer.AccountAdmin
				}
				_, err := w.Open(t.Context(), w.grant(func(g *oauth.Grant) { g.Account = a.GUID }), opening(transfer.Move))
				want(t, err, code)
			})
		}
	})
}
