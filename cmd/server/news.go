package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"podmove/internal/jobs"
	"podmove/internal/mail"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/web"
)

// newsLife is how long it is tried to send a letter: after that it is no news.
// Within it the same line is none either, nor what is the eleventh of its kind:
// somebody who gives an address that is not theirs, and begins and cancels moves
// all day, must not have us fill another's mailbox. Kinds are counted apart, so
// that nothing which is cancelled keeps what begins from being told.
const (
	newsLife   = 24 * time.Hour
	newsOfKind = 10
)

// A newsJob sends one event to one address that the account has or had.
type newsJob struct {
	Event   int64 `json:"event"`
	Mailbox int64 `json:"mailbox"`
}

// Kind is the job's name in the queue.
func (newsJob) Kind() string { return "news" }

// A post brings news by e-mail.
type post struct {
	sender  *mail.Sender // nil: there is no mail
	letters *web.Letters
}

func (g *ground) openPost() (err error) {
	if g.config.SMTP == "" {
		g.log.Info("no e-mail is sent: people hear of a move of their account when they sign in, until the setting smtp names a server")
		return nil
	}
	if g.post.sender, err = mail.New(mail.Options{URL: g.config.SMTP, From: g.config.MailFrom, Host: pod.Host(g.origin)}); err != nil {
		return err
	}
	g.post.letters, err = web.NewLetters(g.origin)
	return err
}

// event writes a line of what happened to an account and, where there is mail,
// announces it.
func (g *ground) event(ctx context.Context, account int64, subject, kind, text string) error {
	if g.post.sender == nil {
		return g.store.Event(ctx, account, subject, kind, text)
	}
	return newsroom{g.store, g.now}.event(ctx, account, subject, kind, text)
}

// A newsroom has what happens to accounts announced by the pod that serves,
// which drops the letters if it has no mail.
type newsroom struct {
	store *store.Store
	now   func() time.Time
}

// event writes a line of what happened to an account and, if it is news, with it
// the jobs that announce it to every address of the last 90 days (Protocol §7.5).
func (n newsroom) event(ctx context.Context, account int64, subject, kind, text string) error {
	if !web.IsNews(kind) {
		return n.store.Event(ctx, account, subject, kind, text)
	}
	return n.store.InTx(ctx, func(ctx context.Context) error {
		old, err := n.told(ctx, account, subject, kind, text)
		if err != nil {
			return err
		}
		e, err := n.store.AddEvent(ctx, account, subject, kind, text)
		if err != nil || old {
			return err
		}
		boxes, err := n.store.Mailboxes(ctx, account, n.now())
		for _, box := range boxes {
			err = errors.Join(err, n.store.Enqueue(ctx, newsJob{e.Number, box.ID}, time.Time{}))
		}
		return err
	})
}

// told reports whether the same was said within a day, a pod that does not
// answer is told of once, however often it is asked; or enough of its kind.
func (n newsroom) told(ctx context.Context, account int64, subject, kind, text string) (bool, error) {
	events, err := n.store.EventsSince(ctx, account, kind, n.now().Add(-newsLife), newsOfKind)
	for _, e := range events {
		if e.Subject == subject && e.Text == text {
			return true, err
		}
	}
	return len(events) >= newsOfKind, err
}

// send brings one letter. An error is to be tried again.
func (p post) send(ctx context.Context, g *ground, j newsJob) (jobs.Next, error) {
	done := jobs.Next{Done: true}
	e, there, err := g.store.EventNumbered(ctx, j.Event)
	if err != nil || !there || p.sender == nil {
		return done, err
	}
	box, there, err := g.store.Mailbox(ctx, j.Mailbox)
	if err != nil || !there {
		return done, err
	}
	a, err := g.store.Account(ctx, e.Account)
	if err != nil {
		return done, err
	}
	letter, err := p.letters.Of(a, e)
	if err != nil {
		return done, err
	}
	err = p.sender.Send(ctx, mail.Message{
		ID: letterID(g.origin, j), To: box.Email, Date: e.At,
		Language: letter.Language, Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML,
	})
	if err != nil && (hopeless(err) || g.now().Sub(e.At) > newsLife) {
		g.log.WarnContext(ctx, "news of a move did not reach an address of the account", "account", a.GUID, "kind", e.Kind, "error", err)
		return done, nil
	}
	return done, err
}

// letterID is the same whenever the letter is sent, and no other's, even if two
// pods send from one address. It does not tell how much happens here.
func letterID(origin string, j newsJob) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", origin, j.Event, j.Mailbox))
	return hex.EncodeToString(sum[:16])
}

// hopeless reports whether sending the letter again brings the same answer.
func hopeless(err error) bool {
	refusal, refused := errors.AsType[mail.Refusal](err)
	return refused && refusal.Permanent() || errors.Is(err, mail.ErrUnfit)
}
