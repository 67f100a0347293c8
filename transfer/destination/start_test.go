package destination_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/transfertest"
)

func TestBegin(t *testing.T) {
	onStages(t, func(s *stage) {
		for id, want := range map[string]transfer.Code{
			"":                          transfer.RequestInvalid,
			"aurora":                    transfer.RequestInvalid,
			"aurora@":                   transfer.RequestInvalid,
			"https://old.example":       transfer.RequestInvalid,
			"aurora@new.example":        transfer.SamePod,
			"Somebody-Else@NEW.example": transfer.SamePod,
			"aurora@old.example":        "",
			" acct:Aurora@old.example ": "", //nolint:gocritic // the spaces are what is tested
		} {
			m, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: id})
			if transfer.CodeOf(err) != want {
				s.Errorf("%q: got %v, want %q", id, err, want)
			}
			if err == nil && (m.State != destination.Planned || m.Typed != transfertest.Aurora || len(m.Nonce) < 22) {
				s.Errorf("%q: got %+v", id, m)
			}
		}
		s.part("refuses a link whose issuer is no address", func() {
			for _, issuer := range []string{
				"old.example", "https://old\x00.example", "https://old\xff.example", "javascript:alert(1)", "https://old.example;script-src",
				"https://old.example/", "https://old.example/op", "https://a@old.example", "https://old.example?x",
			} {
				_, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: transfertest.Aurora, Issuer: issuer})
				if transfer.CodeOf(err) != transfer.RequestInvalid {
					s.Errorf("%q: got %v", issuer, err)
				}
			}
		})
		s.part("refuses a second move beside one under way", func() {
			s.begin()
			_, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: "other@old.example"})
			if transfer.CodeOf(err) != transfer.TransferActive {
				s.Errorf("got %v", err)
			}
		})
	})
}

// TestBeginAtOnce: of moves to one account that are begun at once, one is left.
func TestBeginAtOnce(t *testing.T) {
	onStages(t, func(s *stage) {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if _, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: fmt.Sprintf("aurora@old%d.example", i)}); err != nil {
					s.Error(err)
				}
			})
		}
		all.Wait()
		moves, err := s.store.MovesOf(s.Context(), s.account)
		if err != nil || len(moves) != 8 {
			s.Fatalf("%d moves, %v", len(moves), err)
		}
		live := slices.DeleteFunc(moves, func(m destination.Move) bool { return m.State.Ended() })
		if len(live) != 1 {
			s.Errorf("%d are left", len(live))
		}
	})
}

