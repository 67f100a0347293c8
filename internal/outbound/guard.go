package outbound

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"code.dny.dev/ssrf"
)

// ErrForbidden is what a request to an address ends with that this pod does not
// speak with. Match it with errors.Is, through whatever http.Client wraps around
// it.
var ErrForbidden = errors.New("this pod does not speak with that address")

// guarded looks at a request's URL before anything is dialed, waits for the
// host's turn, and bounds the answer's body.
type guarded struct {
	next    http.RoundTripper
	check   func(*url.URL) error
	turns   *turns
	maxBody int64
}

// RoundTrip is http.RoundTripper.
func (g guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	err := g.check(r.URL)
	var done func()
	if err == nil {
		done, err = g.turns.take(r.Context(), strings.ToLower(r.URL.Host))
	}
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	response, err := g.next.RoundTrip(r)
	if err != nil {
		done()
		if errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) {
			return nil, fmt.Errorf("%w: %s: %w", ErrForbidden, r.URL.Host, err)
		}
		return nil, err
	}
	response.Body = &bounded{body: response.Body, left: g.maxBody, done: done}
	return response, nil
}

// urlCheck is what New's client checks; see Allowed.
func urlCheck(o Options) func(*url.URL) error {
	return func(u *url.URL) error { return Allowed(u, o.Development) }
}

// Allowed says whether a client may be asked for the URL at all: nil, or an
// error that wraps ErrForbidden and says why not. It looks at the URL alone; the
// address behind a name is looked at when it is dialed.
func Allowed(u *url.URL, development bool) error {
	if reason := shape(u); reason != "" {
		return forbidden(u, reason)
	}
	if development {
		if u.Scheme != "http" && u.Scheme != "https" {
			return forbidden(u, "it is neither http nor https")
		}
		if !Loopback(u.Hostname()) {
			return forbidden(u, "a pod in development speaks with loopback addresses only")
		}
		return nil
	}
	if reason := public(u); reason != "" {
		return forbidden(u, reason)
	}
	return nil
}

func forbidden(u *url.URL, reason string) error {
	return fmt.Errorf("%w: %s: %s", ErrForbidden, u.Redacted(), reason)
}

// shape says what is wrong with a URL wherever it leads, or nothing.
func shape(u *url.URL) string {
	port, err := strconv.Atoi(u.Port())
	switch {
	case u.Opaque != "" || u.Hostname() == "":
		return "it names no host"
	case u.User != nil:
		return "it carries a user name"
	case u.Port() != "" && (err != nil || port < 1 || port > 65535):
		return "its port is none"
	case strings.ContainsFunc(u.Hostname(), outsideHost):
		return "its host is none"
	default:
		return ""
	}
}

// outsideHost: what stands neither in a DNS name nor in an IP address. A name in
// another script is written in its ASCII form.
func outsideHost(r rune) bool {
	return r > 'z' || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:", r)
}

// public says why a URL is none of a production pod's, or nothing.
func public(u *url.URL) string {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	labels := strings.Split(host, ".")
	_, err := netip.ParseAddr(host)
	literal := err == nil
	switch port, _ := strconv.Atoi(u.Port()); {
	case u.Scheme != "https":
		return "it is not https"
	case Loopback(host):
		return "a pod in production does not speak with loopback addresses"
	case port != 0 && port != 443 && port < 1024:
		return "its port is kept for another protocol" // mail servers and the like are not to be knocked at
	case !literal && len(labels) == 1:
		return "its host is a name of the local network"
	case !literal && numeric(labels[len(labels)-1]):
		return "its host is a number"
	default:
		return ""
	}
}

// numeric: a last label that some resolvers read as an IPv4 address, as 0x7f.1
// and 2130706433 are read (WHATWG URL §3.5, "ends in a number").
func numeric(label string) bool {
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// Loopback says whether a host, without its port, is this machine: "localhost"
// or a loopback address.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
