package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// from is the address that a request came from. X-Forwarded-For is read from
// its end, and no further than proxies that are trusted wrote it: whatever
// stands before that, anyone may have sent.
func (s *Site) from(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil || !s.trusts(at) {
			break
		}
		at = next.Unmap()
	}
	return at
}

func (s *Site) trusts(at netip.Addr) bool {
	return slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(at) })
}
