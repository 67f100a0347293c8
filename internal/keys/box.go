package keys

import (
	"crypto/aes"
	"crypto/cipher"
)

// boxVersion is the first byte of everything sealed, so that a later way of
// sealing can stand beside this one.
const boxVersion = 1

// Box seals bytes at rest with AES-256-GCM. Sealed bytes are a version byte, a
// random nonce of 96 bits, the ciphertext and its tag: 29 bytes longer than the
// plain ones.
type Box struct {
	aead cipher.AEAD
}

// Box is the box of this master key.
func (m Master) Box() Box {
	block, err := aes.NewCipher(m.Derive("box"))
	if err != nil {
		panic("keys: " + err.Error()) // only for a key that is not 32 bytes long
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("keys: " + err.Error()) // only for a cipher that is not AES
	}
	return Box{aead: aead}
}

// Seal encrypts plain for one purpose, such as "signing-key" or "token:17". The
// purpose is not stored; it binds the bytes to their place, so that a row copied
// over another does not open.
func (b Box) Seal(purpose string, plain []byte) []byte {
	return b.aead.Seal([]byte{boxVersion}, nil, plain, []byte(purpose))
}

// Open decrypts what Seal made for the same purpose, or fails with ErrSealed.
func (b Box) Open(purpose string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != boxVersion {
		return nil, ErrSealed
	}
	plain, err := b.aead.Open(nil, nil, sealed[1:], []byte(purpose))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
