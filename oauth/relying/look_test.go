package relying_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"podmove/internal/outbound"
	"podmove/oauth/relying"
	"podmove/transfer"
)

// seen is the level of a sight in a list, empty if it is not there.
func seen(list []transfer.Finding, sight transfer.Sight) transfer.Level {
	for _, f := range list {
		if f.Sight == sight {
			return f.Level
		}
	}
	return ""
}

func TestLook(t *testing.T) {
	meta := func(name string, value any) func(*pod) { return func(p *pod) { p.metadata[name] = value } }
	serve := func(path string, h http.HandlerFunc) func(*pod) { return func(p *pod) { p.serve[path] = h } }
	const finger, config, second = "/.well-known/webfinger", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { answer(w, code, document{}) }
	}
	ahead := func(d time.Duration) func(*pod) { return func(p *pod) { p.ahead.Store(int64(d)) } }
	for name, c := range map[string]struct {
		bend  func(*pod)
		sight transfer.Sight
		level transfer.Level
		code  transfer.Code // of what stops the move
	}{
		"finds the pod of an ID": {func(*pod) {}, transfer.PodFound, transfer.Fine, ""},
		"finds both documents to be one": {func(p *pod) {
			p.serve[second] = func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, p.metadata) }
		}, transfer.DocumentsAgree, transfer.Fine, ""},
		"takes a pod with one document":                        {func(*pod) {}, transfer.DocumentsAgree, transfer.Fine, ""},
		"says that loopback is not encrypted":                  {func(*pod) {}, transfer.NotEncrypted, transfer.Warning, ""},
		"says that a pod lets accounts move":                   {meta("scopes_supported", []string{"openid", "transfer:read", "transfer:move"}), transfer.MovesOffered, transfer.Fine, ""},
		"warns of a pod that does not say so":                  {meta("scopes_supported", []string{"openid", "transfer:read"}), transfer.MovesUnsaid, transfer.Warning, ""},
		"takes a pod of the same format":                       {func(p *pod) { p.resource["podmove_formats_supported"] = []int{1, 2} }, transfer.FormatSame, transfer.Fine, ""},
		"takes a pod that names no format":                     {func(*pod) {}, transfer.FormatUnsaid, transfer.Fine, ""},
		"stops at a pod of another format":                     {func(p *pod) { p.resource["podmove_formats_supported"] = []int{7} }, transfer.FormatDiffers, transfer.Obstacle, transfer.AnswerInvalid},
		"warns of a clock that is 40 seconds behind":           {ahead(40 * time.Second), transfer.ClockOff, transfer.Warning, ""},
		"takes a clock that is 20 seconds off":                 {ahead(20 * time.Second), transfer.ClockRight, transfer.Fine, ""},
		"warns of a clock that is two minutes behind":          {ahead(2 * time.Minute), transfer.ClockOff, transfer.Warning, ""},
		"warns of a clock that is two minutes ahead":           {ahead(-2 * time.Minute), transfer.ClockOff, transfer.Warning, ""},
		"stops at a clock that is six minutes behind":          {ahead(6 * time.Minute), transfer.ClockWrong, transfer.Obstacle, transfer.AnswerInvalid},
		"stops at a clock that is six minutes ahead":           {ahead(-6 * time.Minute), transfer.ClockWrong, transfer.Obstacle, transfer.AnswerInvalid},
		"stops where the documents differ":                     {func(p *pod) { p.serve[second] = status(200) }, transfer.DocumentsDiffer, transfer.Obstacle, transfer.AnswerInvalid},
		"stops at a discovery document of another issuer":      {meta("issuer", "http://127.0.0.1:1"), transfer.DocumentBroken, transfer.Obstacle, transfer.AnswerInvalid},
		"stops where there are no proofs of possession":        {meta("dpop_signing_alg_values_supported", nil), transfer.AbilityMissing, transfer.Obstacle, transfer.AnswerInvalid},
		"stops where requests cannot be pushed":                {meta("pushed_authorization_request_endpoint", ""), transfer.DocumentBroken, transfer.Obstacle, transfer.AnswerInvalid},
		"stops at a pod that does not know the account":        {serve(finger, status(404)), transfer.AccountUnknown, transfer.Obstacle, transfer.NotFound},
		"stops at an answer about someone else":                {func(p *pod) { p.finger["subject"] = "acct:other@" + p.host() }, transfer.AccountDiffers, transfer.Obstacle, transfer.IdentityDiffers},
		"stops at a server of the Fediverse that is no pod":    {func(p *pod) { p.finger["links"] = []document{} }, transfer.NoPod, transfer.Obstacle, transfer.AnswerInvalid},
		"stops at a server without discovery":                  {serve(config, status(404)), transfer.NoPod, transfer.Obstacle, transfer.AnswerInvalid},
		"stops at a server that forwards, and does not follow": {serve(finger, http.RedirectHandler("http://169.254.1.1/", http.StatusFound).ServeHTTP), transfer.PodForwards, transfer.Obstacle, transfer.AnswerInvalid},
		"stops at a pod that is busy":                          {serve(finger, status(429)), transfer.PodBusy, transfer.Obstacle, transfer.RateLimited},
		"stops at a pod that fails":                            {serve(finger, status(503)), transfer.PodFails, transfer.Obstacle, transfer.PodUnreachable},
		"stops at rubbish":                                     {serve(finger, rubbish), transfer.DocumentBroken, transfer.Obstacle, transfer.AnswerInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPod(t)
			p.bend(func() { c.bend(p) })
			list, err := p.party().Look(t.Context(), p.id(), transfer.Move)
			if seen(list, c.sight) != c.level {
				t.Errorf("got %+v, want %s as %s", list, c.sight, c.level)
			}
			if wants(t, err, c.code, ""); (err == nil) != (c.code == "") {
				t.Errorf("got %v", err)
			}
			for path := range p.asked {
				if path == "/par" {
					t.Error("something was pushed")
				}
			}
		})
	}
	t.Run("a copy needs no pod that lets accounts move", func(t *testing.T) {
		p := newPod(t)
		list, err := p.party().Look(t.Context(), p.id(), transfer.Copy)
		must(t, err)
		if seen(list, transfer.MovesUnsaid) != "" {
			t.Errorf("got %+v", list)
		}
	})
}

