package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/mohae/deepcopy"
	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/openid"
)

// A session is what fosite carries from the consent to each token.
type session struct {
	openid.DefaultSession
	Parent string `json:"parent,omitempty"` // the refresh token now being replaced
	Key    string `json:"jkt,omitempty"`    // thumbprint of the key that all is bound to (RFC 9449 §6)
}

func newSession() *session { return &session{DefaultSession: *openid.NewDefaultSession()} }

// Clone copies all of it; the embedded Clone would drop what is ours.
func (s *session) Clone() fosite.Session { return deepcopy.Copy(s).(fosite.Session) }

// encode writes a request as a row keeps it. fosite sanitises before it stores;
// a pushed request is read through a list of known parameters.
func encode(r fosite.Requester) ([]byte, error) {
	request, ok := r.(*fosite.Request)
	if !ok {
		return nil, fmt.Errorf("provider: a request of type %T cannot be kept", r)
	}
	return json.Marshal(request)
}

// decode reads what encode wrote: a fresh copy each time, since fosite writes
// into requests and sessions.
func decode(body []byte) (*fosite.Request, error) {
	r := &fosite.Request{Client: &client{}, Session: newSession()}
	if err := json.Unmarshal(body, r); err != nil {
		return nil, fmt.Errorf("provider: a kept request cannot be read: %w", err)
	}
	return r, nil
}

// hash is what stands in a row for a secret: lower-case hex SHA-256.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
