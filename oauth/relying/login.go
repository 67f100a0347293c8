package relying

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// An Ask is what the person is asked to agree to at the old pod.
type Ask struct {
	ID          string // the old ID
	Purpose     transfer.Purpose
	Collections []transfer.Collection
	Limited     bool   // posts for chosen people, too
	Destination string // the ID here
	Retry       string // the transfer of which what did not arrive is asked for once more (Protocol §5.5); else empty
}

// Started is a login under way.
type Started struct {
	URL    string // where the browser goes
	Issuer string // the old pod
	State  string // the OAuth state parameter: good for one answer, in one browser session
	Secret []byte // for Finish; to be sealed
}

// Granted is what came of a login.
type Granted struct {
	Issuer      string
	Subject     string
	Account     string // the ID whose owner agreed, resolved again
	Collections []transfer.Collection
	Tokens      []byte // for Client and Revoke; to be sealed
	Keys        []byte // the old pod's JWK set, to be pinned (Protocol §1.5)
}

// Tokens are where the tokens of one grant rest.
type Tokens interface {
	Load(ctx context.Context) ([]byte, error)
	Save(ctx context.Context, tokens []byte) error
}

// A login is what Started.Secret holds.
type login struct {
	Issuer   string        `json:"issuer"`
	State    string        `json:"state"`
	Nonce    string        `json:"nonce"`
	Verifier string        `json:"verifier"` // RFC 7636 §4.1
	Key      string        `json:"key"`      // of the proofs
	ID       string        `json:"id"`       // as typed
	Asked    oauth.Details `json:"asked"`
	Began    time.Time     `json:"began"`
}

func (l login) secret() ([]byte, error) { return json.Marshal(l) }

func openLogin(secret []byte) (l login, err error) {
	err = json.Unmarshal(secret, &l)
	if err == nil && (l.Issuer == "" || l.State == "" || l.Nonce == "" || l.Verifier == "" || l.Key == "") {
		err = fmt.Errorf("relying: a login lacks its secrets")
	}
	return l, err
}
