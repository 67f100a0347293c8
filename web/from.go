package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

func (s *Site) from(r *http.Request) netip.Addr { return From(r, s.proxies) }

// From is the address that a request came from. X-Forwarded-For is read from
// its end, and no further than proxies that are trusted wrote it: whatever
// stands before that, anyone may have sent.
func From(r *http.Request, proxies []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil || !trusts(proxies, at) {
			break
		}
		at = next.Unmap()
	}
	return at
}

func trusts(proxies []netip.Prefix, at netip.Addr) bool {
	return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(at) })
}
