package pod

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// A Budget is how often something may fail: so many times at once, and once more
// whenever a while has passed.
type Budget struct {
	Burst int
	Every time.Duration
}

// The budgets. What succeeds costs nothing. That of an account is what all
// browsers share that never signed in to it: while somebody uses it up, another
// new browser waits until one try is back, 15 seconds at most, and never longer
// for having been refused.
var (
	fromAddress = Budget{20, time.Minute}
	ofAccount   = Budget{20, 15 * time.Second}
	ofDevice    = Budget{5, time.Minute}
	ofCodes     = Budget{5, 5 * time.Minute} // each of a million codes is right for 90 seconds
	ofChanges   = Budget{5, time.Minute}     // of who is signed in and asked for the old password
)

// betweenSignUps is how long an address waits for one more account, when it has
// made as many as it may at once.
const betweenSignUps = 10 * time.Minute

// Tries are the rows that count. All processes of a pod share them.
type Tries interface {
	// SpendTry takes one try out of the budget of that name. If there is none,
	// it takes nothing and answers how long until there is.
	SpendTry(ctx context.Context, name string, b Budget) (wait time.Duration, err error)
	// RegainTry puts back what SpendTry took.
	RegainTry(ctx context.Context, name string, b Budget) error
}

// TooMany means that too much has failed of late. Nothing was looked at.
type TooMany struct {
	Wait time.Duration // until the next try
}

func (e TooMany) Error() string { return fmt.Sprintf("pod: too many tries; the next in %s", e.Wait) }

// A purse is a budget by its name in the rows.
type purse struct {
	name   string
	budget Budget
}

// spend takes a try out of each purse, or out of none.
func (g *Gate) spend(ctx context.Context, purses ...purse) error {
	for i, p := range purses {
		wait, err := g.Tries.SpendTry(ctx, p.name, p.budget)
		if err == nil && wait > 0 {
			err = errors.Join(g.regain(ctx, purses[:i]), TooMany{wait})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *Gate) regain(ctx context.Context, purses []purse) (err error) {
	for _, p := range purses {
		err = errors.Join(err, g.Tries.RegainTry(ctx, p.name, p.budget))
	}
	return err
}

// lane spends what a try at an account costs. A browser that signed in to it
// before has a budget of its own, which nobody else can use up (OWASP's device
// cookies); once that is empty it is a stranger like any other.
func (g *Gate) lane(ctx context.Context, a Account, common purse, t Try) ([]purse, error) {
	if device, known := g.known(t.Device, a); known {
		own := []purse{{"device/" + device, ofDevice}}
		err := g.spend(ctx, own...)
		if _, empty := errors.AsType[TooMany](err); !empty {
			return own, err
		}
	}
	strangers := []purse{{"from/" + g.place(t.From), fromAddress}, common}
	return strangers, g.spend(ctx, strangers...)
}

// purse is what tries at an account have in common. Names that are not there
// share a million purses, so that a stranger cannot have us keep more, and are
// answered like those that are.
func (g *Gate) purse(a Account, username string) purse {
	if a.ID == 0 {
		return purse{"name/" + g.mark(name(username)), ofAccount}
	}
	return purse{"account/" + strconv.FormatInt(a.ID, 10), ofAccount}
}

// place is where a try comes from. A household gets a /64 of IPv6, and whoever
// has one has all its addresses.
func (g *Gate) place(from netip.Addr) string {
	from = from.Unmap()
	if from.Is6() {
		if prefix, err := from.WithZone("").Prefix(64); err == nil {
			from = prefix.Addr()
		}
	}
	return g.mark(from.String())
}

// mark is one of a million names for a text. They are keyed: people type their
// password where the username belongs, and nobody shall choose with whom they
// share.
func (g *Gate) mark(text string) string {
	mac := hmac.New(sha256.New, g.Secret)
	mac.Write([]byte("mark\x00" + text))
	return hex.EncodeToString(mac.Sum(nil))[:5]
}
