package keys_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"

	"podmove/internal/keys"
)

func newKey(t *testing.T) keys.Key {
	t.Helper()
	k, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKey(t *testing.T) {
	t.Run("comes back as itself from its stored form", func(t *testing.T) {
		k := newKey(t)
		der, err := k.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := keys.Parse(der)
		if err != nil {
			t.Fatal(err)
		}
		if back.ID() != k.ID() || !back.Private().Equal(k.Private()) {
			t.Error("another key came back")
		}
	})
	t.Run("refuses a key on another curve", func(t *testing.T) {
		other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(other)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Parse(der); err == nil {
			t.Error("a P-384 key was taken")
		}
	})
	t.Run("is not printed", func(t *testing.T) {
		k := newKey(t)
		want := "signing key " + k.ID()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if got := fmt.Sprintf(verb, k); got != want {
				t.Errorf("%s prints %q", verb, got)
			}
		}
	})
	t.Run("signs nothing when it is empty", func(t *testing.T) {
		if _, err := keys.Sign(keys.Key{}, "x+jwt", struct{}{}); err == nil || !strings.Contains(err.Error(), "no key") {
			t.Errorf("got %v", err)
		}
	})
}
