package limit_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"podmove/internal/limit"
)

func TestFrom(t *testing.T) {
	p := limit.Proxies{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}
	for what, c := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"believes a proxy":                          {"127.0.0.1:99", []string{"192.0.2.7"}, "192.0.2.7"},
		"believes a proxy behind a proxy":           {"127.0.0.1:99", []string{"192.0.2.7, 10.1.2.3"}, "192.0.2.7"},
		"reads several headers as one":              {"127.0.0.1:99", []string{"192.0.2.7", "10.1.2.3"}, "192.0.2.7"},
		"does not believe what came before a proxy": {"127.0.0.1:99", []string{"198.51.100.1, 192.0.2.7"}, "192.0.2.7"},
		"believes nobody else":                      {"192.0.2.7:99", []string{"198.51.100.1"}, "192.0.2.7"},
		"takes the proxy where it says nothing":     {"127.0.0.1:99", nil, "127.0.0.1"},
		"takes the proxy where it says nonsense":    {"127.0.0.1:99", []string{"unknown"}, "127.0.0.1"},
		"knows IPv4 in IPv6's clothes":              {"[::ffff:127.0.0.1]:99", []string{"::ffff:192.0.2.7"}, "192.0.2.7"},
	} {
		t.Run(what, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			if got := p.From(r).String(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestKey(t *testing.T) {
	for what, c := range map[string]struct {
		a, b string
		same bool
	}{
		"one IPv4 address is one":                 {"192.0.2.7", "192.0.2.7", true},
		"two IPv4 addresses are two":              {"192.0.2.7", "192.0.2.8", false},
		"a household's IPv6 addresses are one":    {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
		"two households' IPv6 addresses are two":  {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
		"a zone is no way to be many":             {"fe80::1%eth0", "fe80::1%eth1", true},
		"IPv4 and IPv6 are two":                   {"192.0.2.7", "2001:db8::1", false},
		"what has no address shares one with all": {"", "", true},
	} {
		t.Run(what, func(t *testing.T) {
			var a, b netip.Addr
			if c.a != "" {
				a, b = netip.MustParseAddr(c.a), netip.MustParseAddr(c.b)
			}
			if got := limit.Key(a) == limit.Key(b); got != c.same {
				t.Errorf("%s and %s: %v", limit.Key(a), limit.Key(b), got)
			}
		})
	}
}
