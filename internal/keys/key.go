package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Key is one private ES256 key (ECDSA on P-256). Its zero value signs nothing.
type Key struct {
	private *ecdsa.PrivateKey
	id      string
}

// Generate makes a new key from the system's random source.
func Generate() (Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("making a signing key: %w", err)
	}
	return newKey(private)
}

// Parse reads what Marshal wrote: PKCS#8 DER of a P-256 private key.
func Parse(der []byte) (Key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return Key{}, fmt.Errorf("reading a signing key: %w", err)
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return Key{}, errors.New("reading a signing key: it is not an ECDSA key on P-256")
	}
	return newKey(private)
}

// Marshal writes the private key as PKCS#8 DER. The result is a secret: seal it
// with a Box before it goes anywhere.
func (k Key) Marshal() ([]byte, error) {
	if k.private == nil {
		return nil, errors.New("writing a signing key: it is empty")
	}
	return x509.MarshalPKCS8PrivateKey(k.private)
}

// ID is the key's "kid": its RFC 7638 thumbprint (SHA-256, base64url), such as
// "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".
func (k Key) ID() string { return k.id }

// Private gives the key itself to the rooms whose own library signs with it.
func (k Key) Private() *ecdsa.PrivateKey { return k.private }

// Public is the set that holds this key's public half alone.
func (k Key) Public() Set { return SetOf(k) }

// String names the key and hides it, so that a log never holds a private key.
func (k Key) String() string { return "signing key " + k.id }

// GoString hides the key from %#v as String does from %v.
func (k Key) GoString() string { return k.String() }

func newKey(private *ecdsa.PrivateKey) (Key, error) {
	id, err := thumbprint(&private.PublicKey)
	if err != nil {
		return Key{}, err
	}
	return Key{private: private, id: id}, nil
}

// thumbprint is RFC 7638 §3 with SHA-256.
func thumbprint(public *ecdsa.PublicKey) (string, error) {
	jwk := jose.JSONWebKey{Key: public}
	sum, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("thumbprint of a key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}
