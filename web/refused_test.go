package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"podmove/internal/audit"
	"podmove/internal/store/storetest"
)

func TestRefusedSignInIsTold(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	var told []string
	h.handler = New(h.site, Doors{Site: h.site, Gate: h.gate, Now: time.Now, Refused: func(_ context.Context, kind audit.Kind, username string, from netip.Addr) {
		told = append(told, fmt.Sprint(kind, " ", username, " ", from))
	}})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", strings.NewReader("username=aurora&password=wrong+one"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = "192.0.2.7:1234"
	h.handler.ServeHTTP(httptest.NewRecorder(), r)
	if fmt.Sprint(told) != "[sign-in-failed aurora 192.0.2.7]" {
		t.Errorf("told are %v", told)
	}
}
