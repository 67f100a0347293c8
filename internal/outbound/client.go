package outbound

import (
	"crypto/tls"
	"crypto/x509"
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
	// Roots are the certificate authorities to trust; nil is the system's.
	Roots *x509.CertPool
}

// Bounds that each exchange has.
const (
	DefaultTimeout = 30 * time.Second
	dialTimeout    = 10 * time.Second
	headerTimeout  = 20 * time.Second
	maxHeaderBytes = 64 << 10
	maxConnections = 16 // to one host
	idleTimeout    = 30 * time.Second
)

// New makes the client. An address that it does not speak with is ErrForbidden.
// A redirect is not followed: the answer with its status 3xx is what the caller
// gets. Bodies are not decompressed, so what is counted is what came.
func New(o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	dialer := &net.Dialer{Timeout: dialTimeout, Control: addressGuard(o).Safe}
	transport := &http.Transport{
		Proxy:                  nil, // a proxy would dial for us, behind the guard's back
		DialContext:            dialer.DialContext,
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
	return &http.Client{
		Transport:     guarded{next: transport, check: urlCheck(o)},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       o.Timeout,
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
