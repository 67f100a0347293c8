package redirects_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/redirects"
	"podmove/transfer"
)

const thirdPod = "https://third.example"

// An internet is what the old pod finds when it asks for the newest one.
type internet struct {
	issuer  string
	profile redirects.Profile
	fetched int
}

// onward has the old pod look into an internet in which all is as it should be.
func (w *world) onward() *internet {
	net := &internet{issuer: thirdPod, profile: redirects.Profile{
		Account: "newest@third.example", Before: []string{"newcomer@new.example", "aurora@old.example"},
	}}
	w.redirects.ID = func(context.Context, int64) (string, error) { return "aurora@old.example", nil }
	w.redirects.Issuer = func(context.Context, string) (string, error) { return net.issuer, nil }
	w.redirects.Fetch = func(context.Context, string) (redirects.Profile, error) { net.fetched++; return net.profile, nil }
	return net
}

// movedOn is a good notice, with the new address of a post.
func (w *world) movedOn(guid string) transfer.MovedOn {
	w.Helper()
	return transfer.MovedOn{
		Envelope: w.request(newPod, oldPod), State: transfer.Redirecting, Account: "newest@third.example",
		Profile: thirdPod + "/people/newest", Feed: thirdPod + "/public/newest.atom",
		Items: []transfer.Onward{{Collection: transfer.Posts, GUID: guid, URL: thirdPod + "/posts/" + guid}},
	}
}

// publicPost is the guid of a post whose stub leads to the new pod.
func (w *world) publicPost() string {
	w.Helper()
	for _, e := range w.fixture.Entries[transfer.Posts] {
		if post := must(transfer.Decode[transfer.Post](e))(w.T); post.Public {
			return e.GUID
		}
	}
	w.Fatal("there is no public post")
	return ""
}

func (w *world) wantPlace(a redirects.Address, location string) {
	w.Helper()
	answer, found, err := w.redirects.Resolve(w.Context(), a)
	check(w.T, err)
	if !found || answer.Location != location {
		w.Errorf("%v leads to %q, want %q", a, answer.Location, location)
	}
}

// TestMovingOn: old links follow an account only with both proofs, and only if
// the person agreed (Protocol §6.5).
func TestMovingOn(t *testing.T) {
	each(t, func(w *world) {
		net, guid := w.onward(), w.publicPost()
		post := redirects.Address{Kind: redirects.Post, Key: guid}
		person := redirects.Address{Kind: redirects.Named, Key: "aurora"}
		tell := func(m transfer.MovedOn) error {
			return drop(w.redirects.HearOnward(w.Context(), must(w.new.sign(transfer.TypMovedOn, m))(w.T)))
		}
		w.part("a person who did not agree is asked, and old links lead where they led", func() {
			check(w.T, tell(w.movedOn(guid)))
			w.wantPlace(post, newPod+"/posts/"+guid)
			if w.told(w.old, w.id, "transfer-onward") != 1 {
				w.Error("the person was not told")
			}
		})
		w.part("who agrees then has them lead on", func() {
			want(w.T, w.redirects.Agree(w.Context(), w.old.account.ID+1, w.id), transfer.NotFound)
			check(w.T, w.redirects.Agree(w.Context(), w.old.account.ID, w.id))
			w.wantPlace(post, thirdPod+"/posts/"+guid)
			w.wantPlace(person, thirdPod+"/people/newest")
		})
		w.part("what did not move on leads where it led", func() {
			for _, e := range w.fixture.Entries[transfer.Posts] {
				if p := must(transfer.Decode[transfer.Post](e))(w.T); p.Public && e.GUID != guid {
					w.wantPlace(redirects.Address{Kind: redirects.Post, Key: e.GUID}, newPod+"/posts/"+e.GUID)
				}
			}
		})
		w.part("of a long notice the profile is asked once", func() {
			check(w.T, tell(w.movedOn(guid)))
			if net.fetched != 1 {
				w.Errorf("the profile was fetched %d times", net.fetched)
			}
		})
		w.part("an account that moves on elsewhere has to be agreed to anew", func() {
			elsewhere := w.movedOn(guid)
			elsewhere.Account, net.profile.Account = "other@third.example", "other@third.example"
			check(w.T, tell(elsewhere))
			w.wantPlace(post, newPod+"/posts/"+guid)
			check(w.T, w.redirects.Agree(w.Context(), w.old.account.ID, w.id))
			w.wantPlace(post, thirdPod+"/posts/"+guid)
		})
		w.part("one that came back is led to where it was", func() {
			check(w.T, tell(transfer.MovedOn{Envelope: w.request(newPod, oldPod), State: transfer.Undone}))
			w.wantPlace(post, newPod+"/posts/"+guid)
			w.wantPlace(person, newPod+"/people/"+w.new.account.GUID)
		})
		w.part("of what comes back while the newest profile is fetched, the older notice is refused", func() {
			net.profile.Account = "newest@third.example"
			check(w.T, tell(w.movedOn(guid)))
			fetch := w.redirects.Fetch
			w.redirects.Fetch = func(ctx context.Context, profile string) (redirects.Profile, error) {
				check(w.T, tell(transfer.MovedOn{Envelope: w.request(newPod, oldPod), State: transfer.Undone}))
				return fetch(ctx, profile)
			}
			w.pass(2 * time.Hour) // so that it is fetched again
			want(w.T, tell(w.movedOn(guid)), transfer.Unavailable)
			w.redirects.Fetch = fetch
			if _, known, err := w.old.store.Onward(w.Context(), w.id); known || err != nil {
				w.Error("it was noted", err)
			}
		})
		w.part("a move that was undone follows nobody", func() {
			check(w.T, drop(w.redirects.Undo(w.Context(), w.old.account.ID, w.id)))
			want(w.T, tell(w.movedOn(guid)), transfer.TransferClosed)
		})
	})
}

