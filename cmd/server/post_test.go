package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/config"
	"podmove/internal/jobs"
	"podmove/internal/mail/mailtest"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

// A desk is as much of a pod as news need, with a clock that a test holds.
type desk struct {
	*testing.T
	*ground
	account int64
	catcher *mailtest.Catcher
	refuse  int // the code with which the catcher refuses
	time    time.Time
	said    bytes.Buffer
}

// desks runs body on each kind of database.
func desks(t *testing.T, body func(d *desk)) {
	t.Helper()
	t.Parallel()
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) { body(newDesk(t, dialect)) })
	}
}

func newDesk(t *testing.T, dialect string) *desk {
	t.Helper()
	d := &desk{T: t, time: time.Now().Truncate(time.Millisecond)}
	d.catcher = mailtest.Catch(t, mailtest.Options{Refuse: func(string) int { return d.refuse }})
	clock := func() time.Time { return d.time }
	d.ground = &ground{
		config: config.Config{SMTP: d.catcher.URL(), MailFrom: "pod@pod.example"}, origin: "https://pod.example", now: clock,
		store: storetest.Open(t, dialect, func(o *store.Options) { o.Now = clock }),
		log:   slog.New(slog.NewTextHandler(&d.said, nil)),
	}
	d.fine(d.openPost())
	a, err := d.store.AddAccount(t.Context(), pod.Account{
		GUID: pod.NewGUID(), Username: "aurora", Email: "first@mail.example", State: pod.Active, CreatedAt: d.time,
	}, "", pod.NewGUID())
	d.fine(err)
	d.account = a.ID
	return d
}

func (d *desk) fine(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// tell has something happen, and answers to which addresses a letter is to go.
func (d *desk) tell(subject, kind, text string) (to []string) {
	d.Helper()
	d.fine(d.event(d.Context(), d.account, subject, kind, text))
	list, err := d.store.Events(d.Context(), d.account, 0, 1)
	d.fine(err)
	return d.enqueued(list[0].Number)
}

// enqueued are the addresses to which a letter about an event is to go.
func (d *desk) enqueued(event int64) (to []string) {
	d.Helper()
	boxes, err := d.store.Mailboxes(d.Context(), d.account, d.time)
	d.fine(err)
	for _, box := range boxes {
		found, err := d.store.Waiting(d.Context(), newsJob{event, box.ID}, d.time)
		d.fine(err)
		if found {
			to = append(to, box.Email)
		}
	}
	return to
}

func TestWhatIsNews(t *testing.T) {
	desks(t, func(d *desk) {
		for _, step := range []struct {
			what                string
			after               time.Duration
			subject, kind, text string
			letters             int
		}{
			{"a move that begins", 0, "one", "transfer-open", "x", 1},
			{"progress", 0, "one", "transfer-copying", "x", 0},
			{"what nobody knows", 0, "one", "gone-fishing", "x", 0},
			{"erasing that waits", 0, "one", "transfer-waiting", "because", 1},
			{"erasing that waits for the same reason", 23 * time.Hour, "one", "transfer-waiting", "because", 0},
			{"erasing that waits for another reason", 0, "one", "transfer-waiting", "why not", 1},
			{"erasing of another move", 0, "two", "transfer-waiting", "because", 1},
			{"erasing that waits for that reason a day later", 25 * time.Hour, "one", "transfer-waiting", "because", 1},
		} {
			d.time = d.time.Add(step.after)
			if to := d.tell(step.subject, step.kind, step.text); len(to) != step.letters {
				d.Errorf("of %s %d letters tell, want %d", step.what, len(to), step.letters)
			}
		}
	})
}

func TestNewsAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, storetest.SQLite)
	letters := 0
	for i := range 3 * newsOfKind {
		letters += len(d.tell(fmt.Sprint("move ", i), "move-cancelled", fmt.Sprint("from ", i)))
	}
	if letters != newsOfKind {
		t.Errorf("a day brings %d letters of a kind", letters)
	}
	if to := d.tell("one", "transfer-open", "x"); len(to) != 1 {
		t.Error("a move that begins is not told after others were cancelled")
	}
	d.time = d.time.Add(25 * time.Hour)
	if to := d.tell("later", "move-cancelled", "x"); len(to) != 1 {
		t.Error("the next day is silent as well")
	}
}

