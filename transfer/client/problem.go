package client

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"podmove/transfer"
)

// Bounds of a problem document (RFC 9457), which a stranger writes.
const (
	maxProblem    = 64 << 10
	maxDetail     = 300 // characters shown to a person
	maxGUIDs      = 100
	maxRetryAfter = 30 * 24 * time.Hour
	typePrefix    = "urn:podmove:problem:"
)

// meant are the codes that a source may answer with. Others are this side's
// own findings, and nobody else's to announce.
var meant = map[transfer.Code]bool{
	transfer.RequestInvalid: true, transfer.NotFound: true, transfer.TokenInvalid: true,
	transfer.ScopeMissing: true, transfer.NotGranted: true, transfer.CursorInvalid: true,
	transfer.CursorExpired: true, transfer.NonceMissing: true, transfer.NonceReplayed: true,
	transfer.TransferClosed: true, transfer.TransferActive: true, transfer.AccountMoved: true,
	transfer.AccountFrozen: true, transfer.MethodRefused: true,
	transfer.AccountAdmin: true, transfer.ChangedSince: true, transfer.Incomplete: true,
	transfer.AcceptanceNeeded: true, transfer.SignatureInvalid: true, transfer.MessageReplayed: true,
	transfer.TooLarge: true, transfer.RateLimited: true, transfer.Unavailable: true,
	transfer.Internal: true, transfer.Erasing: true, transfer.ContentMissing: true,
}

// readProblem turns an answer that is not the one hoped for into the error
// that the other pod meant. It trusts the status where the body says nothing.
func readProblem(r *http.Response) *transfer.Error {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, maxProblem)) // half a problem is still told by its status
	e := parseProblem(r.StatusCode, raw)
	e.RetryAfter = retryAfter(r.Header.Get("Retry-After"), r.Header.Get("Date"))
	return e
}

// parseProblem is readProblem without HTTP.
func parseProblem(status int, raw []byte) *transfer.Error {
	var body struct {
		Type   string   `json:"type"`
		Detail string   `json:"detail"`
		GUIDs  []string `json:"guids"`
	}
	_ = json.Unmarshal(raw, &body) // what is not JSON names no type
	code := transfer.Code(strings.TrimPrefix(body.Type, typePrefix))
	if !meant[code] || typePrefix+string(code) != body.Type {
		e := byStatus(status)
		e.Guessed = true
		return e
	}
	e := transfer.Errorf(code, "the old pod says: %s", plain(body.Detail))
	for _, guid := range body.GUIDs {
		if len(e.GUIDs) < maxGUIDs && transfer.ValidGUID(guid) {
			e.GUIDs = append(e.GUIDs, guid)
		}
	}
	return e
}

func byStatus(status int) *transfer.Error {
	switch {
	case status == http.StatusUnauthorized:
		return transfer.Errorf(transfer.TokenInvalid, "the old pod does not take our token any more")
	case status == http.StatusForbidden:
		return transfer.Errorf(transfer.NotGranted, "the old pod says that this was not agreed to")
	case status == http.StatusNotFound, status == http.StatusGone:
		return transfer.Errorf(transfer.NotFound, "the old pod does not find what was asked for")
	case status == http.StatusMethodNotAllowed:
		return transfer.Errorf(transfer.MethodRefused, "the old pod does not know what was asked for")
	case status == http.StatusTooManyRequests:
		return transfer.Errorf(transfer.RateLimited, "the old pod asks us to come back later")
	case status >= 500:
		return transfer.Errorf(transfer.Unavailable, "the old pod cannot answer now (status %d)", status)
	}
	return transfer.Errorf(transfer.AnswerInvalid, "the old pod gave an answer that a transfer does not have (status %d)", status)
}

// plain makes a stranger's words fit for a page: one line, bounded, without
// control and formatting characters.
func plain(s string) string {
	out := make([]rune, 0, maxDetail)
	for _, r := range s {
		if len(out) == maxDetail {
			break
		}
		if unicode.IsSpace(r) {
			r = ' '
		}
		if unicode.IsPrint(r) || r == ' ' {
			out = append(out, r)
		}
	}
	return strings.TrimSpace(string(out))
}

// retryAfter reads RFC 9110 §10.2.3: seconds or a date, which is compared with
// the answer's own, as clocks differ. Zero is unknown.
func retryAfter(value, date string) time.Duration {
	seconds, err := strconv.ParseUint(value, 10, 32)
	if err == nil || errors.Is(err, strconv.ErrRange) { // which answers the most that there is
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(value)
	sent, err2 := http.ParseTime(date)
	if err != nil || err2 != nil {
		return 0
	}
	return min(max(at.Sub(sent), 0), maxRetryAfter)
}
