package web

import (
	"net/http"
	"net/netip"
)

// from is the address that a request came from.
func (s *Site) from(r *http.Request) netip.Addr { return s.proxies.From(r) }
