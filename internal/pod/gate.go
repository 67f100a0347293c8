package pod

import (
	"context"
	"net/netip"
	"strconv"
)

// A Gate is a Registry before which strangers stand. It counts what fails, by
// address and by account, so that nobody can go on trying passwords, and keeps a
// way open for the owner.
type Gate struct {
	*Registry
	Tries  Tries
	Steps  *TwoStep
	Secret []byte // behind the counters' names and what browsers keep
	// SignUps is how many accounts one address may make, or try to, at once;
	// after that one every ten minutes. Zero is no limit.
	SignUps int
}

// A Try is somebody's attempt to sign in.
type Try struct {
	Username string
	Password string
	From     netip.Addr
	Device   string // what the browser got when it last signed in to the account; anything, if it did not
}

// SignIn finds the account that username and password belong to, or
// ErrWrongPassword, or TooMany before it has looked at the password.
func (g *Gate) SignIn(ctx context.Context, t Try) (Account, error) {
	a, err := g.find(ctx, t.Username)
	if err != nil {
		return Account{}, err
	}
	paid, err := g.lane(ctx, a, g.purse(a, t.Username), t)
	if err == nil {
		err = g.check(ctx, a, t.Password)
	}
	if err != nil {
		return Account{}, err
	}
	return a, g.regain(ctx, paid)
}

// NeedsCode reports whether the password alone does not sign the account in.
func (g *Gate) NeedsCode(ctx context.Context, a Account) (bool, error) {
	s, err := g.Steps.Stand(ctx, a)
	return s.On(), err
}

// Code takes the second step of a try whose password was right: nil, or
// ErrWrongCode, or TooMany before it has looked at the code.
func (g *Gate) Code(ctx context.Context, a Account, code string, t Try) error {
	paid, err := g.lane(ctx, a, purse{"code/" + strconv.FormatInt(a.ID, 10), ofCodes}, t)
	if err == nil {
		err = g.Steps.Accept(ctx, a, code)
	}
	if err != nil {
		return err
	}
	return g.regain(ctx, paid)
}

// SignUp makes an account for somebody at an address. What is wrong with the
// form comes back as a Refusal.
func (g *Gate) SignUp(ctx context.Context, from netip.Addr, n NewAccount) (Account, error) {
	if g.SignUps > 0 {
		if err := g.spend(ctx, purse{"sign-up/" + g.place(from), Budget{g.SignUps, betweenSignUps}}); err != nil {
			return Account{}, err
		}
	}
	return g.Add(ctx, n)
}

// ChangePassword is Registry.ChangePassword for somebody who may have found the
// browser open.
func (g *Gate) ChangePassword(ctx context.Context, a Account, old, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	own := purse{"change/" + strconv.FormatInt(a.ID, 10), ofChanges}
	if err := g.spend(ctx, own); err != nil {
		return err
	}
	if err := g.Registry.ChangePassword(ctx, a, old, password); err != nil {
		return err
	}
	_ = g.regain(ctx, []purse{own}) // the password is changed: what was spent comes back by itself
	return nil
}
