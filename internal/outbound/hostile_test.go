package outbound

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// errOutside is what a public address ends with in these tests, which send
// nothing to the world.
var errOutside = errors.New("this would leave the machine")

// A fortress is a pod's client in production, and what listens on the machine
// that it must not reach.
type fortress struct {
	client  *http.Client
	port    string
	reached atomic.Int64 // connections to this machine
	outside atomic.Int64 // dials that the guard let through to the world
}

// newFortress takes the real path from URL to connect: only the connection to a
// public address is replaced by an error, after the guard has let it pass.
func newFortress(t *testing.T, o Options) *fortress {
	t.Helper()
	f := &fortress{}
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		f.listen(t, host)
	}
	o.Timeout = 5 * time.Second
	d := dialer(o)
	guard := d.Control
	d.Control = func(network, address string, c syscall.RawConn) error {
		err := guard(network, address, c)
		if err == nil && !netip.MustParseAddrPort(address).Addr().IsLoopback() {
			f.outside.Add(1)
			err = errOutside
		}
		return err
	}
	f.client = New(o)
	f.client.Transport.(guarded).next.(*http.Transport).DialContext = d.DialContext
	return f
}

// listen counts who comes, on the same port over IPv4 and IPv6.
func (f *fortress) listen(t *testing.T, host string) {
	t.Helper()
	port := f.port
	if port == "" {
		port = "0"
	}
	listener, err := net.Listen("tcp", host+":"+port)
	if err != nil && f.port != "" {
		t.Logf("not watched: %v", err) // a machine without IPv6, or the port is taken there
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	_, f.port, _ = net.SplitHostPort(listener.Addr().String())
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f.reached.Add(1)
			conn.Close()
		}
	}()
}

const publicAddress, publicAddress6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

// hostileNames are names whose resolver is an enemy's.
func hostileNames() map[string][]record {
	return map[string][]record{
		"loopback.example":  {at("127.0.0.1")},
		"other.example":     {at("127.13.37.1")},
		"loopback6.example": {at("::1")},
		"both.example":      {at("127.0.0.1", "::1")},
		"ten.example":       {at("10.0.0.1")},
		"seventeen.example": {at("172.31.255.254")},
		"home.example":      {at("192.168.0.1")},
		"carrier.example":   {at("100.127.0.1")},
		"metadata.example":  {at("169.254.169.254")},
		"metadata6.example": {at("fd00:ec2::254")},
		"link.example":      {at("fe80::1")},
		"nothing.example":   {at("0.0.0.0")},
		"nothing6.example":  {at("::")},
		"mapped.example":    {at("::ffff:127.0.0.1")},
		"mapped10.example":  {at("::ffff:10.0.0.1")},
		"nat64.example":     {at("64:ff9b::7f00:1")},
		"nat64own.example":  {at("64:ff9b:1::7f00:1")},
		"sixtofour.example": {at("2002:7f00:1::1")},
		"teredo.example":    {at("2001:0:7f00:1:0:0:80ff:fffe")},
		"compat.example":    {at("::7f00:1")},
		"many.example":      {at("224.0.0.251")},
		"all.example":       {at("255.255.255.255")},
		"bench.example":     {at("198.18.0.1")},
		"paper.example":     {at("203.0.113.7")},
		"paper6.example":    {at("2001:db8::1")},
		"site.example":      {at("fec0::1")},
		"alias.example":     {{alias: "loopback.example"}},
		"aliases.example":   {{alias: "alias.example"}},
		"aliaslink.example": {{alias: "metadata.example"}},
		"mixed.example":     {at(publicAddress, "127.0.0.1")},
		"mixed2.example":    {at("127.0.0.1", publicAddress)},
		"mixed10.example":   {at(publicAddress, "10.0.0.1")},
		"mixed6.example":    {at(publicAddress, "::1")},
		"mixed64.example":   {at(publicAddress6, "127.0.0.1")},
		"rebind.example":    {at(publicAddress), at("127.0.0.1")},
	}
}

