package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store/storetest"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
)

// TestDelays: those who look after the pod see whose erasing waits, why and since
// when, page by page, and nobody else does.
func TestDelays(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			h := newHouse(t, storetest.Open(t, dialect))
			podmin, err := h.store.AddAccount(t.Context(), pod.Account{GUID: pod.NewGUID(), Username: "root", Admin: true, State: pod.Active}, "", pod.NewGUID())
			h.must(err)
			h.account["root"] = podmin
			h.handler = New(h.site, anyone{h.site}, Delays{h.site, h.store.Delays})
			since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
			for i := range delaysAtOnce + 2 {
				id := fmt.Sprintf("%032x", i)
				h.must(h.store.AddTransfer(t.Context(), source.Transfer{
					ID: id, Account: h.account["aurora"].ID, Grant: id, Nonce: id, Client: "https://new.example/oauth/client.json", Purpose: transfer.Move,
					Destination: fmt.Sprintf("aurora%d@new.example", i), State: transfer.Redirecting, Redirected: since,
				}))
				d := redirects.Departure{ID: id, State: transfer.ErasingOld, Reason: transfer.HoldingsAbsent, Waits: since.Add(time.Duration(i) * time.Hour)}
				if i == 1 { // which is fine
					d.Reason, d.Waits = "", time.Time{}
				}
				h.must(h.store.SaveDeparture(t.Context(), d))
			}
			body := h.status(http.StatusOK, "root", "/admin/departures")
			for _, want := range []string{"aurora0@new.example", "does not hold everything that it took", `since <time datetime="2026-03-01T12:00:00Z">`, ">More<"} {
				if !strings.Contains(body, want) {
					t.Errorf("%q is not on the page", want)
				}
			}
			if strings.Contains(body, "aurora1@") || strings.Contains(body, "aurora51@") {
				t.Error("the first page shows too much")
			}
			_, more, _ := strings.Cut(body, `<a href="?`)
			query, _, _ := strings.Cut(more, `"`)
			body = h.status(http.StatusOK, "root", "/admin/departures?"+strings.ReplaceAll(query, "&amp;", "&"))
			if !strings.Contains(body, "aurora51@") || strings.Contains(body, "aurora50@") || strings.Contains(body, ">More<") {
				t.Errorf("the last page is %s", body)
			}
			for _, who := range []string{"", "aurora"} {
				got, want := h.as(who, "/admin/departures"), h.as(who, "/admin/nothing-is-here")
				if got.Code != http.StatusNotFound || got.Body.String() != want.Body.String() {
					t.Errorf("as %q: %d %s", who, got.Code, got.Body)
				}
			}
		})
	}
}
