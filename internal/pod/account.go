package pod

import (
	"context"
	"errors"
	"time"
)

// A State is what has become of an account.
type State string

// An account that moved may still sign in, to undo the move and to see what
// stayed here. A closed one may not.
const (
	Active State = "active"
	Moved  State = "moved"
	Closed State = "closed"
)

// An Account is one person's place on this pod.
type Account struct {
	ID        int64  // row id; never leaves the pod
	GUID      string // person GUID, 32 hexadecimal digits; OIDC subject
	Username  string // lower case; the part of the diaspora* ID before the @
	Email     string
	Language  string // a tag such as "de"; empty is what the browser asks for
	Admin     bool
	State     State
	MovedTo   string // the new diaspora* ID, if State is Moved
	MovedURL  string // the new public profile, if State is Moved; empty if no address was left
	CreatedAt time.Time
	// SessionsFrom is when the password was last changed: sessions that began
	// before it are over.
	SessionsFrom time.Time
}

// A Mailbox is an e-mail address that an account has or had.
type Mailbox struct {
	ID      int64 // row id
	Account int64
	Email   string
	Since   time.Time
	Until   time.Time // the account got another one; zero if it has this one
}

// EmailMemory is how long an address is remembered that an account has no
// more: who takes an account over must not keep its owner from hearing of a
// move (Protocol §7.5). MostEmails bounds how many there are beside the
// one of now: somebody who changes it again and again could have us write to
// strangers.
const (
	EmailMemory = 90 * 24 * time.Hour
	MostEmails  = 10
)

// What can go wrong with an account. Match them with errors.Is.
var (
	ErrNoAccount = errors.New("pod: there is no such account")
	ErrNameTaken = errors.New("pod: the username is taken")
	ErrNotActive = errors.New("pod: the account has moved away or was closed")
	ErrMoving    = errors.New("pod: a move of the account is under way")

	ErrManyEmails = errors.New("pod: the account had too many e-mail addresses of late")
)

// Accounts are the rows of accounts.
type Accounts interface {
	// AddAccount stores a, with its password in PHC form and an empty profile
	// under the guid given, and answers it with its ID. ErrNameTaken if the
	// username was ever given out: names of moved and closed accounts stay
	// taken (Protocol §6.4).
	AddAccount(ctx context.Context, a Account, password, profile string) (Account, error)
	// Account finds an account by its row id, or ErrNoAccount.
	Account(ctx context.Context, id int64) (Account, error)
	// AccountNamed finds an account by its username, or ErrNoAccount.
	AccountNamed(ctx context.Context, username string) (Account, error)
	// AccountWithGUID finds an account by its person GUID, or ErrNoAccount.
	AccountWithGUID(ctx context.Context, guid string) (Account, error)
	// Password is the account's password in PHC form.
	Password(ctx context.Context, id int64) (string, error)
	// SetPassword replaces it; sessions that began before now are over, and so
	// is all that was agreed to with other pods and programs.
	SetPassword(ctx context.Context, id int64, hash string, now time.Time) error
	// SetEmail replaces the address and remembers the one until now for
	// EmailMemory; ErrManyEmails if that would be more than MostEmails.
	SetEmail(ctx context.Context, id int64, email string, now time.Time) error
	SetLanguage(ctx context.Context, id int64, tag string) error
	// CloseAccount deletes all that the account holds. Its names stay taken.
	// ErrMoving while a move from it or to it is not over, ErrNotActive if it
	// has moved away.
	CloseAccount(ctx context.Context, id int64, now time.Time) error
}
