package destination

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"

	"podmove/transfer"
)

// A Start is what a person asks for in the form.
type Start struct {
	Account int64
	ID      string // the old ID, as typed
	Issuer  string // where a link named the old pod (Protocol §2.6); else empty
	Purpose transfer.Purpose
	Profile ProfileChoice
}

// Begin notes that a person wants to move here. Nothing is fetched until they
// have read it and pressed the button (Protocol §2.6): that is Authorize.
func (v *Mover) Begin(ctx context.Context, s Start) (Move, error) {
	id := cleanID(s.ID)
	place, err := v.Place(ctx, s.Account)
	if err != nil {
		return Move{}, err
	}
	switch {
	case !transfer.ValidID(id):
		return Move{}, transfer.Errorf(transfer.RequestInvalid, "%.80q is not an ID: it looks like name@old.example", s.ID)
	case s.Issuer != "" && !isPod(s.Issuer):
		return Move{}, transfer.Errorf(transfer.RequestInvalid, "the link that led here names no pod. Type your old ID here instead")
	case hostOf(id) == hostOf(place.ID):
		return Move{}, transfer.Errorf(transfer.SamePod, "%s is an account of this pod: a move leads from another pod to this one", id)
	}
	now := v.Now().UTC()
	m := Move{
		ID: randomID(), Account: s.Account, Purpose: transfer.Move, Typed: id, Issuer: s.Issuer, Nonce: rand.Text(),
		State: Planned, Profile: KeepProfile, Created: now, Changed: now,
	}
	if s.Purpose == transfer.Copy {
		m.Purpose = transfer.Copy
	}
	if s.Profile == ReplaceProfile {
		m.Profile = ReplaceProfile
	}
	return m, v.add(ctx, m, "A "+string(m.Purpose)+" from "+id+" was prepared.")
}

// add notes a move that begins, beside no other.
func (v *Mover) add(ctx context.Context, m Move, line string) error {
	return v.Moves.InTx(ctx, func(ctx context.Context) error {
		if err := v.Moves.LockAccount(ctx, m.Account); err != nil {
			return err
		}
		if err := v.alone(ctx, m.Account); err != nil {
			return err
		}
		if err := v.mayCome(ctx, m); err != nil {
			return err
		}
		if err := v.Moves.AddMove(ctx, m); err != nil {
			return err
		}
		return v.Event(ctx, m.Account, m.ID, "move-planned", line)
	})
}

// alone refuses a second move beside one under way. One that nobody agreed to
// yet makes room.
func (v *Mover) alone(ctx context.Context, account int64) error {
	moves, err := v.Moves.MovesOf(ctx, account)
	if err != nil {
		return err
	}
	for _, m := range moves {
		switch {
		case m.State.Ended():
		case m.Subject == "":
			if _, err := v.change(ctx, m, change{to: Cancelled, text: "The move from " + m.Typed + " was given up for another one."}); err != nil {
				return err
			}
		default:
			return transfer.Errorf(transfer.TransferActive, "a move from %s to this account is under way: finish or cancel it first", m.SourceAccount)
		}
	}
	return nil
}

// mayCome refuses a move to an account that lives elsewhere now. It is asked
// again before the last step: the account may have left while this one came.
func (v *Mover) mayCome(ctx context.Context, m Move) error {
	if m.Purpose != transfer.Move || v.MayCome == nil {
		return nil
	}
	return v.MayCome(ctx, m.Account, m.Typed)
}

// cleanID takes what people paste: aurora@old.example with spaces, capitals, a
// leading @ or acct:.
func cleanID(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.TrimPrefix(strings.TrimPrefix(s, "acct:"), "@")
}

// isPod reports whether an address can be a pod's public URL: a scheme, a host
// and perhaps a port (Protocol §1.1).
func isPod(address string) bool {
	_, host, _ := strings.Cut(address, "://")
	return transfer.OriginOf(address) == address && transfer.CheckAddress(address+"/", address) == nil && transfer.ValidID("anyone@"+host)
}

func hostOf(id string) string { return id[strings.LastIndexByte(id, '@')+1:] }

// randomID is 128 random bits in hex.
func randomID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
