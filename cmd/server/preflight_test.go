package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestPreflight: what a podmin can see before an account comes.
func TestPreflight(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect), newQuickPod(t, dialect)
		from.addAccount(t, "ada")
		from.addAccount(t, "boss", "--admin")
		start(t, from, to)
		ask := func(t *testing.T, id string, more ...string) (int, string) {
			t.Helper()
			return to.program(t, append([]string{"preflight", id, "--public-url", to.URL}, more...)...)
		}
		t.Run("says of each thing that it is fine", func(t *testing.T) {
			status, said := ask(t, "ada@"+from.Host())
			for _, want := range []string{"our-database", "our-disk", "This pod answers at its public-url", "pod-found", "clock-right", "documents-agree", "moves-offered", "format-same", "warning"} {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q", want)
				}
			}
			if status != 0 || strings.Contains(said, "obstacle") {
				t.Errorf("%d %s", status, said)
			}
		})
		t.Run("says the same of every account", func(t *testing.T) { // Protocol §2.8
			one, other := told(t, ask, "ada@"+from.Host()), told(t, ask, "boss@"+from.Host())
			if strings.ReplaceAll(other, "boss@", "ada@") != one || strings.Count(one, "\n") < 5 {
				t.Errorf("%s\nand\n%s", one, other)
			}
		})
		t.Run("ends with 1 where something is in the way", func(t *testing.T) {
			status, said := ask(t, "adda@"+from.Host())
			if status != 1 || !strings.Contains(said, "does not know of adda@"+from.Host()) || !strings.Contains(said, "of 5 checks, 1 say") {
				t.Errorf("%d %s", status, said)
			}
		})
		t.Run("ends with 1 where the clocks are apart", func(t *testing.T) {
			status, said := ask(t, "ada@"+late(t, from, 7*time.Minute))
			if status != 1 || !strings.Contains(said, "clock-wrong") || !strings.Contains(said, "are 7 minutes apart") {
				t.Errorf("%d %s", status, said)
			}
		})
		t.Run("ends with 1 where there is no room", func(t *testing.T) {
			status, said := ask(t, "ada@"+from.Host(), "--disk-reserve", "1048576GiB")
			if status != 1 || !strings.Contains(said, "no photo can come") {
				t.Errorf("%d %s", status, said)
			}
		})
	})
}

// told is what the command says in JSON of an account's pod.
func told(t *testing.T, ask func(*testing.T, string, ...string) (int, string), id string) (text string) {
	t.Helper()
	_, said := ask(t, id, "--json")
	var list []check
	if err := json.Unmarshal([]byte(said), &list); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, one := range list {
		if !strings.HasPrefix(one.Check, "our-") {
			text += string(one.Level) + " " + one.Check + " " + one.Sentence + "\n"
		}
	}
	return text
}

// late is the host of a copy of a pod's public documents whose clock is behind.
func late(t *testing.T, from *testPod, behind time.Duration) string {
	t.Helper()
	var host string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, strings.ReplaceAll(host, ":", "%3A"), strings.ReplaceAll(from.Host(), ":", "%3A"))
		page := peek(t, from.URL+r.URL.Path+"?"+r.URL.RawQuery)
		w.Header().Set("Date", time.Now().Add(-behind).UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(page.Status)
		if _, err := w.Write([]byte(strings.ReplaceAll(string(page.Body), from.Host(), host))); err != nil {
			t.Error(err)
		}
	}))
	host = server.Listener.Addr().String()
	server.Start()
	t.Cleanup(server.Close)
	return host
}
