package api

import (
	"net/http"

	"podmove/internal/problem"
	"podmove/transfer"
)

// Gone answers 410 for something that moved away with its account, and names
// the new public profile, if there is one to name (Protocol §6.2).
// Cache-Control is the caller's.
func Gone(w http.ResponseWriter, profile string) {
	p := problem.Problem{
		Type: problem.TypeOf(string(transfer.AccountMoved)), Title: "account moved", Status: http.StatusGone,
		Detail: "What was here has moved away with its account.", Extensions: map[string]any{"code": transfer.AccountMoved},
	}
	if profile != "" {
		p.Extensions["moved_to"] = profile
	}
	body, err := p.MarshalJSON()
	if err != nil {
		http.Error(w, "moved away", http.StatusGone)
		return
	}
	h := w.Header()
	h.Set("Content-Type", problem.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusGone)
	_, _ = w.Write(body) // a reader who has gone cannot be told
}
