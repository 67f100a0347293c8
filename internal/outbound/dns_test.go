package outbound

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// A zone is what a small DNS server on loopback answers, by name without the
// dot at its end: addresses, or the name that it is an alias of. Where there are
// several answers each lookup of A takes the next, and the last stays.
type zone struct {
	mu    sync.Mutex
	names map[string][]record
	asked map[string]int
}

// A record is one answer to a lookup.
type record struct {
	alias     string
	addresses []string
}

func at(addresses ...string) record { return record{addresses: addresses} }

// resolver asks the zone over UDP, as Go's own resolver asks any server.
func (z *zone) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go z.serve(server)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}

func (z *zone) serve(server net.PacketConn) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := server.ReadFrom(buffer)
		if err != nil {
			return
		}
		var query dnsmessage.Message
		if query.Unpack(buffer[:n]) != nil || len(query.Questions) != 1 {
			continue
		}
		answer := z.answer(query)
		if packed, err := answer.Pack(); err == nil {
			server.WriteTo(packed, from)
		}
	}
}

func (z *zone) answer(query dnsmessage.Message) dnsmessage.Message {
	q := query.Questions[0]
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: query.ID, Response: true, RecursionDesired: true, RecursionAvailable: true}, Questions: query.Questions}
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	r, found := z.next(name, q.Type)
	if !found {
		m.RCode = dnsmessage.RCodeNameError
		return m
	}
	owner := q.Name
	for r.alias != "" {
		target := dnsmessage.MustNewName(r.alias + ".")
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: header(owner, dnsmessage.TypeCNAME), Body: &dnsmessage.CNAMEResource{CNAME: target}})
		owner = target
		r, _ = z.next(r.alias, q.Type)
	}
	for _, text := range r.addresses {
		ip := netip.MustParseAddr(text)
		switch {
		case q.Type == dnsmessage.TypeA && ip.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header(owner, q.Type), Body: &dnsmessage.AResource{A: ip.As4()}})
		case q.Type == dnsmessage.TypeAAAA && !ip.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header(owner, q.Type), Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
		}
	}
	return m
}

func header(name dnsmessage.Name, kind dnsmessage.Type) dnsmessage.ResourceHeader {
	return dnsmessage.ResourceHeader{Name: name, Type: kind, Class: dnsmessage.ClassINET, TTL: 0}
}

func (z *zone) next(name string, kind dnsmessage.Type) (record, bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	answers := z.names[name]
	if len(answers) == 0 {
		return record{}, false
	}
	i := min(z.asked[name], len(answers)-1)
	if kind == dnsmessage.TypeA {
		z.asked[name]++
	}
	return answers[i], true
}
