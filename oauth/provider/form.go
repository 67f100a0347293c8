package provider

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"unicode/utf8"
)

// Bounds on what a stranger sends, in bytes.
const (
	maxForm      = 64 << 10
	maxParameter = 8 << 10
)

// The parameters that the endpoints know. Others are passed over (RFC 6749
// §3.1), so that nothing unknown is kept, and fosite's own "audience" has no
// way in.
var (
	pushParameters = []string{
		"client_id", "client_secret", "client_assertion", "client_assertion_type",
		"response_type", "response_mode", "redirect_uri", "scope", "state", "nonce", "prompt", "login_hint",
		"code_challenge", "code_challenge_method", "resource", "authorization_details", "dpop_jkt",
		"request", "request_uri",
	}
	keptParameters = []string{
		"redirect_uri", "state", "nonce", "login_hint",
		"code_challenge", "code_challenge_method", "resource", "authorization_details", "dpop_jkt",
	}
	tokenParameters = []string{
		"client_id", "client_secret", "client_assertion", "client_assertion_type",
		"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "resource",
	}
	askParameters = []string{"client_id", "client_secret", "client_assertion", "client_assertion_type", "token", "token_type_hint"}
)

// readForm reads the body of a POST: one value for each known parameter.
// Nothing is taken from the address, where proxies' logs would keep it.
func readForm(w http.ResponseWriter, r *http.Request, known []string) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || media != "application/x-www-form-urlencoded":
		return nil, invalid("The body must be application/x-www-form-urlencoded.")
	case r.URL.RawQuery != "":
		return nil, invalid("Parameters belong into the body, not into the address.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil, invalid("The body cannot be read, or is too large.")
	}
	form, err := parameters(string(body), known)
	if err != nil {
		return nil, err
	}
	return form, readCredentials(r, form)
}

// parameters picks the known ones. RFC 6749 §3.1 and §3.2: none may stand
// twice; fosite would take the first.
func parameters(encoded string, known []string) (url.Values, error) {
	all, err := url.ParseQuery(encoded)
	if err != nil {
		return nil, invalid("The parameters cannot be read.")
	}
	picked := url.Values{}
	for name, values := range all {
		switch {
		case len(values) > 1:
			return nil, invalid("A parameter stands there twice.")
		case !slices.Contains(known, name) || values[0] == "":
		case len(values[0]) > maxParameter || !utf8.ValidString(values[0]):
			return nil, invalid("A parameter is too long or not UTF-8.")
		default:
			picked.Set(name, values[0])
		}
	}
	return picked, nil
}

// asRequest is a request that fosite reads: the picked parameters and nothing
// else.
func asRequest(r *http.Request, form url.Values) *http.Request {
	clean := &http.Request{Method: http.MethodPost, URL: r.URL, Header: http.Header{}, Form: form, PostForm: form}
	return clean.WithContext(r.Context())
}
