package api

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"podmove"
	"podmove/internal/problem"
	"podmove/transfer"
)

// codes reads transfer's closed list from where it is written.
func codes(t *testing.T) (list []transfer.Code) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../transfer/code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Code" {
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, transfer.Code(text))
		}
		return true
	})
	return list
}

// failing is a group whose one route fails.
type failing struct{ err error }

func (f failing) Mount(r gin.IRouter) { r.GET("/", func(c *gin.Context) { Fail(c, f.err) }) }

type panicking struct{}

func (panicking) Mount(r gin.IRouter) { r.GET("/", func(*gin.Context) { panic("a secret") }) }

func TestEveryCodeHasAStatusAndSurvives(t *testing.T) {
	list := codes(t)
	if len(list) < 40 {
		t.Fatalf("only %d codes were found", len(list))
	}
	for _, code := range list {
		t.Run(string(code), func(t *testing.T) {
			status := statusOf(code)
			if status < 400 || status > 599 || (status == http.StatusInternalServerError && code != transfer.Internal) {
				t.Errorf("it has the status %d", status)
			}
			e := transfer.Errorf(code, "what happened <here>")
			e.GUIDs = []string{"0123456789abcdef"}
			w := asked(t, New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{failing{e}}}), "/")
			p, err := problem.Read(w.Body, 1<<16)
			if err != nil {
				t.Fatal(err)
			}
			if problem.CodeOf(p.Type) != string(code) || p.Extensions["code"] != string(code) || p.Status != w.Code || w.Code != status || p.Detail != e.Message {
				t.Errorf("%d, %+v", w.Code, p)
			}
			if (status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable) != (w.Header().Get("Retry-After") != "") {
				t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
			}
		})
	}
}

func TestProblems(t *testing.T) {
	answer := func(t *testing.T, g Group) (problem.Problem, http.Header) {
		t.Helper()
		w := asked(t, New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{g}}), "/")
		p, err := problem.Read(w.Body, 1<<16)
		if err != nil {
			t.Fatal(err)
		}
		return p, w.Header()
	}
	for name, g := range map[string]Group{
		"keeps an unknown error to itself": failing{errors.New("a secret")},
		"keeps a panic to itself":          panicking{},
		"keeps a cause to itself":          failing{transfer.Errorf(transfer.Internal, "oh").Because(errors.New("a secret"))},
	} {
		t.Run(name, func(t *testing.T) {
			p, h := answer(t, g)
			if p.Status != http.StatusInternalServerError || problem.CodeOf(p.Type) != "internal" || p.Detail == "a secret" || h.Get("Cache-Control") != "no-store" {
				t.Errorf("%+v", p)
			}
		})
	}
	t.Run("tells of a full disk, and when to come back", func(t *testing.T) {
		p, h := answer(t, failing{fmt.Errorf("a secret: %w", syscall.ENOSPC)})
		if p.Status != http.StatusServiceUnavailable || !strings.Contains(p.Detail, "no room left; nothing was changed") || strings.Contains(p.Detail, "secret") || h.Get("Retry-After") != "60" {
			t.Errorf("%+v %v", p, h)
		}
	})
	t.Run("says when to come back, rounded up", func(t *testing.T) {
		e := transfer.Errorf(transfer.RateLimited, "slower")
		e.RetryAfter = 1500 * time.Millisecond
		if _, h := answer(t, failing{e}); h.Get("Retry-After") != "2" {
			t.Error(h)
		}
	})
	t.Run("answers HEAD like GET, and names the methods that an address is for", func(t *testing.T) {
		h := New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{NewDocs(podmove.OpenAPI), Holdings{}}})
		for _, tt := range []struct {
			method, path, allow string
			status              int
		}{
			{http.MethodHead, "/docs", "", http.StatusOK},
			{http.MethodPost, "/docs", "GET, HEAD", http.StatusMethodNotAllowed},
			{http.MethodOptions, "/docs", "GET, HEAD", http.StatusMethodNotAllowed},
			{http.MethodGet, "/transfer/v1/holdings", "POST", http.StatusMethodNotAllowed},
			{http.MethodDelete, "/nowhere", "", http.StatusNotFound},
		} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
			if w.Code != tt.status || w.Header().Get("Allow") != tt.allow {
				t.Errorf("%s %s: %d %v", tt.method, tt.path, w.Code, w.Header())
			}
			if p, err := problem.Read(w.Body, 1<<16); w.Code >= 400 && (err != nil || p.Status != w.Code) {
				t.Errorf("%s %s: %+v %v", tt.method, tt.path, p, err)
			}
		}
	})
	t.Run("says that there is nothing at an unknown address", func(t *testing.T) {
		w := asked(t, New(Options{Log: slog.New(slog.DiscardHandler)}), "/nowhere")
		if w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != problem.ContentType {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
}
