package api

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/iotest"

	"github.com/gin-gonic/gin"

	"podmove/transfer"
)

// TestSlowBody: a body that came too slowly is to be sent again; it is not wrong.
func TestSlowBody(t *testing.T) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", iotest.ErrReader(os.ErrDeadlineExceeded))
	must(t, err)
	r.Header.Set("Content-Type", "application/json")
	c.Request = r
	var into any
	if got := transfer.CodeOf(body(c, 100, &into)); got != transfer.Unavailable {
		t.Errorf("it is %s", got)
	}
}
