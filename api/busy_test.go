package api

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/oauth"
)

// spender is a route behind the budget of the grant that the header names.
type spender struct{ budget Budget }

func (s spender) Mount(r gin.IRouter) {
	name := func(c *gin.Context) { c.Set(grantKey, oauth.Grant{ID: c.GetHeader("Grant")}) }
	r.GET("/x", name, within(s.budget), func(c *gin.Context) { c.Status(http.StatusNoContent) })
}

func TestGrantBudget(t *testing.T) {
	spent := map[string]int{}
	h := New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{spender{func(grant string) time.Duration {
		if spent[grant]++; spent[grant] > 2 {
			return 1500 * time.Millisecond
		}
		return 0
	}}}})
	ask := func(grant string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/x", nil)
		r.Header.Set("Grant", grant)
		h.ServeHTTP(w, r)
		return w
	}
	for range 2 {
		if w := ask("a"); w.Code != http.StatusNoContent {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if w := ask("a"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "2" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := ask("b"); w.Code != http.StatusNoContent {
		t.Errorf("another grant: %d", w.Code)
	}
}
