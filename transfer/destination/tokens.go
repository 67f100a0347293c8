package destination

import (
	"context"
	"encoding/json"

	"podmove/transfer"
)

// consent is what a login left for the jobs; it rests sealed.
type consent struct {
	Collections []transfer.Collection `json:"collections"` // as granted
	Tokens      []byte                `json:"tokens"`
}

func tokensPurpose(move string) string { return "move-tokens:" + move }
func loginPurpose(state string) string { return "login:" + state }

func (v *Mover) consent(ctx context.Context, move string) (c consent, err error) {
	sealed, err := v.Moves.MoveTokens(ctx, move)
	if err != nil {
		return c, err
	}
	if len(sealed) == 0 {
		return c, transfer.Errorf(transfer.ConsentNeeded, "there is no token for the old pod")
	}
	plain, err := v.Open(tokensPurpose(move), sealed)
	if err != nil {
		return c, transfer.Errorf(transfer.ConsentNeeded, "the token for the old pod cannot be read").Because(err)
	}
	return c, json.Unmarshal(plain, &c)
}

func (v *Mover) keepConsent(ctx context.Context, move string, c consent) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return v.Moves.SaveMoveTokens(ctx, move, v.Seal(tokensPurpose(move), plain))
}

// EachTokens calls see with the tokens of every move that has some.
func (v *Mover) EachTokens(ctx context.Context, see func(tokens []byte)) error {
	ids, err := v.Moves.TokenHolders(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := v.consent(ctx, id)
		if code := transfer.CodeOf(err); code == transfer.ConsentNeeded || code == transfer.NotFound {
			continue // given back meanwhile
		}
		if err != nil {
			return err
		}
		see(c.Tokens)
	}
	return nil
}

// tokens are one move's tokens for the relying side.
func (v *Mover) tokens(move string) Tokens { return sealedTokens{v, move} }

type sealedTokens struct {
	v    *Mover
	move string
}

func (t sealedTokens) Load(ctx context.Context) ([]byte, error) {
	c, err := t.v.consent(ctx, t.move)
	return c.Tokens, err
}

func (t sealedTokens) Save(ctx context.Context, tokens []byte) error {
	return t.v.Moves.InTx(ctx, func(ctx context.Context) error {
		c, err := t.v.consent(ctx, t.move)
		if err != nil {
			return err
		}
		c.Tokens = tokens
		return t.v.keepConsent(ctx, t.move, c)
	})
}
