package destination_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// times makes trouble for one call, so often.
func times(n int, call string, trouble error) func(string) error {
	return func(now string) error {
		if now != call || n == 0 {
			return nil
		}
		n--
		return trouble
	}
}

func coded(code transfer.Code) *transfer.Error { return transfer.Errorf(code, "trouble") }

// TestTroubleThatPasses: the move waits, and goes on by itself.
func TestTroubleThatPasses(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite) // it is not the database that is tried
	pause := coded(transfer.RateLimited)
	pause.RetryAfter = 50 * time.Minute
	changed := coded(transfer.ChangedSince)
	incomplete := coded(transfer.Incomplete)
	for name, c := range map[string]struct {
		trouble func() func(string) error
		waits   transfer.Code // the reason while it waits; "" if it does not
		least   time.Duration // it takes
	}{
		"goes on after a pod that did not answer":      {func() func(string) error { return times(3, "page posts", coded(transfer.PodUnreachable)) }, transfer.PodUnreachable, 3 * time.Second},
		"comes back when the pod asks it to":           {func() func(string) error { return times(1, "page photos", pause) }, transfer.RateLimited, 50 * time.Minute},
		"opens the transfer when it can":               {func() func(string) error { return times(2, "open", coded(transfer.Unavailable)) }, transfer.Unavailable, time.Second},
		"sends its receipts when it can":               {func() func(string) error { return times(2, "receipts", coded(transfer.Internal)) }, transfer.Internal, time.Second},
		"reads again what changed since the manifest":  {func() func(string) error { return times(3, "complete", changed) }, "", 0},
		"sends receipts again for what the pod misses": {func() func(string) error { return times(2, "complete", incomplete) }, "", 0},
		"reads from nothing when its cursor is gone":   {func() func(string) error { return times(2, "page contacts", coded(transfer.CursorExpired)) }, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, db)
			s.source.trouble = c.trouble()
			start := s.now
			m := s.begin()
			if c.waits != "" {
				m = s.work(m, 1)
				s.want(m, destination.Waiting, c.waits)
				if m.Message == "" || m.WaitUntil.Before(s.now) && c.least > 0 && m.WaitUntil.Before(start) {
					s.Errorf("the person is not told: %+v", m)
				}
			}
			m = s.work(m, 30)
			s.want(m, destination.Done, "")
			if took := s.now.Sub(start); took < c.least {
				s.Errorf("it came back after %v, want %v at least", took, c.least)
			}
			if list := s.source.missing(s.fixture); len(list) > 0 {
				s.Errorf("no receipt for %v", list)
			}
		})
	}
}

// TestTroubleThatStays: the move stops and says why; it never finishes, and
// the old pod keeps everything.
func TestTroubleThatStays(t *testing.T) {
	db := storetest.Open(t, storetest.SQLite) // it is not the database that is tried
	always := func(call string, code transfer.Code) func(*stage) {
		return func(s *stage) { s.source.trouble = times(-1, call, coded(code)) }
	}
	forge := func(change func(m *transfer.Manifest)) func(*stage) {
		return func(s *stage) { s.source.forge = change }
	}
	for name, c := range map[string]struct {
		make func(*stage)
		want transfer.Code
	}{
		"stops at a page of another transfer":            {always("page posts", transfer.NonceForeign), transfer.NonceForeign},
		"stops at a wrong digest":                        {always("page posts", transfer.DigestWrong), transfer.DigestWrong},
		"stops at bytes that are not canonical":          {always("page posts", transfer.NotCanonical), transfer.NotCanonical},
		"stops at a manifest with a bad signature":       {always("manifest", transfer.SignatureInvalid), transfer.SignatureInvalid},
		"stops at a manifest of another transfer":        {always("manifest", transfer.NonceForeign), transfer.NonceForeign},
		"stops at a manifest that differs":               {forge(func(m *transfer.Manifest) { m.Tallies[4].Count++ }), transfer.ManifestDiffers},
		"stops at a manifest that leaves posts out":      {forge(func(m *transfer.Manifest) { m.Tallies = m.Tallies[:4] }), transfer.ManifestDiffers},
		"stops when the account changes without end":     {always("complete", transfer.ChangedSince), transfer.ChangedSince},
		"stops when receipts are never enough":           {always("complete", transfer.Incomplete), transfer.Incomplete},
		"stops when cursors expire without end":          {always("page posts", transfer.CursorExpired), transfer.CursorExpired},
		"stops when the account moves elsewhere":         {always("open", transfer.TransferActive), transfer.TransferActive},
		"stops after three days without an answer":       {always("page posts", transfer.PodUnreachable), transfer.PodUnreachable},
		"asks for consent when the token is gone":        {always("page posts", transfer.TokenInvalid), transfer.ConsentNeeded},
		"asks for consent when it was narrowed":          {always("open", transfer.NotGranted), transfer.ConsentNeeded},
		"stops at a pod that takes receipts and goes on": {func(s *stage) { s.source.deaf = true }, transfer.AnswerInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, db)
			c.make(s)
			m := s.work(s.begin(), 1000)
			s.want(m, destination.NeedsAttention, c.want)
			if m.Message == "" || m.Phase == "" {
				s.Errorf("the person is not told, or nothing could go on: %+v", m)
			}
			if s.source.state == transfer.Redirecting {
				s.Error("the old pod put its stubs up")
			}
		})
	}
}

