package destination_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// write has the person at the old pod write so many posts.
func (s *stage) write(posts int) {
	for range posts {
		post := transfer.Post{CreatedAt: transfer.TimeOf(s.now), Text: "meanwhile", Public: true}
		if err := s.source.pod.Put(s.source.owner, strings.ToLower(rand.Text()), post); err != nil {
			s.Error(err)
		}
	}
}

// calls counts those of a source, and does something before they are answered.
func (s *stage) calls(do map[string]func(n int) error) map[string]int {
	counts := map[string]int{}
	s.source.trouble = func(call string) error {
		counts[call]++
		if do[call] == nil {
			return nil
		}
		return do[call](counts[call])
	}
	return counts
}

func TestFreeze(t *testing.T) {
	onEach(t, map[string]func(s *stage){
		"reads once more when the account stands still": func(s *stage) {
			n := s.calls(nil)
			s.want(s.work(s.begin(), 20), destination.Done, "")
			if n["freeze"] != 1 || n["complete"] != 1 {
				s.Errorf("%v", n)
			}
		},
		"brings what was written just before": func(s *stage) {
			s.calls(map[string]func(int) error{"freeze": func(int) error { s.write(3); return nil }})
			m := s.work(s.begin(), 20)
			s.want(m, destination.Done, "")
			if m.Rounds != 0 || len(s.source.receipts) != s.size()+3 {
				s.Errorf("%d receipts after %d rounds", len(s.source.receipts), m.Rounds)
			}
		},
		"catches up as long as there is much": func(s *stage) {
			n := s.calls(map[string]func(int) error{"page profile": func(n int) error {
				if n < 4 {
					s.write(150)
				}
				return nil
			}})
			s.want(s.work(s.begin(), 20), destination.Done, "")
			if n["freeze"] != 1 || n["page profile"] != 5 { // once, three times, and while it stands still
				s.Errorf("%v", n)
			}
		},
		"does not wait for a person who never rests": func(s *stage) {
			n := s.calls(map[string]func(int) error{"page profile": func(int) error {
				if s.source.state != transfer.Frozen {
					s.write(101)
				}
				return nil
			}})
			s.want(s.work(s.begin(), 20), destination.Done, "")
			if n["freeze"] != 1 {
				s.Errorf("%v", n)
			}
		},
		"reads in the same freeze what was deleted during it": func(s *stage) {
			gone := s.fixture.Entries[transfer.Posts][0].GUID
			n := s.calls(map[string]func(int) error{"complete": func(n int) error {
				if n > 1 {
					return nil
				}
				s.source.pod.Delete(s.source.owner, transfer.Posts, gone)
				return coded(transfer.ChangedSince)
			}})
			m := s.work(s.begin(), 1) // without a pause
			s.want(m, destination.Done, "")
			if n["freeze"] != 1 || n["complete"] != 2 || s.source.receipts[gone].Result != transfer.Removed {
				s.Errorf("%v, %+v", n, s.source.receipts[gone])
			}
		},
		"asks again when the freeze ended while this pod was away": func(s *stage) {
			n := s.calls(map[string]func(int) error{"page blocks": func(n int) error {
				if n == 3 { // in the freeze
					s.source.state = transfer.Open
					return coded(transfer.PodUnreachable)
				}
				return nil
			}})
			s.want(s.work(s.begin(), 20), destination.Done, "")
			if n["freeze"] != 2 {
				s.Errorf("%v", n)
			}
		},
		"leaves an account alone of which it only makes a copy": func(s *stage) {
			n := s.calls(nil)
			m, err := s.mover.Begin(s.Context(), destination.Start{Account: s.account, ID: "aurora@old.example", Purpose: transfer.Copy})
			if err != nil {
				s.Fatal(err)
			}
			s.want(s.work(s.agree(m), 20), destination.Done, "")
			if n["freeze"] != 0 {
				s.Errorf("%v", n)
			}
		},
	})
}

// TestFreezeRefused: what a source may say instead.
func TestFreezeRefused(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite) // it is not the database that is tried
	often := coded(transfer.RateLimited)
	often.RetryAfter = 20 * time.Minute
	for name, c := range map[string]struct {
		says  error
		calls int
		least time.Duration
	}{
		"goes on without, at a pod that does not know what that is": {coded(transfer.NotFound), 1, 0},
		"goes on without, at a pod that has no such method":         {coded(transfer.MethodRefused), 1, 0},
		"waits where it was frozen too often":                       {often, 2, 20 * time.Minute},
		"waits where another transfer has it frozen":                {coded(transfer.AccountFrozen), 2, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, db)
			start := s.now
			n := s.calls(map[string]func(int) error{"freeze": func(n int) error {
				if n > 1 {
					return nil
				}
				return c.says
			}})
			s.want(s.work(s.begin(), 20), destination.Done, "")
			if n["freeze"] != c.calls || s.now.Sub(start) < c.least {
				s.Errorf("%v after %v", n, s.now.Sub(start))
			}
		})
	}
}

// size is how many items the old account had.
func (s *stage) size() (n int) {
	for _, list := range s.fixture.Entries {
		n += len(list)
	}
	return n
}
