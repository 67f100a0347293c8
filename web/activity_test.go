package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"podmove/internal/audit"
	"podmove/internal/pod"
	"podmove/internal/store/storetest"
)

func TestActivity(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	podmin, err := h.store.AddAccount(t.Context(), pod.Account{GUID: pod.NewGUID(), Username: "root", Admin: true, State: pod.Active}, "", pod.NewGUID())
	h.must(err)
	h.account["root"] = podmin
	h.handler = New(h.site, anyone{h.site}, Activity{h.site, h.store})
	for i := range rowsAtOnce + 5 {
		h.must(h.store.Audit(t.Context(), audit.Record{
			Kind: audit.GrantGiven, Account: h.account["aurora"].GUID, Subject: fmt.Sprint("grant ", i), Host: fmt.Sprintf("pod-%d.example", i),
		}))
	}
	h.must(h.store.AuditCounted(t.Context(), audit.Record{Kind: audit.SignInFailed, Detail: map[string]any{"network": "192.0.2.0/24"}}))
	h.must(h.store.Audit(t.Context(), audit.Record{Kind: "what-nobody-has-words-for<b>"}))
	t.Run("shows a person what was done with their account, page by page", func(t *testing.T) {
		body := h.status(http.StatusOK, "aurora", "/settings/activity")
		for _, want := range []string{"A permission to read the account was given.", "pod-54.example", "by this pod itself", "Older"} {
			if !strings.Contains(body, want) {
				t.Errorf("%q is not on the page", want)
			}
		}
		if strings.Contains(body, "pod-4.example") || strings.Contains(body, "grant 54") {
			t.Error("the first page shows too much")
		}
		_, older, _ := strings.Cut(body, `<a href="?before=`)
		number, _, _ := strings.Cut(older, `"`)
		if body = h.status(http.StatusOK, "aurora", "/settings/activity?before="+number); !strings.Contains(body, "pod-4.example") || strings.Contains(body, ">Older<") {
			t.Errorf("the last page is %s", body)
		}
	})
	t.Run("shows a person nothing of others", func(t *testing.T) {
		if body := h.status(http.StatusOK, "boreal", "/settings/activity"); strings.Contains(body, "pod-") || !strings.Contains(body, "The account was made.") {
			t.Error(body)
		}
	})
	t.Run("shows those who look after the pod all of it", func(t *testing.T) {
		body := h.status(http.StatusOK, "root", "/admin/audit")
		head, err := h.store.AuditHead(t.Context())
		h.must(err)
		for _, want := range []string{"grant 54", "aurora", "192.0.2.0/24", "what-nobody-has-words-for&lt;b&gt;", head.String()} {
			if !strings.Contains(body, want) {
				t.Errorf("%q is not on the page", want)
			}
		}
		if body = h.status(http.StatusOK, "root", "/admin/audit?account=Boreal"); strings.Contains(body, "grant 54") || !strings.Contains(body, "account-added") {
			t.Error(body)
		}
		if body = h.status(http.StatusOK, "root", "/admin/audit?account=nobody"); !strings.Contains(body, "Nobody here has this username.") {
			t.Error(body)
		}
		if body = h.status(http.StatusOK, "root", "/admin/audit?account=aurora"); !strings.Contains(body, "?account=aurora&amp;before=") {
			t.Error("the next page is about everybody")
		}
	})
	t.Run("is not there for anybody else", func(t *testing.T) {
		for _, who := range []string{"", "aurora"} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
				got, want := h.request(who, method, "/admin/audit"), h.request(who, method, "/admin/nothing-is-here")
				if got.Code != http.StatusNotFound || got.Code != want.Code || got.Body.String() != want.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(want.Header()) {
					t.Errorf("%s as %q: %d %v %s", method, who, got.Code, got.Header(), got.Body)
				}
			}
		}
	})
}