// TestNamesThatLeadInside: a name is refused by where it leads when it is
// dialed, whatever led there.
func TestNamesThatLeadInside(t *testing.T) {
	z := &zone{names: hostileNames(), asked: map[string]int{}}
	z.names["pod.example"] = []record{at(publicAddress)}
	f := newFortress(t, Options{Resolver: z.resolver(t)})
	for name, answers := range z.names {
		if name == "rebind.example" || name == "pod.example" {
			continue
		}
		t.Run("refuses "+name, func(t *testing.T) {
			f.outside.Store(0)
			err := f.get("https://" + name + ":" + f.port + "/")
			mixed := strings.HasPrefix(name, "mixed")
			if err == nil || !mixed && !errors.Is(err, ErrForbidden) {
				t.Errorf("%v: %v", answers, err)
			}
			if mixed != (f.outside.Load() > 0) {
				t.Errorf("%v: %d dials passed the guard", answers, f.outside.Load())
			}
			if n := f.reached.Swap(0); n > 0 {
				t.Errorf("%v: %d connections came in", answers, n)
			}
		})
	}
	t.Run("refuses a name with a dot at its end", func(t *testing.T) {
		if err := f.get("https://loopback.example.:" + f.port + "/"); !errors.Is(err, ErrForbidden) || f.reached.Load() > 0 {
			t.Errorf("got %v, %d connections", err, f.reached.Load())
		}
	})
	t.Run("refuses a name that leads inside the second time it is asked for", func(t *testing.T) {
		if err := f.get("https://rebind.example:" + f.port + "/"); !errors.Is(err, errOutside) {
			t.Fatalf("the first time: %v", err)
		}
		if err := f.get("https://rebind.example:" + f.port + "/"); !errors.Is(err, ErrForbidden) || f.reached.Load() > 0 {
			t.Errorf("got %v, %d connections", err, f.reached.Load())
		}
	})
	t.Run("lets a name through that leads to the world", func(t *testing.T) {
		if err := f.get("https://pod.example/"); !errors.Is(err, errOutside) {
			t.Errorf("got %v", err)
		}
	})
}

// TestRebindingAfterTheCheck: between looking at a URL and dialing it the name
// is looked up anew, and what counts is what is dialed.
func TestRebindingAfterTheCheck(t *testing.T) {
	z := &zone{names: hostileNames(), asked: map[string]int{}}
	r := z.resolver(t)
	f := newFortress(t, Options{Resolver: r})
	if found, err := r.LookupHost(t.Context(), "rebind.example"); err != nil || found[0] != publicAddress {
		t.Fatalf("the check would see %v, %v", found, err)
	}
	if err := f.get("https://rebind.example:" + f.port + "/"); !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v", err)
	}
	if f.reached.Load()+f.outside.Load() > 0 {
		t.Error("something was reached")
	}
}

