package destination_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"podmove/internal/blob"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/transfertest"
)

const (
	oldPod  = "https://old.example"
	newPod  = "https://new.example"
	browser = "a browser's session"
)

// A stage is a destination with one account, and a source to move from.
type stage struct {
	mover *destination.Mover
	*testing.T
	store   *store.Store
	source  *source
	login   *login
	fixture transfertest.Fixture
	account int64
	name    string // of the account
	now     time.Time
	jobs    []destination.Job
}

// onStages runs the body on both databases.
func onStages(t *testing.T, body func(s *stage)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { body(newStage(t, s)) })
}

// onEach runs each case on both databases, on a fresh account of one pod.
func onEach(t *testing.T, cases map[string]func(s *stage)) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		for name, body := range cases {
			t.Run(name, func(t *testing.T) { body(newStage(t, db)) })
		}
	})
}

func newStage(t *testing.T, db *store.Store) *stage {
	t.Helper()
	blobs, err := blob.OpenDir(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	account, err := db.AddAccount(t.Context(), pod.Account{
		GUID: pod.NewGUID(), Username: strings.ToLower(rand.Text()), State: pod.Active, CreatedAt: time.Now(),
	}, "", pod.NewGUID())
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{T: t, store: db, account: account.ID, name: account.Username, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	s.source, s.fixture = newSource(t)
	s.login = &login{source: s.source, granted: destination.Granted{
		Issuer: oldPod, Subject: "subject", Account: transfertest.Aurora, Collections: transfer.Collections(),
		Tokens: []byte("tokens"), Keys: []byte(`{"keys":[]}`),
	}}
	s.mover = destination.New(destination.Options{
		Moves: db, Arrivals: db, Login: s.login, Origin: newPod, Budget: 20 * time.Second,
		Writer: func(m destination.Move) transfer.Writer {
			return db.Writer(store.Run{ID: m.ID, Account: m.Account, Issuer: m.Issuer, SourceAccount: m.Subject, Profile: m.Profile, Claim: m.Claim,
				URLs: store.URLs{Post: newPod + "/posts/", Photo: newPod + "/uploads/images/"}}, blobs)
		},
		Connect: s.connect,
		Place: func(context.Context, int64) (destination.Place, error) {
			return destination.Place{ID: account.Username + "@new.example", Profile: newPod + "/people/x"}, nil
		},
		Sign:  func(_ string, claims any) (string, error) { raw, err := json.Marshal(claims); return string(raw), err },
		Seal:  func(purpose string, plain []byte) []byte { return append([]byte(purpose+"\n"), plain...) },
		Open:  unseal,
		Event: db.Event,
		Enqueue: func(_ context.Context, job destination.Job, _ time.Time) error {
			s.jobs = append(s.jobs, job)
			return nil
		},
		Now: func() time.Time { return s.now },
	})
	return s
}

func unseal(purpose string, sealed []byte) ([]byte, error) {
	plain, ok := bytes.CutPrefix(sealed, []byte(purpose+"\n"))
	if !ok {
		return nil, errors.New("sealed for another purpose")
	}
	return plain, nil
}

// connect gives the source to who has the tokens.
func (s *stage) connect(ctx context.Context, _ destination.Move, t destination.Tokens) (destination.Source, error) {
	tokens, err := t.Load(ctx)
	if err == nil && string(tokens) != "tokens" {
		err = transfer.Errorf(transfer.TokenInvalid, "not these tokens")
	}
	return s.source, err
}

// begin plans a move and brings it home from the old pod.
func (s *stage) begin() destination.Move {
	s.Helper()
	m, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: " @Aurora@old.example", Purpose: transfer.Move})
	if err != nil {
		s.Fatal(err)
	}
	return s.agree(m)
}

func (s *stage) agree(m destination.Move) destination.Move {
	s.Helper()
	if _, err := s.mover.Authorize(s.Context(), s.account, m.ID, browser); err != nil {
		s.Fatal(err)
	}
	m, err := s.mover.Agreed(s.Context(), browser, s.answer())
	if err != nil {
		s.Fatal(err)
	}
	return m
}

// answer is what the browser comes back with.
func (s *stage) answer() url.Values {
	return url.Values{"state": {"state-" + s.name + "@new.example"}, "code": {"code"}}
}

// work does what the queue would: it calls Run until nothing more is to be
// done, and lets the time in between pass. It gives up after a number of calls.
func (s *stage) work(m destination.Move, calls int) destination.Move {
	s.Helper()
	for range calls {
		next, err := s.mover.Run(s.Context(), m.ID)
		if err != nil {
			s.Fatal(err)
		}
		if next.Done {
			break
		}
		s.now = s.now.Add(next.After)
	}
	return s.read(m)
}

func (s *stage) read(m destination.Move) destination.Move {
	s.Helper()
	m, err := s.store.Move(s.Context(), m.ID)
	if err != nil {
		s.Fatal(err)
	}
	return m
}

// want compares where a move stands.
func (s *stage) want(m destination.Move, state destination.State, reason transfer.Code) {
	s.Helper()
	if m.State != state || m.Reason != reason {
		s.Fatalf("the move is %s because of %q (%s), want %s because of %q", m.State, m.Reason, m.Message, state, reason)
	}
}

func TestMove(t *testing.T) {
	onStages(t, func(s *stage) {
		m := s.work(s.begin(), 20)
		s.want(m, destination.Done, "")
		if list := s.source.missing(s.fixture); len(list) > 0 {
			s.Errorf("no receipt for %v", list)
		}
		if m.Ended.IsZero() || m.Subject != "subject" || m.Issuer != oldPod {
			s.Errorf("got %+v", m)
		}
		report, err := s.mover.Report(s.Context(), s.account, m.ID)
		if err != nil {
			s.Fatal(err)
		}
		for _, p := range report.Collections {
			if want := int64(len(s.fixture.Entries[p.Collection])); p.Planned != want || p.Arrived() != want || p.Seen() != want {
				s.Errorf("%+v, want %d", p, want)
			}
		}
		s.wantEvents(m, "move-planned", "move-authorizing", "move-copying", "move-copying", "move-catching-up", "move-freezing", "move-verifying", "move-done")
		s.part("forgets the tokens and gives them back", func() {
			if _, err := s.mover.Farewell(s.Context(), m.ID); err != nil {
				s.Fatal(err)
			}
			if sealed, err := s.store.MoveTokens(s.Context(), m.ID); err != nil || len(sealed) != 0 || !s.source.revoked {
				s.Errorf("%d bytes of tokens are left, %v", len(sealed), err)
			}
		})
		s.part("is nobody else's", func() {
			if _, err := s.mover.Report(s.Context(), s.account+1, m.ID); transfer.CodeOf(err) != transfer.NotFound {
				s.Errorf("got %v", err)
			}
		})
	})
}

// part names a part of a test on a stage.
func (s *stage) part(name string, body func()) {
	s.Helper()
	outer := s.T
	outer.Run(name, func(t *testing.T) {
		s.T = t
		defer func() { s.T = outer }()
		body()
	})
}

func (s *stage) wantEvents(m destination.Move, want ...string) {
	s.Helper()
	list, err := s.store.EventsOf(s.Context(), s.account, m.ID, 100)
	if err != nil {
		s.Fatal(err)
	}
	var got []string
	for i := len(list) - 1; i >= 0; i-- {
		got = append(got, list[i].Kind)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		s.Errorf("the person reads %v, want %v", got, want)
	}
}
