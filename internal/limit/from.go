package limit

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops bounds how much of X-Forwarded-For is read.
const maxHops = 32

// Proxies are those whose X-Forwarded-For is believed.
type Proxies []netip.Prefix

// From is the address that a request came from. X-Forwarded-For is read from
// its end, and no further than proxies that are trusted wrote it: whatever
// stands before that, anyone may have sent.
func (p Proxies) From(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops[max(0, len(hops)-maxHops):]) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil || !p.trust(at) {
			break
		}
		at = next.Unmap()
	}
	return at
}

func (p Proxies) trust(at netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(at) })
}

// Key is whose budget an address uses. An IPv6 address is its network's: a
// household has 2^64 of them (RFC 6177).
func Key(at netip.Addr) string {
	if at.Is6() {
		if network, err := at.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return at.String()
}
