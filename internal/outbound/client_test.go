package outbound_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"podmove/internal/outbound"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func development() *http.Client { return outbound.New(outbound.Options{Development: true}) }

func TestDevelopment(t *testing.T) {
	t.Run("speaks http with loopback", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "here") })
		response, err := development().Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	})
	t.Run("speaks https with loopback, by the roots it is given", func(t *testing.T) {
		server := httptest.NewTLSServer(http.NotFoundHandler())
		defer server.Close()
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		response, err := outbound.New(outbound.Options{Development: true, Roots: roots}).Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	})
	t.Run("does not follow a redirect", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/elsewhere", http.StatusFound)
		})
		response, err := development().Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusFound {
			t.Errorf("status %d", response.StatusCode)
		}
	})
	t.Run("refuses headers that never end", func(t *testing.T) {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 128<<10))
		})
		if response, err := development().Get(url); err == nil {
			response.Body.Close()
			t.Error("128 KiB of headers were taken")
		}
	})
	t.Run("gives up on an answer that never ends", func(t *testing.T) {
		stop := make(chan struct{})
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
			<-stop
		})
		defer close(stop)
		client := outbound.New(outbound.Options{Development: true, Timeout: 50 * time.Millisecond})
		response, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if _, err := outbound.ReadAll(response.Body, 10); err == nil {
			t.Error("it was read to its end")
		}
	})
}

func TestReadAll(t *testing.T) {
	if data, err := outbound.ReadAll(strings.NewReader("12345"), 5); err != nil || string(data) != "12345" {
		t.Errorf("got %q, %v", data, err)
	}
	if _, err := outbound.ReadAll(strings.NewReader("123456"), 5); !errors.Is(err, outbound.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestContentType(t *testing.T) {
	cases := []struct {
		header string
		types  []string
		want   bool
	}{
		{"application/json", []string{"application/json"}, true},
		{"Application/JSON; charset=utf-8", []string{"application/json"}, true},
		{"application/jrd+json", []string{"application/json", "+json"}, true},
		{"text/html", []string{"application/json", "+json"}, false},
		{"application/jsonp", []string{"application/json"}, false},
		{"", []string{"application/json"}, false},
	}
	for _, c := range cases {
		response := &http.Response{Header: http.Header{"Content-Type": {c.header}}}
		if err := outbound.ContentType(response, c.types...); (err == nil) != c.want {
			t.Errorf("%q: %v", c.header, err)
		}
	}
}

func TestJSON(t *testing.T) {
	answer := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	get := func(t *testing.T, h http.HandlerFunc) (map[string]any, error) {
		var v map[string]any
		err := outbound.JSON(t.Context(), development(), serve(t, h), 64, &v)
		return v, err
	}
	t.Run("reads a document", func(t *testing.T) {
		v, err := get(t, answer(200, "application/jrd+json", `{"subject":"acct:a@b.example"}`))
		if err != nil || v["subject"] != "acct:a@b.example" {
			t.Errorf("got %v, %v", v, err)
		}
	})
	refused := []struct {
		name string
		h    http.HandlerFunc
		want error
	}{
		{"refuses a page of HTML", answer(200, "text/html", "{}"), outbound.ErrContentType},
		{"refuses rubbish", answer(200, "application/json", "<html>"), outbound.ErrRubbish},
		{"refuses what follows the document", answer(200, "application/json", "{}{}"), outbound.ErrRubbish},
		{"refuses a huge document", answer(200, "application/json", `"`+strings.Repeat("x", 100)+`"`), outbound.ErrTooLarge},
	}
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			if _, err := get(t, c.h); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, status := range []int{302, 404, 500} {
		t.Run("refuses "+http.StatusText(status), func(t *testing.T) {
			_, err := get(t, answer(status, "application/json", "{}"))
			if e, ok := errors.AsType[*outbound.StatusError](err); !ok || e.Code != status {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("refuses an address that is none", func(t *testing.T) {
		if err := outbound.JSON(context.Background(), development(), "http://[", 1, nil); !errors.Is(err, outbound.ErrForbidden) {
			t.Errorf("got %v", err)
		}
	})
}
