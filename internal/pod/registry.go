package pod

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// ErrWrongPassword means that the username and the password do not belong
// together. It does not tell whether there is such a username.
var ErrWrongPassword = errors.New("pod: wrong username or password")

// A Registry makes accounts and checks passwords.
type Registry struct {
	Accounts  Accounts
	Passwords *Passwords
	Now       func() time.Time
}

// A NewAccount is what somebody fills in to get an account.
type NewAccount struct {
	Username string
	Email    string
	Password string
	Admin    bool
}

// Add makes an account. What is wrong with the form comes back as a Refusal.
func (r *Registry) Add(ctx context.Context, n NewAccount) (Account, error) {
	n.Username, n.Email = name(n.Username), strings.TrimSpace(n.Email)
	if err := n.check(); err != nil {
		return Account{}, err
	}
	hash, err := r.Passwords.Hash(ctx, n.Password)
	if err != nil {
		return Account{}, err
	}
	account, err := r.Accounts.AddAccount(ctx, Account{
		GUID: NewGUID(), Username: n.Username, Email: n.Email, Admin: n.Admin,
		State: Active, CreatedAt: r.Now().UTC(),
	}, hash, NewGUID())
	if errors.Is(err, ErrNameTaken) {
		return Account{}, Refusal{Username, "This username is taken. It may have belonged to somebody who moved away; such names stay theirs."}
	}
	return account, err
}

// SignIn finds the account that username and password belong to, or
// ErrWrongPassword. It takes as long for a username that is not there.
func (r *Registry) SignIn(ctx context.Context, username, password string) (Account, error) {
	account, err := r.find(ctx, username)
	if err == nil {
		err = r.check(ctx, account, password)
	}
	if err != nil {
		return Account{}, err
	}
	return account, nil
}

// find is the account of a username; the zero Account if there is none.
func (r *Registry) find(ctx context.Context, username string) (Account, error) {
	account, err := r.Accounts.AccountNamed(ctx, name(username))
	if errors.Is(err, ErrNoAccount) {
		return Account{}, nil
	}
	return account, err
}

// check compares a password with an account's, or with nobody's for the zero
// Account, which takes as long.
func (r *Registry) check(ctx context.Context, a Account, password string) (err error) {
	var hash string
	if a.ID != 0 && a.State != Closed {
		if hash, err = r.Accounts.Password(ctx, a.ID); err != nil {
			return err
		}
	}
	match, err := r.Passwords.Match(ctx, password, hash)
	if err == nil && !match {
		err = ErrWrongPassword
	}
	return err
}

// ChangePassword gives the account another password, if old is the one it has.
// Other browsers are signed out by it, and pods and programs that hold tokens for
// the account need its owner's consent anew.
func (r *Registry) ChangePassword(ctx context.Context, a Account, old, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	if err := r.check(ctx, a, old); errors.Is(err, ErrWrongPassword) {
		return Refusal{Password, "The password until now is not right. Nothing was changed."}
	} else if err != nil {
		return err
	}
	hash, err := r.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return r.Accounts.SetPassword(ctx, a.ID, hash, r.Now())
}

// ChangeEmail gives the account another e-mail address.
func (r *Registry) ChangeEmail(ctx context.Context, a Account, address string) error {
	if address = strings.TrimSpace(address); !email(address) {
		return Refusal{Email, "This is not an e-mail address."}
	}
	err := r.Accounts.SetEmail(ctx, a.ID, address, r.Now())
	if errors.Is(err, ErrManyEmails) {
		return Refusal{Email, "This account had ten other e-mail addresses in the last 90 days, and news of a move goes to each of them. Nothing was changed; try again later."}
	}
	return err
}

// SetLanguage has the account's pages speak a language; empty is what the
// browser asks for.
func (r *Registry) SetLanguage(ctx context.Context, a Account, tag string) error {
	return r.Accounts.SetLanguage(ctx, a.ID, tag)
}

// Close deletes all that the account holds, for good.
func (r *Registry) Close(ctx context.Context, a Account) error {
	return r.Accounts.CloseAccount(ctx, a.ID, r.Now())
}

// name is a username as it is stored.
func name(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// NewGUID mints a guid of the shape that diaspora* mints: 32 hexadecimal
// digits, 128 random bits.
func NewGUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