// TestMovingOnAsAgreed: who ticked it at consent is not asked again, and who
// leaves no address leaves none.
func TestMovingOnAsAgreed(t *testing.T) {
	for name, c := range map[string]struct {
		choices oauth.Choices
		want    string
	}{
		"who ticked it is followed":                {oauth.Choices{LinksMayGo: true}, thirdPod + "/posts/"},
		"who leaves no address leaves none either": {oauth.Choices{LinksMayGo: true, NoAddress: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, storetest.SQLite, func(w *world) { w.grant = func(g *oauth.Grant) { g.Choices = c.choices } })
			w.onward()
			guid := w.publicPost()
			check(t, drop(w.redirects.HearOnward(t.Context(), must(w.new.sign(transfer.TypMovedOn, w.movedOn(guid)))(t))))
			if c.want != "" {
				c.want += guid
			}
			w.wantPlace(redirects.Address{Kind: redirects.Post, Key: guid}, c.want)
		})
	}
}

// TestForgedMovingOn: each is refused, and old links lead where they led.
func TestForgedMovingOn(t *testing.T) {
	once(t, func(w *world) {
		net, guid := w.onward(), w.publicPost()
		good, stranger := *net, must(keys.Generate())(w.T)
		forged := func(change func(m *transfer.MovedOn)) func() (string, error) {
			return func() (string, error) {
				m := w.movedOn(guid)
				change(&m)
				return w.new.sign(transfer.TypMovedOn, m)
			}
		}
		same := func(*transfer.MovedOn) {}
		replayed := w.movedOn(guid)
		for _, c := range []struct {
			name    string
			code    transfer.Code
			message func() (string, error)
		}{
			{"of another transfer's nonce", transfer.SignatureInvalid, forged(func(m *transfer.MovedOn) { m.Nonce = rand.Text() })},
			{"of a transfer that there is not", transfer.NotFound, forged(func(m *transfer.MovedOn) { m.Transfer = strings.Repeat("f", 32) })},
			{"for another pod", transfer.SignatureInvalid, forged(func(m *transfer.MovedOn) { m.Audience = thirdPod })},
			{"of the third pod in its own name", transfer.NotFound, forged(func(m *transfer.MovedOn) { m.Issuer = thirdPod })},
			{"of the third pod, or one that bought the name, in the second's", transfer.SignatureInvalid, func() (string, error) {
				return keys.Sign(stranger, transfer.TypMovedOn, w.movedOn(guid))
			}},
			{"of the first pod itself", transfer.SignatureInvalid, func() (string, error) { return w.old.sign(transfer.TypMovedOn, w.movedOn(guid)) }},
			{"of another kind", transfer.SignatureInvalid, func() (string, error) { return w.new.sign(transfer.TypUndo, w.movedOn(guid)) }},
			{"that is too old", transfer.SignatureInvalid, forged(func(m *transfer.MovedOn) { m.Expires = w.now.Add(-transfer.ClockSkew).Unix() })},
			{"of another account, which does not name this one", transfer.IdentityDiffers, func() (string, error) {
				net.profile.Before = []string{"newcomer@new.example", "somebody@old.example"}
				return forged(same)()
			}},
			{"of an account that answers for another", transfer.IdentityDiffers, func() (string, error) {
				net.profile.Account = "mallory@third.example"
				return forged(same)()
			}},
			{"that would end at its own address", transfer.RequestInvalid, func() (string, error) {
				net.issuer = oldPod
				return forged(func(m *transfer.MovedOn) { m.Account, m.Profile = "aurora@old.example", oldPod+"/people/x" })()
			}},
			{"whose profile is on another origin", transfer.RequestInvalid, forged(func(m *transfer.MovedOn) { m.Profile = "https://evil.example/people/newest" })},
			{"whose feed is on another origin", transfer.RequestInvalid, forged(func(m *transfer.MovedOn) { m.Feed = "https://third.example.evil/x.atom" })},
			{"with a target on another origin", transfer.RequestInvalid, forged(func(m *transfer.MovedOn) { m.Items[0].URL = "https://third.example@evil.example/posts/x" })},
			{"with a target here", transfer.RequestInvalid, forged(func(m *transfer.MovedOn) { m.Items[0].URL = oldPod + "/posts/" + guid })},
			{"about contacts", transfer.RequestInvalid, forged(func(m *transfer.MovedOn) { m.Items[0].Collection = transfer.Contacts })},
			{"of too many items", transfer.TooLarge, forged(func(m *transfer.MovedOn) { m.Items = make([]transfer.Onward, transfer.MaxHoldings+1) })},
			{"in a state that is none", transfer.RequestInvalid, forged(func(m *transfer.MovedOn) { m.State = transfer.Erased })},
			{"that came before", transfer.MessageReplayed, func() (string, error) {
				m := replayed
				m.State = transfer.Undone
				signed, err := w.new.sign(transfer.TypMovedOn, m)
				check(w.T, drop(w.redirects.HearOnward(w.Context(), signed)))
				return signed, err
			}},
		} {
			w.part("refuses one "+c.name, func() {
				*net = good
				want(w.T, drop(w.redirects.HearOnward(w.Context(), must(c.message())(w.T))), c.code)
				if _, known, err := w.old.store.Onward(w.Context(), w.id); known || err != nil {
					w.Error("it was noted", err)
				}
			})
		}
	})
}
