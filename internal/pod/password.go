package pod

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"runtime"

	"github.com/alexedwards/argon2id"
)

// Passwords hashes passwords and compares them with hashes. Each run takes
// 19 MiB and some 20 ms of one core, so that no more run at once than there are
// cores; the others wait.
type Passwords struct {
	params argon2id.Params
	slots  chan struct{}
	decoy  string // what might be the hash of a password
}

// NewPasswords makes Passwords with the first choice of the OWASP Password
// Storage Cheat Sheet for argon2id: 19 MiB, two passes, one lane.
func NewPasswords() *Passwords {
	params := argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	return &Passwords{params: params, slots: make(chan struct{}, runtime.NumCPU()), decoy: decoy(params)}
}

// decoy is made up whole: whoever hashes a password to compare it cannot tell.
func decoy(p argon2id.Params) string {
	salt, key := make([]byte, p.SaltLength), make([]byte, p.KeyLength)
	_, _ = rand.Read(salt) // it never fails
	_, _ = rand.Read(key)
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.Memory, p.Iterations, p.Parallelism,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// Hash is the password in PHC form.
func (p *Passwords) Hash(ctx context.Context, password string) (hash string, err error) {
	err = p.take(ctx, func() error {
		hash, err = argon2id.CreateHash(password, &p.params)
		return err
	})
	return hash, err
}

// Match reports whether the hash is that of the password. An empty hash stands
// for an account that is not there: it matches nothing and takes as long.
func (p *Passwords) Match(ctx context.Context, password, hash string) (match bool, err error) {
	known := hash != ""
	if !known {
		hash = p.decoy
	}
	err = p.take(ctx, func() error {
		match, err = argon2id.ComparePasswordAndHash(password, hash)
		return err
	})
	return match && known, err
}

func (p *Passwords) take(ctx context.Context, work func() error) error {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.slots }()
	return work()
}