// TestMoreLiteralsThatLeadInside goes on where guard_test.go ends, with what
// only the dial's guard or the port's rule can tell.
func TestMoreLiteralsThatLeadInside(t *testing.T) {
	f := newFortress(t, Options{})
	for _, host := range []string{
		"127.0.0.1", "127.255.255.254", "2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1", "0177.0.0.01", "127.0.1", "127.1", "0",
		"127.0.0.1.", "0x7F.1.", "localhost", "LocalHost.", "[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
		"[::ffff:0:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::127.0.0.1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]",
		"[fe80::1%25lo]", "[::1%25lo]", "[fc00::1]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]", "[5f00::1]",
		"192.0.0.1", "192.0.2.1", "192.88.99.1", "198.19.0.1", "198.51.100.1", "240.0.0.1", "239.255.255.250", "172.16.0.1", "10.255.255.255",
		"１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1", "ⓛocalhost", "loc\u00adalhost", "127.0.0.1%00", "pod.example@127.0.0.1", "pod.example:x@127.0.0.1",
	} {
		t.Run("refuses "+host, func(t *testing.T) {
			request, err := http.NewRequest(http.MethodGet, "https://"+host+":"+f.port+"/", nil)
			if err != nil {
				return // it is no URL at all
			}
			if err := f.do(request); !errors.Is(err, ErrForbidden) {
				t.Errorf("got %v", err)
			}
			if f.reached.Swap(0) > 0 {
				t.Error("a connection came in")
			}
		})
	}
	for _, port := range []string{"1", "22", "25", "53", "80", "110", "143", "444", "587", "993", "1023", "0", "65536", "-1", "443x"} {
		t.Run("refuses port "+port, func(t *testing.T) {
			request, err := http.NewRequest(http.MethodGet, "https://"+publicAddress+":"+port+"/", nil)
			if err != nil {
				return
			}
			if err := f.do(request); !errors.Is(err, ErrForbidden) || f.outside.Load() > 0 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func (f *fortress) get(address string) error {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	return f.do(request)
}

func (f *fortress) do(r *http.Request) error {
	response, err := f.client.Do(r)
	if err == nil {
		response.Body.Close()
	}
	return err
}

// TestRedirects: a hop is held to what a first request is held to.
func TestRedirects(t *testing.T) {
	answer := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := answer[r.URL.Path]; to != "" {
			http.Redirect(w, r, to, http.StatusFound)
		}
		w.Header().Set("X-Referer", r.Referer())
	}))
	defer server.Close()
	client := New(Options{Development: true, Redirects: 2})
	get := func(path string) (*http.Response, error) {
		response, err := client.Get(server.URL + path)
		if err == nil {
			response.Body.Close()
		}
		return response, err
	}
	t.Run("are followed as often as was asked for, without saying from where", func(t *testing.T) {
		answer["/1?code=secret"], answer["/1"], answer["/2"] = "", "/2", "/3"
		response, err := get("/1?code=secret")
		if err != nil || response.Request.URL.Path != "/3" || response.Header.Get("X-Referer") != "" {
			t.Errorf("got %v, %v", response, err)
		}
	})
	t.Run("are not followed once more", func(t *testing.T) {
		answer["/3"] = "/4"
		if _, err := get("/1"); !errors.Is(err, ErrForbidden) {
			t.Errorf("got %v", err)
		}
	})
	for _, target := range []string{
		"http://10.0.0.1/", "https://pod.example/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "http://user@127.0.0.1/", "http://[fe80::1%25lo]/",
	} {
		t.Run("to "+target+" are refused", func(t *testing.T) {
			answer["/away"] = target
			if _, err := get("/away"); !errors.Is(err, ErrForbidden) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestRedirectsInside: a pod of the world that leads inside. Production's rules
// are asked for each hop; only the first answer is made here.
func TestRedirectsInside(t *testing.T) {
	z := &zone{names: hostileNames(), asked: map[string]int{}}
	f := newFortress(t, Options{Resolver: z.resolver(t), Redirects: 3})
	inner := f.client.Transport.(guarded)
	real := inner.next
	for _, target := range []string{
		"https://127.0.0.1:" + f.port + "/", "http://127.0.0.1:" + f.port + "/", "https://loopback.example:" + f.port + "/", "https://alias.example:" + f.port + "/",
		"https://[::1]:" + f.port + "/", "https://10.0.0.1/", "https://metadata.example/", "http://pod.example/", "//127.0.0.1:" + f.port + "/", "https://2130706433:" + f.port + "/",
	} {
		t.Run("refuses a redirect to "+target, func(t *testing.T) {
			inner.next = roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.URL.Host != "first.example" {
					return real.RoundTrip(r)
				}
				return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {target}}, Body: http.NoBody, Request: r}, nil
			})
			f.client.Transport = inner
			if err := f.get("https://first.example/"); !errors.Is(err, ErrForbidden) || f.reached.Load() > 0 {
				t.Errorf("got %v, %d connections", err, f.reached.Load())
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
