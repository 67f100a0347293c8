package modeltest

import (
	"context"
	"crypto/rand"

	"pgregory.net/rapid"

	"podmove/transfer"
	"podmove/transfer/source"
)

// A second move of the same account, to another pod. It may read and freeze, and
// never takes anything, so that the account is still the first one's to move.

// rivalry is what a rival has: a consent, and the transfer that it opened, if any.
type rivalry struct {
	token, id string
}

const rivalPod = "https://other.example"

// rivalOpens: one move of an account goes on at a time.
func (m *model) rivalOpens(*rapid.T) *deed {
	d := &deed{old: []transfer.State{transfer.Open, transfer.Cancelled, transfer.ExpiredIdle}}
	for _, is := range m.transfers {
		idle := m.clock().Sub(is.Used) >= idleFor
		if is.State.Readable() && !idle && is.Client != rivalPod+"/oauth/client.json" {
			d.answer = string(transfer.TransferActive)
		}
	}
	if m.moved() {
		d.answer = string(transfer.AccountMoved)
	}
	d.do = func(ctx context.Context) error {
		token := m.grant(rivalPod, "rival@other.example")
		g, _ := m.granted(token)
		opened, err := m.source().Open(ctx, g, transfer.Opening{Purpose: transfer.Move, Nonce: rand.Text(), Format: transfer.Format})
		if err == nil {
			m.mutex.Lock()
			defer m.mutex.Unlock()
			m.rival = rivalry{token, opened.Transfer}
		}
		return err
	}
	return d
}

// rivalDoes makes one of the calls that a client may make.
func (m *model) rivalDoes(t *rapid.T) *deed {
	if m.rival.id == "" {
		return nil
	}
	return m.rivalCalls(rapid.SampledFrom([]string{"page", "freeze", "cancel"}).Draw(t, "call"))
}

func (m *model) rivalCalls(call string) *deed {
	return &deed{
		answer: "?", old: []transfer.State{transfer.Copying, transfer.Frozen, transfer.Cancelled, transfer.ExpiredIdle},
		do: func(ctx context.Context) error {
			g, ok := m.granted(m.rival.token)
			if !ok {
				return transfer.Errorf(transfer.TokenInvalid, "the token is gone")
			}
			var err error
			switch call {
			case "page":
				_, err = m.source().Page(ctx, g, m.rival.id, source.PageRequest{Collection: transfer.Posts, Nonce: rand.Text()})
			case "freeze":
				_, err = m.source().Freeze(ctx, g, m.rival.id)
			default:
				_, err = m.source().Cancel(ctx, g, m.rival.id)
			}
			return err
		},
	}
}