func TestWaitingIsBounded(t *testing.T) {
	onStages(t, func(s *stage) {
		long := coded(transfer.RateLimited)
		long.RetryAfter = 30 * 24 * time.Hour
		s.source.trouble = times(-1, "page posts", long)
		start := s.now
		m := s.work(s.begin(), 1)
		if wait := m.WaitUntil.Sub(start); wait != time.Hour { // Protocol §4.5
			s.Errorf("it waits %v, want an hour at most", wait)
		}
		m = s.work(m, 1000)
		s.want(m, destination.NeedsAttention, transfer.RateLimited)
		if took := s.now.Sub(start); took < 71*time.Hour || took > 73*time.Hour {
			s.Errorf("it gave up after %v, want 72 hours", took)
		}
		s.part("and goes on when the person says so", func() {
			s.source.trouble = nil
			m, err := s.mover.Retry(s.Context(), s.account, m.ID, destination.Choice{})
			if err != nil {
				s.Fatal(err)
			}
			s.want(s.work(m, 20), destination.Done, "")
		})
	})
}

func TestConsentOnceMore(t *testing.T) {
	onStages(t, func(s *stage) {
		s.source.trouble = times(-1, "page photos", coded(transfer.TokenInvalid))
		m := s.work(s.begin(), 20)
		s.want(m, destination.NeedsAttention, transfer.ConsentNeeded)
		if _, err := s.mover.Retry(s.Context(), s.account, m.ID, destination.Choice{}); transfer.CodeOf(err) != transfer.ConsentNeeded {
			s.Errorf("trying again without consent: %v", err)
		}
		s.source.trouble = nil
		m = s.work(s.agree(m), 20)
		s.want(m, destination.Done, "")
		if list := s.source.missing(s.fixture); len(list) > 0 {
			s.Errorf("no receipt for %v", list)
		}
	})
}

