package destination_test

import (
	"context"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// planned is what the fixture's account announces, in bytes.
func (s *stage) planned() (items, contents int64) {
	s.Helper()
	p, err := s.source.Reader.Plan(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	for _, c := range p.Collections {
		items, contents = items+c.Bytes, contents+c.ContentBytes
	}
	return items, contents
}

// full is a pod without room, that notes what it was asked for.
func (s *stage) full(code transfer.Code) *[]destination.Load {
	var asked []destination.Load
	s.mover.Room = func(_ context.Context, account int64, l destination.Load) error {
		if account != s.account {
			s.Errorf("asked for account %d", account)
		}
		asked = append(asked, l)
		return transfer.Errorf(code, "the old account holds much, and there is room for little. Nothing was copied")
	}
	return &asked
}

func TestRoom(t *testing.T) {
	onEach(t, map[string]func(s *stage){
		"before the first page a move stops where there is no room, and reads nothing": func(s *stage) {
			asked := s.full(transfer.StorageFull)
			s.source.trouble = func(call string) error {
				if strings.HasPrefix(call, "page") {
					s.Errorf("it asks for a %s", call)
				}
				return nil
			}
			m := s.work(s.begin(), 5)
			s.want(m, destination.NeedsAttention, transfer.StorageFull)
			items, contents := s.planned()
			if l := (*asked)[0]; len(*asked) != 1 || l.Bytes() < items+contents || l.Bytes() > (items+contents)*11/10 || l.Contents < contents || l.Came != 0 {
				s.Errorf("asked for %+v, announced are %d and %d", *asked, items, contents)
			}
			if !strings.Contains(m.Message, "room for little. Nothing was copied.") {
				s.Errorf("the person reads %q", m.Message)
			}
		},
		"a move beyond the quota goes on when the person tries again after room was made": func(s *stage) {
			s.full(transfer.QuotaExceeded)
			m := s.work(s.begin(), 5)
			s.want(m, destination.NeedsAttention, transfer.QuotaExceeded)
			m, err := s.mover.Retry(s.Context(), s.account, m.ID, destination.Choice{})
			if err != nil {
				s.Fatal(err)
			}
			s.want(s.work(m, 5), destination.NeedsAttention, transfer.QuotaExceeded)
			s.mover.Room = nil
			m, err = s.mover.Retry(s.Context(), s.account, m.ID, destination.Choice{})
			if err != nil {
				s.Fatal(err)
			}
			s.want(s.work(m, 20), destination.Done, "")
			if list := s.source.missing(s.fixture); len(list) > 0 {
				s.Errorf("no receipt for %v", list)
			}
		},
		"a move that has begun waits while the disk is full, is told so once, and goes on by itself": func(s *stage) {
			s.source.trouble = times(1, "page photos", coded(transfer.PodUnreachable))
			m := s.work(s.begin(), 1)
			s.want(m, destination.Waiting, transfer.PodUnreachable)
			asked := s.full(transfer.StorageFull)
			s.now = m.WaitUntil
			for range 3 {
				m = s.work(m, 1)
				s.want(m, destination.Waiting, transfer.StorageFull)
			}
			items, contents := s.planned()
			if l := (*asked)[0]; l.Came == 0 || l.Bytes() >= (items+contents)*11/10 {
				s.Errorf("asked for %+v, as if nothing had come", l)
			}
			s.mover.Room = nil
			s.want(s.work(m, 20), destination.Done, "")
			if n := strings.Count(strings.Join(s.events(m), "\n"), "Waiting: the old account holds much"); n != 1 {
				s.Errorf("the person was told %d times: %q", n, s.events(m))
			}
		},
		"what is here needs no room": func(s *stage) {
			s.source.trouble = times(1, "manifest", coded(transfer.PodUnreachable))
			m := s.work(s.begin(), 1)
			s.want(m, destination.Waiting, transfer.PodUnreachable)
			asked := s.full(transfer.StorageFull)
			s.want(s.work(m, 20), destination.Done, "")
			if len(*asked) != 0 {
				s.Errorf("asked for %+v", *asked)
			}
		},
	})
}

// events are the lines that the person reads.
func (s *stage) events(m destination.Move) (list []string) {
	s.Helper()
	rows, err := s.store.EventsOf(s.Context(), s.account, m.ID, 100)
	if err != nil {
		s.Fatal(err)
	}
	for _, e := range rows {
		list = append(list, e.Text)
	}
	return list
}
