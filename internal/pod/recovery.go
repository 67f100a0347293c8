package pod

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
)

// recover takes a recovery code.
func (t *TwoStep) recover(ctx context.Context, a Account, code string) error {
	return t.InTx(ctx, func(ctx context.Context) error {
		hash := sha256.Sum256([]byte(code))
		done, err := t.Rows.TakeRecoveryCode(ctx, a.ID, hash[:])
		if err == nil && !done {
			err = ErrWrongCode
		}
		if err != nil {
			return err
		}
		s, err := t.Rows.SecondStep(ctx, a.ID)
		if err != nil {
			return err
		}
		return t.Event(ctx, a.ID, "", "recovery-code-used", fmt.Sprintf("A recovery code was used to sign in; %d are left.", s.Codes))
	})
}

// What a recovery code is made of: 16 letters and digits, 80 random bits.
const (
	recoveries   = 10
	recoverySize = 16
)

// recoveryCodes are new ones, in groups of four.
func recoveryCodes() (codes []string) {
	for range recoveries {
		codes = append(codes, inFours(rand.Text()[:recoverySize], "-"))
	}
	return codes
}

// hashes are codes as they are stored. Nobody finds 80 random bits by trying, so
// that a fast hash is enough.
func hashes(codes []string) (list [][]byte) {
	for _, code := range codes {
		hash := sha256.Sum256([]byte(squeeze(code)))
		list = append(list, hash[:])
	}
	return list
}

// squeeze is a code without what people put between its parts.
func squeeze(code string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "\t", "").Replace(code))
}

func inFours(text, between string) string {
	var parts []string
	for ; len(text) > 4; text = text[4:] {
		parts = append(parts, text[:4])
	}
	return strings.Join(append(parts, text), between)
}
