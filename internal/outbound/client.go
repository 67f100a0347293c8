package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"code.dny.dev/ssrf"
)

// Options are what a client for strangers is made from.
type Options struct {
	// Development is for a pod in development (protocol §1.1): it speaks http
	// and https with loopback addresses, and with nothing else.
	Development bool
	// Timeout bounds one exchange from dialing to the last byte of the body.
	// Zero is DefaultTimeout. Give downloads of photos a longer one.
	Timeout time.Duration
	// MaxBody bounds the body of each answer, whatever its reader does about it.
	// Zero is DefaultMaxBody.
	MaxBody int64
	// Redirects is how many are followed, each held to what holds for a first
	// request. Zero follows none: the answer with its status 3xx is what comes.
	Redirects int
	// Roots are the certificate authorities to trust; nil is the system's.
	Roots *x509.CertPool
	// Resolver looks names up; nil is the system's. What it answers is not
	// trusted: the address is looked at when it is dialed.
	Resolver *net.Resolver
}

// Bounds that each exchange has.
const (
	DefaultTimeout = 30 * time.Second
	DefaultMaxBody = 16 << 20
	dialTimeout    = 10 * time.Second
	headerTimeout  = 20 * time.Second
	maxHeaderBytes = 64 << 10
	maxConnections = 16 // to one host, and as many exchanges at once
	idleTimeout    = 30 * time.Second
)

// New makes the client. An address that it does not speak with is ErrForbidden.
// Bodies are not decompressed, so what is counted is what came.
func New(o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	return &http.Client{
		Transport:     guarded{next: transport(o), check: urlCheck(o), turns: newTurns(maxConnections), maxBody: o.MaxBody},
		CheckRedirect: follow(o.Redirects),
		Timeout:       o.Timeout,
	}
}

func transport(o Options) *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // a proxy would dial for us, behind the guard's back
		DialContext:            dialer(o).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxConnsPerHost:        maxConnections,
		MaxIdleConnsPerHost:    maxConnections,
		IdleConnTimeout:        idleTimeout,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
}

func dialer(o Options) *net.Dialer {
	return &net.Dialer{Timeout: dialTimeout, Control: addressGuard(o).Safe, Resolver: o.Resolver}
}

// follow lets that many redirects through. Each is a request of its own to the
// guarded transport. The address that led there stays here: it may hold a code.
func follow(most int) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		switch {
		case most == 0:
			return http.ErrUseLastResponse
		case len(via) > most:
			return fmt.Errorf("%w: %d redirects are too many", ErrForbidden, len(via))
		}
		next.Header.Del("Referer")
		return nil
	}
}

// addressGuard looks at the address that is dialed, after the name was resolved:
// a name that points into the local network is stopped here, whatever it pointed
// to a moment ago.
func addressGuard(o Options) *ssrf.Guardian {
	if !o.Development {
		return ssrf.New(ssrf.WithAnyPort()) // ports are the URL check's
	}
	return ssrf.New(ssrf.WithAnyPort(),
		ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.0.0.0/8")),
		ssrf.WithAllowedV6Prefixes(netip.MustParsePrefix("::1/128")),
		ssrf.WithDeniedV4Prefixes(netip.MustParsePrefix("0.0.0.0/0")),
		ssrf.WithDeniedV6Prefixes(netip.MustParsePrefix("::/0")))
}
