package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// runner is a Mover whose move is done when it was asked for a second time.
type runner struct {
	*carrier
	asked atomic.Int64
}

func (r *runner) Report(context.Context, int64, string) (destination.Report, error) {
	report := r.report
	report.Move.State = destination.Copying
	n := r.asked.Add(1)
	if n > 1 {
		report.Move.State = destination.Done
	}
	report.Collections = []destination.Progress{{Collection: transfer.Posts, Planned: 10, Imported: n}}
	return report, nil
}

func TestEvents(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	id := h.account["aurora"].ID
	stream := func(m Moves) *httptest.ResponseRecorder {
		m.Site = h.site
		handler := New(h.site, anyone{h.site}, m)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/moves/a0b1/events", nil)
		in := httptest.NewRecorder()
		handler.ServeHTTP(in, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/as/"+strconv.FormatInt(id, 10), nil))
		for _, c := range in.Result().Cookies() {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	mover := func() *runner {
		return &runner{carrier: &carrier{owner: id, report: destination.Report{Move: destination.Move{ID: "a0b1", Account: id, Typed: "aurora@old.example"}}}}
	}
	t.Run("tell each change as it happens, and end with the move", func(t *testing.T) {
		w := stream(Moves{Mover: mover(), Streams: make(chan struct{}, 1)})
		body := w.Body.String()
		if w.Header().Get("Content-Type") != "text/event-stream" || !w.Flushed {
			t.Errorf("%v, flushed: %v", w.Header(), w.Flushed)
		}
		first, rest, _ := strings.Cut(body, "\n\n")
		if !strings.Contains(first, "1 of 10") || !strings.Contains(rest, "2 of 10") || !strings.HasSuffix(body, "event: end\ndata:\n\n") {
			t.Errorf("got %s", body)
		}
		for line := range strings.Lines(body) {
			if line != "\n" && !strings.HasPrefix(line, "data:") && !strings.HasPrefix(line, "event:") {
				t.Errorf("a line of the page is no line of the stream: %q", line)
			}
		}
	})
	t.Run("tell whether other buttons belong to the page now", func(t *testing.T) {
		m := mover()
		page := func(state destination.State, reason transfer.Code) string {
			p := movePage{Report: m.report, Busy: state.Working(), Retry: state == destination.Waiting}
			p.Move.State, p.Move.Reason = state, reason
			p.Collections = []destination.Progress{{Collection: transfer.Photos, Failed: 1}}
			return p.Can()
		}
		copying, waiting, asking := page(destination.Copying, ""), page(destination.Waiting, transfer.RateLimited), page(destination.Waiting, transfer.AcceptanceNeeded)
		if copying == waiting || waiting == asking || copying != page(destination.Verifying, "") {
			t.Errorf("copying %s, waiting %s, asking %s", copying, waiting, asking)
		}
		if body := stream(Moves{Mover: m, Streams: make(chan struct{}, 1)}).Body.String(); strings.Count(body, "data-can=") != 2 {
			t.Errorf("got %s", body)
		}
	})
	t.Run("end when the pod stops", func(t *testing.T) {
		stopping := make(chan struct{})
		close(stopping)
		if body := stream(Moves{Mover: mover(), Streams: make(chan struct{}, 1), Stopping: stopping}).Body.String(); strings.Contains(body, "event: end") || !strings.Contains(body, "1 of 10") {
			t.Errorf("got %s", body)
		}
	})
	t.Run("are refused when too many are open, and leave their places when they end", func(t *testing.T) {
		places := make(chan struct{}, 1)
		stream(Moves{Mover: mover(), Streams: places})
		if len(places) != 0 {
			t.Error("the place is still taken")
		}
		places <- struct{}{}
		if w := stream(Moves{Mover: mover(), Streams: places}); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
}
