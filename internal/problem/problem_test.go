package problem_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"podmove/internal/problem"
)

func TestWrite(t *testing.T) {
	p := problem.Problem{
		Type: problem.TypeOf("incomplete"), Title: "Something is missing", Status: http.StatusConflict,
		Detail: "1 post & its <photo> did not arrive.", Extensions: map[string]any{"guids": []string{"ab"}, "status": 1},
	}
	w := httptest.NewRecorder()
	if err := problem.Write(w, p); err != nil {
		t.Fatal(err)
	}
	want := `{"detail":"1 post & its <photo> did not arrive.","guids":["ab"],"status":409,"title":"Something is missing","type":"urn:podmove:problem:incomplete"}`
	if got := w.Body.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if w.Code != http.StatusConflict {
		t.Errorf("status %d", w.Code)
	}
	for name, want := range map[string]string{"Content-Type": "application/problem+json", "Cache-Control": "no-store"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	t.Run("leaves the extensions of its caller alone", func(t *testing.T) {
		if p.Extensions["status"] != 1 {
			t.Error("they were changed")
		}
	})
	t.Run("writes a status that is none as 500", func(t *testing.T) {
		w := httptest.NewRecorder()
		if err := problem.Write(w, problem.Problem{}); err != nil || w.Code != http.StatusInternalServerError {
			t.Errorf("%d, %v", w.Code, err)
		}
	})
}

func TestRead(t *testing.T) {
	t.Run("reads what was written", func(t *testing.T) {
		sent := problem.Problem{
			Type: problem.TypeOf("x"), Title: "T", Status: 410, Detail: "D", Instance: "urn:uuid:1",
			Extensions: map[string]any{"a": "b", "n": 1.0},
		}
		data, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		got, err := problem.Read(bytes.NewReader(data), 1000)
		if err != nil || !reflect.DeepEqual(got, sent) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("passes over a member of the wrong type", func(t *testing.T) {
		got, err := problem.Read(strings.NewReader(`{"type":7,"status":"409","title":"T"}`), 1000)
		if err != nil || got.Title != "T" || got.Type != "" || got.Status != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	for name, body := range map[string]string{
		"refuses HTML":                   "<html>",
		"refuses nothing":                "",
		"refuses null":                   "null",
		"refuses an array":               "[]",
		"refuses what follows it":        "{}{}",
		"refuses a document that is cut": `{"title":"T`,
		"refuses one byte too many":      `{"title":"` + strings.Repeat("x", 1001-len(`{"title":""}`)) + `"}`,
		"refuses a great depth":          `{"a":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			max := int64(1000)
			if strings.Contains(name, "depth") {
				max = 1 << 20
			}
			if _, err := problem.Read(strings.NewReader(body), max); !errors.Is(err, problem.ErrUnreadable) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCode(t *testing.T) {
	if got := problem.CodeOf(problem.TypeOf("nonce-replayed")); got != "nonce-replayed" {
		t.Errorf("got %q", got)
	}
	if got := problem.CodeOf("about:blank"); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestError(t *testing.T) {
	for want, p := range map[string]problem.Problem{
		"detail":        {Detail: "detail", Title: "title"},
		"title":         {Title: "title", Status: 404},
		"404 Not Found": {Status: 404},
	} {
		if got := p.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"type":"urn:podmove:problem:x","status":409,"guids":["a"]}`))
	f.Add([]byte(`{"status":"x"}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := problem.Read(bytes.NewReader(data), 1<<16)
		if err != nil {
			return
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := problem.Read(bytes.NewReader(again), 1<<20)
		if err != nil || !reflect.DeepEqual(back, p) {
			t.Errorf("%s comes back as %+v, %v", again, back, err)
		}
	})
}
