package api

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/client"
)

// A hearer knows the messages that begin with its name.
type hearer struct {
	name  string
	heard []string
}

func (h *hearer) Hear(_ context.Context, message string) (string, error) {
	h.heard = append(h.heard, message)
	switch {
	case !strings.HasPrefix(message, h.name):
		return "", transfer.Errorf(transfer.NotFound, "not mine")
	case strings.HasSuffix(message, "late"):
		return "", transfer.Errorf(transfer.Erasing, "too late")
	}
	return h.name + " answers", nil
}

func (h *hearer) Holdings(ctx context.Context, message string) (string, error) {
	return h.Hear(ctx, message)
}

func TestMessages(t *testing.T) {
	old, new := &hearer{name: "old"}, &hearer{name: "new"}
	handler := New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{
		Holdings{Keeper: new}, Notices{Sides: []Side{old, new}},
	}})
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	send := func(path, message string) (string, error) {
		return client.Send(t.Context(), srv.Client(), srv.URL+"/transfer/v1/"+path, message)
	}
	t.Run("hands a message to the side that knows its transfer, and back goes the answer", func(t *testing.T) {
		for message, want := range map[string]string{"old message": "old answers", "new message": "new answers"} {
			if got, err := send("notices", message); err != nil || got != want {
				t.Errorf("%s: %q, %v", message, got, err)
			}
		}
		if got, err := send("holdings", "new question"); err != nil || got != "new answers" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("says the same of an unknown transfer as of a wrong signature", func(t *testing.T) {
		for _, path := range []string{"notices", "holdings"} {
			if _, err := send(path, "nobody's"); transfer.CodeOf(err) != transfer.SignatureInvalid {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
	t.Run("gives a refusal its code, and asks no other side", func(t *testing.T) {
		new.heard = nil
		if _, err := send("notices", "old but late"); transfer.CodeOf(err) != transfer.Erasing || len(new.heard) != 0 {
			t.Errorf("%v, and the other side heard %v", err, new.heard)
		}
	})
	t.Run("takes nothing but signed messages of a bounded size", func(t *testing.T) {
		for name, c := range map[string]struct {
			kind string
			size int
			want int
		}{
			"another type":      {"application/json", 10, http.StatusBadRequest},
			"no type":           {"", 10, http.StatusBadRequest},
			"a huge message":    {messageType, maxSigned + 1, http.StatusRequestEntityTooLarge},
			"one just not huge": {messageType + "; charset=utf-8", maxSigned, http.StatusOK},
		} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/transfer/v1/notices", strings.NewReader("old"+strings.Repeat("x", c.size-3)))
			r.Header.Set("Content-Type", c.kind)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%s: %d, want %d", name, w.Code, c.want)
			}
		}
	})
	t.Run("keeps an answer out of caches", func(t *testing.T) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/transfer/v1/notices", strings.NewReader("old"))
		r.Header.Set("Content-Type", messageType)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != messageType {
			t.Errorf("%v", w.Header())
		}
	})
}

// TestSendIsBounded: what a stranger answers is bounded in size and kind.
func TestSendIsBounded(t *testing.T) {
	for name, c := range map[string]struct {
		kind   string
		status int
		body   []byte
		want   transfer.Code
	}{
		"a page":          {"text/html", 200, []byte("hello"), transfer.AnswerInvalid},
		"a huge answer":   {messageType, 200, bytes.Repeat([]byte("x"), 2<<20), transfer.AnswerInvalid},
		"a redirect":      {messageType, 302, nil, transfer.AnswerInvalid},
		"a broken server": {"text/plain", 502, []byte("oops"), transfer.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.kind)
				w.WriteHeader(c.status)
				_, _ = w.Write(c.body) // the client may have had enough
			}))
			defer srv.Close()
			if _, err := client.Send(t.Context(), srv.Client(), srv.URL, "message"); transfer.CodeOf(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
