package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ory/fosite"
)

// Errors beyond RFC 6749's.
var (
	errTarget = &fosite.RFC6749Error{ // RFC 8707 §2
		ErrorField: "invalid_target", CodeField: http.StatusBadRequest,
		DescriptionField: "The resource is not one of this server's.",
	}
	errProof = &fosite.RFC6749Error{ // RFC 9449 §5
		ErrorField: "invalid_dpop_proof", CodeField: http.StatusBadRequest,
		DescriptionField: "The DPoP proof is missing or cannot be accepted.",
	}
	errNonce = &fosite.RFC6749Error{ // RFC 9449 §8
		ErrorField: "use_dpop_nonce", CodeField: http.StatusBadRequest,
		DescriptionField: "The DPoP proof needs the nonce of the header DPoP-Nonce.",
	}
	errDetails = &fosite.RFC6749Error{ // RFC 9396 §5
		ErrorField: "invalid_authorization_details", CodeField: http.StatusBadRequest,
		DescriptionField: "The authorization details cannot be granted.",
	}
)

// A laterError is a refusal that ends by itself. RFC 6585 §4: it says when.
type laterError struct {
	error
	wait time.Duration
}

func (e *laterError) Unwrap() error { return e.error }

// tooOften refuses what comes more often than this pod takes it (RFC 9126 §2.3).
func tooOften(wait time.Duration, what string) error {
	return &laterError{wait: wait, error: (&fosite.RFC6749Error{
		ErrorField: fosite.ErrTemporarilyUnavailable.ErrorField, CodeField: http.StatusTooManyRequests,
		DescriptionField: "Try again later.",
	}).WithHint(what)}
}

// seconds a client waits, rounded up.
func (e *laterError) seconds() string {
	return fmt.Sprint(int64((e.wait + time.Second - 1) / time.Second))
}

// refuse makes one of OAuth's errors that says what is wrong.
func refuse(e *fosite.RFC6749Error, what string) error { return e.WithHint(what) }

// invalid is the most common of them.
func invalid(what string) error { return refuse(fosite.ErrInvalidRequest, what) }

// answered is an error as the client reads it. What lost a race or came twice
// is invalid_grant (RFC 6749 §5.2), where fosite would say server_error or
// invalid_request.
func answered(err error) *fosite.RFC6749Error {
	switch {
	case errors.Is(err, fosite.ErrInvalidatedAuthorizeCode):
		return fosite.ErrInvalidGrant.WithWrap(err).WithHint("The authorization code has already been used.")
	case errors.Is(err, fosite.ErrInactiveToken), errors.Is(err, fosite.ErrNotFound):
		return fosite.ErrInvalidGrant.WithWrap(err).WithHint("The code or refresh token was already used, or has expired.")
	}
	e := fosite.ErrorToRFC6749Error(err)
	if e.CodeField == http.StatusInternalServerError {
		return fosite.ErrServerError.WithWrap(err) // without the hint, which is for us
	}
	return e
}

// fail answers in OAuth's own form (RFC 6749 §5.2). The log gets the cause and
// never the request, which holds codes and tokens.
func (p *Provider) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := answered(err)
	level := p.Log.InfoContext
	if e.CodeField == http.StatusServiceUnavailable { // what is waited for is another's
		w.Header().Set("Retry-After", "60") // Protocol §8
	} else if e.CodeField >= http.StatusInternalServerError {
		level = p.Log.ErrorContext
	}
	level(r.Context(), "refused an OAuth request", "path", r.URL.Path, "error", e.ErrorField, "cause", cause(err))
	if later, ok := errors.AsType[*laterError](err); ok {
		w.Header().Set("Retry-After", later.seconds())
	}
	if e.CodeField == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", tried(r.Header.Get("Authorization")))
	}
	write(w, e.CodeField, map[string]string{"error": e.ErrorField, "error_description": e.GetDescription()})
}

// cause is what a log says of err. fosite keeps it in Debug and Reason.
func cause(err error) string {
	e := fosite.ErrorToRFC6749Error(err)
	if e.Debug() != "" {
		return e.Debug()
	}
	if e.Reason() != "" {
		return e.Reason()
	}
	return err.Error()
}

// write answers with JSON that nobody may keep (RFC 6749 §5.1).
func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, `{"error":"server_error"}`, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body) // the client may be gone
}
