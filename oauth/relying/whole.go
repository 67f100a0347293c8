package relying

import (
	"bytes"
	"io"
	"net/http"

	"podmove/internal/outbound"
)

// whole is a client for go-oidc, which reads documents without a bound: each
// one is read here first.
func (p *Party) whole() *http.Client {
	own := *p.HTTP
	own.Transport = whole{p.HTTP.Transport}
	return &own
}

type whole struct{ next http.RoundTripper }

var _ http.RoundTripper = whole{}

// RoundTrip is http.RoundTripper. Anything but a JSON document of a decent size
// is an error.
func (w whole) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, &outbound.StatusError{Code: response.StatusCode}
	}
	if err := outbound.ContentType(response, "application/json"); err != nil {
		return nil, err
	}
	data, err := outbound.ReadAll(response.Body, maxDocument)
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(data))
	return response, nil
}