func TestWhoHears(t *testing.T) {
	desks(t, func(d *desk) {
		d.fine(d.store.SetEmail(d.Context(), d.account, "second@mail.example", d.time))
		d.time = d.time.Add(80 * 24 * time.Hour)
		d.fine(d.store.SetEmail(d.Context(), d.account, "third@mail.example", d.time))
		if to := d.tell("one", "transfer-open", "x"); !slices.Equal(to, []string{"first@mail.example", "second@mail.example", "third@mail.example"}) {
			d.Errorf("after 80 days %q", to)
		}
		d.time = d.time.Add(20 * 24 * time.Hour)
		if to := d.tell("two", "transfer-open", "x"); !slices.Equal(to, []string{"second@mail.example", "third@mail.example"}) {
			d.Errorf("after 100 days %q", to)
		}
	})
}

// TestNewsTogether: nobody hears of what did not happen, nor of anything where
// there is no mail.
func TestNewsTogether(t *testing.T) {
	desks(t, func(d *desk) {
		undone := errors.New("undone")
		err := d.store.InTx(d.Context(), func(ctx context.Context) error {
			d.fine(d.event(ctx, d.account, "one", "transfer-open", "x"))
			return undone
		})
		if to := append(d.enqueued(1), d.enqueued(2)...); to != nil || !errors.Is(err, undone) {
			d.Errorf("of what did not happen %q hear, %v", to, err)
		}
		d.post = post{}
		if to := d.tell("two", "transfer-open", "x"); to != nil {
			d.Errorf("without mail %q hear", to)
		}
	})
}

func TestSendNews(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code  int
		age   time.Duration
		done  bool
		again bool // an error, after which the job is tried again
		log   string
	}{
		"is over when the letter is taken":         {0, 0, true, false, ""},
		"is over when it is refused for good":      {550, 0, true, false, "550 5.1.1"},
		"goes on when it is refused for now":       {452, 23 * time.Hour, false, true, ""},
		"is over when it was refused for a day":    {452, 25 * time.Hour, true, false, "452 4.1.1"},
		"is tried once even if the day has passed": {0, 48 * time.Hour, true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, storetest.SQLite)
			d.tell("one", "transfer-open", "x")
			d.time, d.refuse = d.time.Add(c.age), c.code
			next, err := d.post.send(t.Context(), d.ground, newsJob{1, 1})
			if (err != nil) != c.again || err == nil && next != (jobs.Next{Done: c.done}) {
				t.Errorf("got %+v, %v", next, err)
			}
			if said := d.said.String() + fmt.Sprint(err); !strings.Contains(said, c.log) || strings.Contains(said, "mail.example") {
				t.Errorf("it says %s", said)
			}
			if taken := len(d.catcher.Letters()) == 1; taken != (c.code == 0) {
				t.Errorf("taken: %v", taken)
			}
		})
	}
}

func TestSendNewsToNobody(t *testing.T) {
	desks(t, func(d *desk) {
		d.tell("one", "transfer-open", "x")
		d.fine(d.store.CloseAccount(d.Context(), d.account, d.time))
		next, err := d.post.send(d.Context(), d.ground, newsJob{1, 1})
		if !next.Done || err != nil || len(d.catcher.Letters()) != 0 {
			d.Errorf("%+v, %v; %d letters came", next, err, len(d.catcher.Letters()))
		}
	})
}

func TestLetterID(t *testing.T) {
	t.Parallel()
	id := letterID("https://pod.example", newsJob{1, 2})
	for _, other := range []string{letterID("https://other.example", newsJob{1, 2}), letterID("https://pod.example", newsJob{2, 2}), letterID("https://pod.example", newsJob{1, 1})} {
		if other == id {
			t.Errorf("two letters are %s", id)
		}
	}
	if again := letterID("https://pod.example", newsJob{1, 2}); again != id {
		t.Errorf("one letter is %s and %s", id, again)
	}
}