func TestLeftovers(t *testing.T) {
	leave := func(s *stage) destination.Move {
		lost := s.fixture.Entries[transfer.Photos][2].GUID
		s.source.Reader = liar{Reader: s.source.Reader, content: func(guid string) error {
			if guid == lost && !s.source.found {
				return coded(transfer.NotFound)
			}
			return nil
		}}
		m := s.work(s.begin(), 3)
		s.want(m, destination.Waiting, transfer.AcceptanceNeeded)
		return m
	}
	onEach(t, map[string]func(*stage){
		"waits until the person accepts at the old pod": func(s *stage) {
			m := leave(s)
			m = s.work(m, 3)
			s.want(m, destination.Waiting, transfer.AcceptanceNeeded)
			s.source.state = transfer.Redirecting
			s.want(s.work(m, 3), destination.Done, "")
			report, err := s.mover.Report(s.Context(), s.account, m.ID)
			if err != nil || len(report.Trouble) != 1 || report.Trouble[0].Reason != transfer.ContentMissing || report.Left() != 1 {
				s.Errorf("got %+v, %v", report.Trouble, err)
			}
			if label := report.Trouble[0].Label; !strings.Contains(label, ".") {
				s.Errorf("the person knows it by %q", label)
			}
			for _, p := range report.Collections {
				if p.Collection == transfer.Photos && (p.Bytes == 0 || p.Bytes >= p.PlannedBytes) {
					s.Errorf("%d of %d bytes of photos came, and one is missing", p.Bytes, p.PlannedBytes)
				}
			}
		},
		"reads again what changed before the person accepted": func(s *stage) {
			m := leave(s)
			s.source.state = transfer.Copying
			s.source.complete = func(transfer.Receipt) error { return nil }
			s.want(s.work(m, 3), destination.Waiting, transfer.AcceptanceNeeded)
			if s.source.state != transfer.Verified {
				s.Errorf("the old pod is %s", s.source.state)
			}
		},
		"tries what failed again when the person says so": func(s *stage) {
			m := leave(s)
			s.source.found = true
			m, err := s.mover.Retry(s.Context(), s.account, m.ID, destination.Choice{})
			if err != nil {
				s.Fatal(err)
			}
			s.want(s.work(m, 20), destination.Done, "")
			if list := s.source.missing(s.fixture); len(list) > 0 {
				s.Errorf("no receipt for %v", list)
			}
		},
	})
}

