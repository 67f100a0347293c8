package provider_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestSecrets rotates the secret that codes and tokens are made with, while
// some are out.
func TestSecrets(t *testing.T) {
	p := sqlitePod(t)
	c := newParty(t, p)
	old, fresh := []byte(strings.Repeat("s", 32)), []byte(strings.Repeat("n", 32))
	code, before := c.consent(c.request(), everything()), c.tokens()
	p.secrets.Store(&[][]byte{fresh, old})
	t.Run("a code, an access token and a refresh token from before are good", func(t *testing.T) {
		if a := c.redeem(code); a.status != http.StatusOK {
			t.Errorf("the code: %d %v", a.status, a.body)
		}
		if !live(t, p, before.text("access_token")) {
			t.Error("the access token is not")
		}
		before = c.refresh(before.text("refresh_token"))
		want(t, before, http.StatusOK, "")
	})
	p.secrets.Store(&[][]byte{fresh})
	t.Run("new ones are made with the new secret", func(t *testing.T) {
		if !live(t, p, before.text("access_token")) {
			t.Error("what was made after the rotation needs the old secret")
		}
	})
	p.secrets.Store(&[][]byte{old})
	t.Run("and are worth nothing where that is unknown", func(t *testing.T) {
		if live(t, p, before.text("access_token")) {
			t.Error("the access token is good")
		}
		if a := c.refresh(before.text("refresh_token")); a.status == http.StatusOK {
			t.Errorf("the refresh token is good: %v", a.body)
		}
	})
}
