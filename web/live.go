package web

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	lookEvery  = time.Second      // how often a stream looks whether something changed
	keepAlive  = 15 * time.Second // proxies close what is silent for long
	streamLife = 10 * time.Minute // then the browser opens another
)

// events tells a page of a move how it stands, whenever that changes: each
// event is the part of the page that changes, so that there is one template
// with script and without. It ends when the move rests.
func (m Moves) events(c *gin.Context) {
	page, err := m.page(c)
	if err != nil {
		m.Site.Fail(c, err)
		return
	}
	select {
	case m.Streams <- struct{}{}:
		defer func() { <-m.Streams }()
	default: // the page looks again by itself
		c.Header("Retry-After", "5")
		c.Status(http.StatusServiceUnavailable)
		return
	}
	s := newStream(c)
	end := time.After(streamLife)
	for {
		if err := s.send(m.Site.part(c, "move-state", "live", page)); err != nil {
			return
		}
		if !page.Busy {
			_ = s.write("event: end\ndata:\n\n") // the browser may be gone
			return
		}
		select {
		case <-c.Request.Context().Done():
			return
		case <-m.Stopping:
			return
		case <-end:
			return
		case <-time.After(lookEvery):
		}
		if page, err = m.page(c); err != nil {
			return // the next stream says why
		}
	}
}

// part is a piece of a page in the language of the request.
func (s *Site) part(c *gin.Context, page, name string, data any) (string, error) {
	t, ok := s.pages[s.Locale(c)][page]
	if !ok {
		return "", fmt.Errorf("web: there is no template %q", page)
	}
	var out bytes.Buffer
	err := t.ExecuteTemplate(&out, name, data)
	return out.String(), err
}

// A stream is server-sent events (HTML Standard §9.2).
type stream struct {
	w    http.ResponseWriter
	sent string
	last time.Time
}

// newStream takes gin's writer off: its Flush asks the one below, which
// belongs to the session and hides that it can.
func newStream(c *gin.Context) *stream {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events until there are many
	w := http.ResponseWriter(c.Writer)
	if below, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
		w = below.Unwrap()
	}
	return &stream{w: w, last: time.Now()}
}

// send sends a text unless it is what was sent last.
func (s *stream) send(text string, err error) error {
	switch {
	case err != nil:
		return err
	case text != s.sent:
		s.sent = text
		return s.write("data: " + strings.ReplaceAll(text, "\n", "\ndata: ") + "\n\n")
	case time.Since(s.last) > keepAlive:
		return s.write(":\n\n")
	}
	return nil
}

func (s *stream) write(text string) error {
	s.last = time.Now()
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return http.NewResponseController(s.w).Flush()
}
