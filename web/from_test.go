package web

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestFrom(t *testing.T) {
	s := &Site{proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8")}}
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
			if got := s.from(r).String(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
