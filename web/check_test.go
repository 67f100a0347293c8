package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"podmove/internal/locale"
	"podmove/transfer"
)

func (c *carrier) Check(_ context.Context, account int64, id string) ([]transfer.Finding, error) {
	if err := c.mine(account, id); err != nil {
		return nil, err
	}
	c.did = "check"
	return c.found, c.blocked
}

func TestCheck(t *testing.T) {
	c, ask := movers(t)
	t.Run("nothing is looked at before the button is pressed", func(t *testing.T) { // Protocol §2.6
		body := ask("aurora", http.MethodGet, "/moves/a0b1", nil).Body.String()
		if c.did != "" || !strings.Contains(body, `action="/moves/a0b1/check"`) || strings.Contains(body, `class="findings"`) {
			t.Errorf("%q was done: %s", c.did, body)
		}
	})
	t.Run("says what was found, and goes nowhere", func(t *testing.T) {
		c.found = []transfer.Finding{
			{Sight: transfer.PodFound, Level: transfer.Fine, Host: "old.example", What: "aurora@old.example"},
			{Sight: transfer.ClockOff, Level: transfer.Warning, Host: "old.example", Span: 2 * time.Minute},
		}
		w := ask("aurora", http.MethodPost, "/moves/a0b1/check", nil)
		for _, want := range []string{
			`<li class="ok"><strong>Fine:</strong> old.example answers for aurora@old.example.</li>`,
			`<li class="warning"><strong>Look out:</strong> The clock of old.example and ours are 2 minutes apart.`, `action="/moves/a0b1/agree"`,
		} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%d: %s is missing in %s", w.Code, want, w.Body)
			}
		}
		if c.did != "check" {
			t.Errorf("%q was done", c.did)
		}
	})
	t.Run("a warning keeps nobody from going on", func(t *testing.T) {
		if w := ask("aurora", http.MethodPost, "/moves/a0b1/agree", nil); w.Code != http.StatusSeeOther || !strings.HasPrefix(c.did, "agree") {
			t.Errorf("%d, %q was done", w.Code, c.did)
		}
	})
	t.Run("an obstacle keeps the person here, and asks the old pod for nothing", func(t *testing.T) {
		c.found = []transfer.Finding{{Sight: transfer.ClockWrong, Level: transfer.Obstacle, Host: "old.example", Span: 6 * time.Minute}}
		c.blocked = transfer.Errorf(transfer.AnswerInvalid, "the clocks are apart")
		w := ask("aurora", http.MethodPost, "/moves/a0b1/agree", nil)
		if body := w.Body.String(); w.Code != http.StatusConflict || c.did != "check" || !strings.Contains(body, "The clocks are apart.") ||
			!strings.Contains(body, `<li class="obstacle"><strong>In the way:</strong> The clock of old.example and ours are 6 minutes apart`) {
			t.Errorf("%d, %q was done: %s", w.Code, c.did, body)
		}
		if w := ask("aurora", http.MethodPost, "/moves/a0b1/check", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "6 minutes apart") {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
	})
	t.Run("is nobody else's", func(t *testing.T) {
		if w := ask("boreal", http.MethodPost, "/moves/a0b1/check", nil); w.Code != http.StatusNotFound {
			t.Errorf("%d", w.Code)
		}
		if w := ask("", http.MethodPost, "/moves/a0b1/check", nil); w.Code != http.StatusSeeOther {
			t.Errorf("%d", w.Code)
		}
	})
}

// TestFound: every sight has a sentence, in every language, with all its gaps filled.
func TestFound(t *testing.T) {
	languages, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	for sight := range sightWords {
		t.Run(string(sight), func(t *testing.T) {
			said := map[string]bool{}
			for _, l := range languages.All() {
				text := Found(l, transfer.Finding{Sight: sight, Host: "old.example", What: "what"})
				if text == "" || strings.Contains(text, "%") || said[text] {
					t.Errorf("in %s: %q", l.Tag(), text)
				}
				said[text] = true
			}
		})
	}
}