func TestEnds(t *testing.T) {
	onEach(t, map[string]func(*stage){
		"cancels, and tells the old pod": func(s *stage) {
			s.source.trouble = times(1, "page posts", coded(transfer.PodUnreachable))
			m := s.work(s.begin(), 1)
			if _, err := s.mover.Cancel(s.Context(), s.account+1, m.ID); transfer.CodeOf(err) != transfer.NotFound {
				s.Errorf("another person: %v", err)
			}
			m, err := s.mover.Cancel(s.Context(), s.account, m.ID)
			if err != nil {
				s.Fatal(err)
			}
			s.want(m, destination.Cancelled, "")
			if next, err := s.mover.Run(s.Context(), m.ID); err != nil || !next.Done {
				s.Errorf("a cancelled move goes on: %+v, %v", next, err)
			}
			if _, err := s.mover.Farewell(s.Context(), m.ID); err != nil || s.source.state != transfer.Cancelled || !s.source.revoked {
				s.Errorf("the old pod is %s, tokens back %v, %v", s.source.state, s.source.revoked, err)
			}
			if kept, err := s.store.MoveTokens(s.Context(), m.ID); err != nil || len(kept) != 0 {
				s.Errorf("%d bytes of tokens are kept, %v", len(kept), err)
			}
		},
		"says when the old pod could not be told of the cancelling": func(s *stage) {
			s.source.trouble = times(1, "page posts", coded(transfer.PodUnreachable))
			m := s.work(s.begin(), 1)
			if _, err := s.mover.Cancel(s.Context(), s.account, m.ID); err != nil {
				s.Fatal(err)
			}
			s.source.trouble = times(-1, "cancel", coded(transfer.TokenInvalid))
			if _, err := s.mover.Farewell(s.Context(), m.ID); err != nil {
				s.Fatal(err)
			}
			if m := s.read(m); m.State != destination.Cancelled || !strings.Contains(m.Message, "cancel it there, too") || strings.Contains(m.Message, "nothing there was changed") {
				s.Errorf("the move is %s: %s", m.State, m.Message)
			}
		},
		"stops copying while a page is on its way": func(s *stage) {
			m := s.begin()
			s.source.trouble = func(call string) error {
				if call == "page contacts" {
					if _, err := s.mover.Cancel(context.WithoutCancel(s.Context()), s.account, m.ID); err != nil {
						s.Error(err)
					}
				}
				return nil
			}
			s.want(s.work(m, 5), destination.Cancelled, "")
			report, err := s.mover.Report(s.Context(), s.account, m.ID)
			if err != nil {
				s.Fatal(err)
			}
			for _, p := range report.Collections {
				if p.Collection == transfer.Photos && p.Seen() > 0 {
					s.Errorf("%d photos came after the move was cancelled", p.Seen())
				}
			}
		},
		"is done if the old pod had finished before it heard of the cancelling": func(s *stage) {
			s.source.trouble = times(-1, "complete", coded(transfer.PodUnreachable))
			m := s.work(s.begin(), 2)
			m, err := s.mover.Cancel(s.Context(), s.account, m.ID)
			if err != nil {
				s.Fatal(err)
			}
			s.source.state = transfer.Redirecting
			if _, err := s.mover.Farewell(s.Context(), m.ID); err != nil {
				s.Fatal(err)
			}
			s.want(s.read(m), destination.Done, "")
		},
		"finds out that its receipt was taken though the answer was lost": func(s *stage) {
			s.source.complete = func(transfer.Receipt) error {
				s.source.state = transfer.Redirecting
				return coded(transfer.PodUnreachable)
			}
			s.want(s.work(s.begin(), 5), destination.Done, "")
		},
		"ends when the old pod gave the transfer up": func(s *stage) {
			s.source.trouble = times(1, "page posts", coded(transfer.PodUnreachable))
			m := s.work(s.begin(), 1)
			s.source.state = transfer.ExpiredIdle
			s.want(s.work(m, 5), destination.Cancelled, transfer.Expired)
		},
		"is given up after a week in which nothing happened": func(s *stage) {
			s.source.trouble = times(-1, "page posts", coded(transfer.DigestWrong))
			m := s.work(s.begin(), 5)
			s.now = s.now.Add(7*24*time.Hour - time.Minute)
			if err := s.mover.Expire(s.Context()); err != nil {
				s.Fatal(err)
			}
			s.want(s.read(m), destination.NeedsAttention, transfer.DigestWrong)
			s.now = s.now.Add(2 * time.Minute)
			if err := s.mover.Expire(s.Context()); err != nil {
				s.Fatal(err)
			}
			s.want(s.read(m), destination.Cancelled, transfer.Expired)
		},
		"is given up when the person never accepts, however often it looks": func(s *stage) {
			s.source.complete = func(transfer.Receipt) error {
				s.source.receipts["left over"] = transfer.Outcome{Result: transfer.Skipped}
				return nil
			}
			m := s.work(s.begin(), 3)
			for range 8 {
				s.now = s.now.Add(24 * time.Hour)
				m = s.work(m, 1)
				s.want(m, destination.Waiting, transfer.AcceptanceNeeded)
			}
			if err := s.mover.Sweep(s.Context()); err != nil {
				s.Fatal(err)
			}
			s.want(s.read(m), destination.Cancelled, transfer.Expired)
		},
		"is taken up again when its job was lost": func(s *stage) {
			m := s.begin()
			s.jobs = nil
			if err := s.mover.Sweep(s.Context()); err != nil || slices.Contains(s.jobs, destination.Job(destination.WorkJob{Move: m.ID})) {
				s.Errorf("a live move: %v, %v", s.jobs, err)
			}
			s.now = s.now.Add(6 * time.Minute)
			if err := s.mover.Sweep(s.Context()); err != nil || !slices.Contains(s.jobs, destination.Job(destination.WorkJob{Move: m.ID})) {
				s.Errorf("got %v, %v", s.jobs, err)
			}
		},
		"is taken up again after a restart": func(s *stage) {
			m := s.begin()
			s.jobs = nil
			if err := s.mover.Resume(s.Context()); err != nil || !slices.Contains(s.jobs, destination.Job(destination.WorkJob{Move: m.ID})) {
				s.Errorf("got %v, %v", s.jobs, err)
			}
		},
	})
}
