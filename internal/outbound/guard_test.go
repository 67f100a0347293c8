package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"podmove/internal/outbound"
)

// Each of these is refused by a pod in production before a name is looked up or
// a connection is made.
func TestProductionRefuses(t *testing.T) {
	client := outbound.New(outbound.Options{})
	for name, address := range map[string]string{
		"plain http":                        "http://pod.example/",
		"a file":                            "file:///etc/passwd",
		"another protocol":                  "gopher://pod.example/",
		"no scheme":                         "//pod.example/",
		"no host":                           "https:///path",
		"a URL without a hierarchy":         "https:pod.example",
		"a user name":                       "https://pod.example@127.0.0.1/",
		"a password":                        "https://user:secret@pod.example/",
		"localhost":                         "https://localhost/",
		"localhost in capitals":             "https://LOCALHOST/",
		"localhost with a dot":              "https://localhost./",
		"loopback over IPv4":                "https://127.0.0.1/",
		"another loopback address":          "https://127.8.8.8:8443/",
		"loopback over IPv6":                "https://[::1]/",
		"loopback mapped into IPv6":         "https://[::ffff:127.0.0.1]/",
		"loopback behind NAT64":             "https://[64:ff9b::7f00:1]/",
		"loopback behind 6to4":              "https://[2002:7f00:1::]/",
		"loopback as one number":            "https://2130706433/",
		"loopback in hexadecimal":           "https://0x7f000001/",
		"loopback in hexadecimal parts":     "https://0x7f.0x1/",
		"loopback in octal":                 "https://0177.0.0.1/",
		"loopback in short":                 "https://127.1/",
		"the unspecified address":           "https://0.0.0.0/",
		"the unspecified address over IPv6": "https://[::]/",
		"a private network (10/8)":          "https://10.0.0.1/",
		"a private network (172.16/12)":     "https://172.16.0.1/",
		"a private network (192.168/16)":    "https://192.168.1.1/",
		"a carrier's network":               "https://100.64.0.1/",
		"a cloud's metadata service":        "https://169.254.169.254/latest/meta-data/",
		"a link-local address":              "https://[fe80::1]/",
		"a link-local address with a zone":  "https://[fe80::1%25eth0]/",
		"a private network over IPv6":       "https://[fd00::1]/",
		"multicast":                         "https://224.0.0.1/",
		"broadcast":                         "https://255.255.255.255/",
		"a name of the local network":       "https://intranet/",
		"a mail server's port":              "https://pod.example:25/",
		"a port that is none":               "https://pod.example:99999/",
		"port zero":                         "https://pod.example:0/",
		"a host with a space":               "https://pod%20.example/",
		"a host in another script":          "https://pöd.example/",
		"digits in another script":          "https://①②⑦.⓪.⓪.①/",
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			request, err := http.NewRequest(http.MethodGet, address, nil)
			if err != nil {
				return // it is no URL at all
			}
			response, err := client.Do(request)
			if err == nil {
				response.Body.Close()
			}
			if !errors.Is(err, outbound.ErrForbidden) {
				t.Errorf("%s: %v", address, err)
			}
		})
	}
	t.Run("refuses what listens here", func(t *testing.T) {
		reached := false
		server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
		defer server.Close()
		request, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader("x"))
		if _, err := client.Do(request); !errors.Is(err, outbound.ErrForbidden) || reached {
			t.Errorf("reached: %v, error %v", reached, err)
		}
	})
}

func TestAllowed(t *testing.T) {
	cases := []struct {
		address                 string
		production, development bool
	}{
		{"https://pod.example/", true, false},
		{"https://pod.example.:8443/x?y#z", true, false},
		{"https://xn--pd-fka.example/", true, false},
		{"https://93.184.215.14/", true, false},
		{"http://pod.example/", false, false},
		{"http://127.0.0.1:4001/", false, true},
		{"https://127.0.0.1:4001/", false, true},
		{"http://localhost:4001/", false, true},
		{"http://[::1]:4001/", false, true},
		{"http://127.0.0.1.pod.example/", false, false},
		{"http://localhost.pod.example/", false, false},
		{"http://a@127.0.0.1:4001/", false, false},
		{"ftp://127.0.0.1/", false, false},
	}
	for _, c := range cases {
		u, err := url.Parse(c.address)
		if err != nil {
			t.Fatal(err)
		}
		if err := outbound.Allowed(u, false); (err == nil) != c.production {
			t.Errorf("%s in production: %v", c.address, err)
		}
		if err := outbound.Allowed(u, true); (err == nil) != c.development {
			t.Errorf("%s in development: %v", c.address, err)
		}
	}
	t.Run("hides the password in its error", func(t *testing.T) {
		u := &url.URL{Scheme: "https", Host: "pod.example", User: url.UserPassword("x", "secret")}
		if err := outbound.Allowed(u, false); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	})
}
