package modeltest

import (
	"bytes"
	"context"
	"crypto/rand"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"podmove/internal/invariants"
	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/oauth"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/source"
)

// A life is one account with a name at both pods, and what its person and the
// jobs did to it so far. Rooms are opened anew for each command: a process
// remembers nothing between two.
type life struct {
	*pods
	name     string
	from, to pod.Account
	seen     *invariants.Watch
	damaged  atomic.Bool // photos lose a bit on their way

	mutex  sync.Mutex
	grants map[string]oauth.Grant // tokens that are good
	jobs   map[string]job         // that wait, by what they are for
}

// A job waits until its time.
type job struct {
	what destination.Job
	due  time.Time
}

func (l *life) enqueue(_ context.Context, what destination.Job, at time.Time) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	key := what.Kind() + " " + idOf(what)
	if have, waits := l.jobs[key]; !waits || at.Before(have.due) {
		l.jobs[key] = job{what, at}
	}
	return nil
}

// idOf is what a job is for.
func idOf(what destination.Job) string {
	switch j := what.(type) {
	case destination.WorkJob:
		return j.Move
	case destination.FarewellJob:
		return j.Move
	case destination.TakeBackJob:
		return j.Move
	case redirects.EraseJob:
		return j.Transfer
	case redirects.NoticeJob:
		return j.Transfer
	}
	return ""
}

func (l *life) granted(token string) (oauth.Grant, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	g, ok := l.grants[token]
	return g, ok
}

// grant is a consent to a pod, and the token that goes with it.
func (l *life) grant(to, destinationID string) string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	g := oauth.Grant{
		ID: rand.Text(), Account: l.from.GUID, Client: to + "/oauth/client.json", Keys: l.new.jwks(), Scopes: allScopes,
		Details: oauth.Details{Type: oauth.DetailsType, Purpose: string(transfer.Move), Limited: true, Destination: destinationID},
	}
	for _, c := range transfer.Collections() {
		g.Details.Collections = append(g.Details.Collections, string(c))
	}
	l.grants[g.ID] = g
	return g.ID
}

func (l *life) revoke(_ context.Context, grant string) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.grants, grant)
	return nil
}

func (l *life) source() *source.Service {
	return source.New(source.Options{
		Origin: l.old.url, Records: l.old.store, Transfers: l.old.store, Blobs: l.old.blobs, Sign: l.old.sign, Verify: verify, Peek: keys.Peek,
		Raise:  func(ctx context.Context, t source.Transfer) error { return l.redirects().Raise(ctx, t.ID) },
		Revoke: l.revoke, Event: l.old.store.Event, CursorKey: bytes.Repeat([]byte("k"), 32), Grace: grace, PageItems: 2, Now: l.clock,
	})
}

func (l *life) redirects() *redirects.Service {
	return redirects.New(redirects.Options{
		Origin: l.old.url, Book: book{l.old.store}, Blobs: l.old.blobs, Sign: l.old.sign, Verify: verify, Peek: keys.Peek, Send: l.send,
		Revoke: l.revoke, Event: l.old.store.Event, Enqueue: l.enqueue, Now: l.clock,
	})
}

func (l *life) mover() *destination.Mover {
	return destination.New(destination.Options{
		Moves: l.new.store, Arrivals: l.new.store, Writer: l.writer, Connect: l.connect, Login: login{l}, Place: l.home, Sign: l.new.sign,
		Seal: func(_ string, plain []byte) []byte { return plain }, Open: func(_ string, sealed []byte) ([]byte, error) { return sealed, nil },
		Event: l.new.store.Event, Enqueue: l.enqueue, Origin: l.new.url, Poll: 6 * time.Hour, Now: l.clock,
	})
}

func (l *life) keeper() *destination.Keeper {
	return destination.NewKeeper(l.mover(), destination.KeeperOptions{
		Custody: l.new.store, OpenBlob: l.new.blobs.Open, Verify: verify, Peek: keys.Peek, Send: l.send,
	})
}

func (l *life) writer(m destination.Move) transfer.Writer {
	return l.new.store.Writer(store.Run{
		ID: m.ID, Account: m.Account, Issuer: m.Issuer, SourceAccount: m.Subject, Profile: m.Profile, Claim: m.Claim,
		URLs: store.URLs{Post: l.new.url + "/posts/", Photo: l.new.url + "/uploads/images/"},
	}, l.new.blobs)
}

func (l *life) connect(ctx context.Context, m destination.Move, t destination.Tokens) (destination.Source, error) {
	token, err := t.Load(ctx)
	return &wire{l, string(token), m.Transfer}, err
}

// typed is the old ID, and moving to is what the person has at the new pod.
func (l *life) typed() string { return l.name + "@old.example" }
func (l *life) newID() string { return l.name + "@new.example" }

func (l *life) home(context.Context, int64) (destination.Place, error) {
	return destination.Place{
		ID: l.newID(), Profile: l.new.url + "/people/" + l.to.GUID,
		Templates: transfer.Templates{
			Post: l.new.url + "/posts/{guid}", Photo: l.new.url + "/uploads/images/{variant}{name}", Feed: l.new.url + "/public/" + l.name + ".atom",
		},
	}, nil
}

// A login is both pods' parts of a consent: the old one asks its person, who says
// yes, unless the account has moved away (Protocol §2.8).
type login struct{ *life }

func (l login) Begin(ctx context.Context, _ destination.Ask) (destination.Started, error) {
	return over(ctx, l.pods, func(context.Context) (destination.Started, error) {
		state := rand.Text()
		return destination.Started{URL: state, Issuer: l.old.url, State: state, Secret: []byte("secret")}, nil
	})
}

func (l login) Finish(ctx context.Context, _ url.Values, _ []byte) (destination.Granted, error) {
	return over(ctx, l.pods, func(ctx context.Context) (g destination.Granted, err error) {
		a, err := l.old.store.Account(ctx, l.from.ID)
		if err == nil && a.State != pod.Active {
			err = transfer.Errorf(transfer.ConsentRefused, "the account has moved away")
		}
		if err != nil {
			return g, err
		}
		return destination.Granted{
			Issuer: l.old.url, Subject: l.from.GUID, Account: l.typed(), Collections: transfer.Collections(),
			Tokens: []byte(l.grant(l.new.url, l.newID())), Keys: l.old.jwks(),
		}, nil
	})
}

func (l login) Revoke(ctx context.Context, token []byte) error {
	_, err := over(ctx, l.pods, func(ctx context.Context) (bool, error) {
		if g, good := l.granted(string(token)); good {
			if err := l.source().Returned(ctx, g); err != nil {
				return true, err
			}
		}
		return true, l.revoke(ctx, string(token))
	})
	return err
}
