package config

import (
	"net/netip"
	"net/url"
	"strings"
)

// Origin is the public URL in the one form that stands in IDs, issuers and
// messages: lower case, no slash at the end, no port that its scheme implies.
// "https://Pod.example:443/" is "https://pod.example".
func (c Config) Origin() string {
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return c.PublicURL // Validate has refused it
	}
	host := strings.ToLower(u.Host)
	implied := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if u.Port() == implied || u.Port() == "" {
		host = strings.TrimSuffix(host, ":"+u.Port())
	}
	return u.Scheme + "://" + host
}

// Host is the part of an account's ID behind the @: the host of the origin, with
// a port only where the scheme does not imply it.
func (c Config) Host() string {
	_, host, _ := strings.Cut(c.Origin(), "://")
	return host
}

// Development says whether this is a pod in development: its public URL is http,
// which Validate allows on loopback only (protocol §1.1).
func (c Config) Development() bool { return strings.HasPrefix(c.Origin(), "http://") }

// loopback says whether a host is this machine. A name other than "localhost" is
// not looked up.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