func TestLookTyped(t *testing.T) {
	p := newPod(t)
	for name, c := range map[string]struct {
		id    string
		sight transfer.Sight
	}{
		"what is no ID":                {"aurora", transfer.AddressUnclear},
		"an account of this pod":       {"aurora@127.0.0.1:4002", transfer.AccountHere},
		"a host where nothing listens": {"aurora@127.0.0.1:1", transfer.PodSilent},
		"a host in the local network":  {"aurora@192.168.1.1", transfer.HostForbidden},
	} {
		t.Run("stops at "+name, func(t *testing.T) {
			list, err := p.party().Look(t.Context(), c.id, transfer.Move)
			if err == nil || len(list) != 1 || seen(list, c.sight) != transfer.Obstacle {
				t.Errorf("%+v, %v", list, err)
			}
		})
	}
	t.Run("stops at a host that drips", func(t *testing.T) {
		p.instead("/.well-known/webfinger", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		o := p.options()
		o.Patience = 200 * time.Millisecond
		list, err := relying.New(o).Look(t.Context(), p.id(), transfer.Move)
		if err == nil || seen(list, transfer.PodSlow) != transfer.Obstacle {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// TestLookAtCertificates: WebFinger leads to a pod behind TLS, as far as
// certificates let it.
func TestLookAtCertificates(t *testing.T) {
	soon, later := time.Now().Add(3*24*time.Hour), time.Now().Add(90*24*time.Hour)
	for name, c := range map[string]struct {
		ends    time.Time
		address net.IP
		trusted bool
		sight   transfer.Sight
		level   transfer.Level
	}{
		"says how long a good one is good for":  {later, net.IPv4(127, 0, 0, 1), true, transfer.CertificateGood, transfer.Fine},
		"warns of one that ends in three days":  {soon, net.IPv4(127, 0, 0, 1), true, transfer.CertificateEnds, transfer.Warning},
		"stops at one that has ended":           {time.Now().Add(-time.Hour), net.IPv4(127, 0, 0, 1), true, transfer.CertificateOver, transfer.Obstacle},
		"stops at one that the pod made itself": {later, net.IPv4(127, 0, 0, 1), false, transfer.CertificateOwn, transfer.Obstacle},
		"stops at one for another name":         {later, net.IPv4(127, 0, 0, 9), true, transfer.CertificateAlien, transfer.Obstacle},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPod(t)
			cert, roots := certificate(t, c.address, c.ends)
			server := httptest.NewUnstartedServer(p)
			server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			server.StartTLS()
			t.Cleanup(server.Close)
			id := p.id()
			p.bend(func() { p.behind(server.URL) })
			o := p.options()
			if !c.trusted {
				roots = x509.NewCertPool()
			}
			o.HTTP = outbound.New(outbound.Options{Development: true, Roots: roots})
			list, err := relying.New(o).Look(t.Context(), id, transfer.Move)
			if seen(list, c.sight) != c.level || (err == nil) != (c.level != transfer.Obstacle) {
				t.Errorf("got %+v, %v", list, err)
			}
		})
	}
}

// behind has everything but WebFinger lie at another address.
func (p *pod) behind(url string) {
	p.finger["links"] = []document{{"rel": "http://openid.net/specs/connect/1.0/issuer", "href": url}}
	p.metadata["issuer"] = url
	for name, path := range map[string]string{"authorization": "authorize", "token": "token", "pushed_authorization_request": "par", "revocation": "revoke"} {
		p.metadata[name+"_endpoint"] = url + "/" + path
	}
	p.metadata["jwks_uri"] = url + "/jwks"
	p.resource = document{"resource": url + "/transfer/v1", "authorization_servers": []string{url}}
}

// certificate is one for an address, and who trusts it.
func certificate(t *testing.T, address net.IP, ends time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: ends, IPAddresses: []net.IP{address},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	parsed, err := x509.ParseCertificate(raw)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, roots
}