func TestAgreed(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite) // it is not the database that is tried
	for name, c := range map[string]struct {
		make    func(s *stage)
		session string
		answer  func(s *stage) url.Values
		want    transfer.Code
		state   destination.State
	}{
		"refuses an answer in another browser": {nil, "another", (*stage).answer, transfer.RequestInvalid, destination.Authorizing},
		"refuses an answer nobody waits for":   {nil, browser, func(*stage) url.Values { return url.Values{"state": {"made up"}} }, transfer.RequestInvalid, destination.Authorizing},
		"refuses an answer without state":      {nil, browser, func(*stage) url.Values { return nil }, transfer.RequestInvalid, destination.Authorizing},
		"refuses an answer that comes late":    {func(s *stage) { s.now = s.now.Add(time.Hour) }, browser, (*stage).answer, transfer.RequestInvalid, destination.Authorizing},
		"tells that the person said no": {func(s *stage) { s.login.refuse = transfer.Errorf(transfer.ConsentRefused, "you said no") },
			browser, (*stage).answer, transfer.ConsentRefused, destination.Planned},
		"refuses another account than was asked for": {func(s *stage) { s.login.granted.Account = "mallory@old.example" },
			browser, (*stage).answer, transfer.IdentityDiffers, destination.Planned},
		"refuses an account of this pod": {func(s *stage) { s.login.granted.Issuer = newPod }, browser, (*stage).answer, transfer.SamePod, destination.Planned},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, db)
			m, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: transfertest.Aurora})
			if err != nil {
				s.Fatal(err)
			}
			if _, err := s.mover.Authorize(s.Context(), s.account, m.ID, browser); err != nil {
				s.Fatal(err)
			}
			if c.make != nil {
				c.make(s)
			}
			_, err = s.mover.Agreed(s.Context(), c.session, c.answer(s))
			if transfer.CodeOf(err) != c.want {
				s.Errorf("got %v, want %s", err, c.want)
			}
			if m = s.read(m); m.State != c.state {
				s.Errorf("the move is %s, want %s", m.State, c.state)
			}
			if len(s.jobs) != 0 {
				s.Errorf("work was begun: %v", s.jobs)
			}
		})
	}
	t.Run("takes an answer once", func(t *testing.T) {
		s := newStage(t, db)
		s.begin()
		if _, err := s.mover.Agreed(s.Context(), browser, s.answer()); transfer.CodeOf(err) != transfer.RequestInvalid {
			s.Errorf("the second time: %v", err)
		}
	})
	t.Run("refuses another account when consent is needed once more", func(t *testing.T) {
		s := newStage(t, db)
		s.source.trouble = times(-1, "page photos", coded(transfer.TokenInvalid))
		m := s.work(s.begin(), 20)
		s.login.granted.Subject = "someone else under the same name"
		if _, err := s.mover.Authorize(s.Context(), s.account, m.ID, browser); err != nil {
			s.Fatal(err)
		}
		if _, err := s.mover.Agreed(s.Context(), browser, s.answer()); transfer.CodeOf(err) != transfer.IdentityDiffers {
			s.Errorf("got %v", err)
		}
		s.want(s.read(m), destination.NeedsAttention, transfer.ConsentNeeded)
	})
	t.Run("refuses another pod than the link named", func(t *testing.T) {
		s := newStage(t, db) // Protocol §2.6
		m, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: transfertest.Aurora, Issuer: "https://other.example"})
		if err != nil {
			s.Fatal(err)
		}
		if _, err := s.mover.Authorize(s.Context(), s.account, m.ID, browser); transfer.CodeOf(err) != transfer.IdentityDiffers {
			s.Errorf("got %v", err)
		}
		if m = s.read(m); m.State != destination.Planned {
			s.Errorf("the move is %s", m.State)
		}
	})
	t.Run("knows no move of somebody else's", func(t *testing.T) {
		s := newStage(t, db)
		m, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: transfertest.Aurora})
		if err != nil {
			s.Fatal(err)
		}
		_, agreed := s.mover.Authorize(s.Context(), s.account+1, m.ID, browser)
		_, checked := s.mover.Check(s.Context(), s.account+1, m.ID)
		if transfer.CodeOf(agreed) != transfer.NotFound || transfer.CodeOf(checked) != transfer.NotFound {
			s.Errorf("got %v and %v", agreed, checked)
		}
	})
}

func TestTroubleOfConsent(t *testing.T) {
	var log bytes.Buffer
	s := newStage(t, storetest.Open(t, storetest.SQLite))
	s.mover.Log = slog.New(slog.NewTextHandler(&log, nil))
	s.login.refuse = transfer.Errorf(transfer.AnswerInvalid, "it does not answer as a pod").Because(errors.New("id token: expired"))
	m, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: transfertest.Aurora})
	if err != nil {
		s.Fatal(err)
	}
	if _, err := s.mover.Authorize(s.Context(), s.account, m.ID, browser); err != nil {
		s.Fatal(err)
	}
	_, err = s.mover.Agreed(s.Context(), browser, s.answer())
	t.Run("is told to the person in words", func(t *testing.T) {
		if m = s.read(m); err == nil || m.Message != "it does not answer as a pod" {
			t.Errorf("%v, and the move says %q", err, m.Message)
		}
	})
	t.Run("is told to those who run the pod with its cause", func(t *testing.T) {
		for _, part := range []string{m.ID, "from=old.example", "id token: expired"} {
			if !strings.Contains(log.String(), part) {
				t.Errorf("the log lacks %q: %s", part, &log)
			}
		}
	})
}
