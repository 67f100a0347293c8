package pod

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"time"
)

// What can go wrong with the second step of a sign-in.
var (
	ErrWrongCode = errors.New("pod: the code is not right, or was used")
	ErrTwoStepOn = errors.New("pod: two-step sign-in is on")
	ErrNoTwoStep = errors.New("pod: two-step sign-in is not being set up, or is not on")
)

// A SecondStep is how it stands with an account's.
type SecondStep struct {
	Sealed []byte    // the secret; empty if there is none
	Since  time.Time // when it was switched on; zero while it is set up
	Codes  int64     // recovery codes that are left
}

// On reports whether signing in asks for a code.
func (s SecondStep) On() bool { return !s.Since.IsZero() }

// SecondSteps are their rows. What answers a bool reports whether it was done:
// of two that ask for the same at once, one is told so.
type SecondSteps interface {
	SecondStep(ctx context.Context, account int64) (SecondStep, error)
	// PrepareSecondStep keeps a secret that is not on yet; not done if one is on.
	PrepareSecondStep(ctx context.Context, account int64, sealed []byte) (bool, error)
	// ConfirmSecondStep switches a secret on that was kept, and takes its step.
	ConfirmSecondStep(ctx context.Context, account int64, sealed []byte, step int64, now time.Time) (bool, error)
	// TakeStep takes a time step of a secret that is on; not done if that step
	// or a later one was taken.
	TakeStep(ctx context.Context, account int64, sealed []byte, step int64) (bool, error)
	// DropSecondStep forgets secret and recovery codes.
	DropSecondStep(ctx context.Context, account int64) (bool, error)
	// SetRecoveryCodes replaces the hashes of all.
	SetRecoveryCodes(ctx context.Context, account int64, hashes [][]byte) error
	TakeRecoveryCode(ctx context.Context, account int64, hash []byte) (bool, error)
}

// TwoStep asks for more than a password: a code from a device that the person
// has (RFC 6238), or, where that is lost, a recovery code.
type TwoStep struct {
	Rows  SecondSteps
	Host  string // by which an authenticator tells accounts apart
	Seal  func(purpose string, plain []byte) []byte
	Open  func(purpose string, sealed []byte) ([]byte, error)
	InTx  func(ctx context.Context, fn func(context.Context) error) error
	Event func(ctx context.Context, account int64, subject, kind, text string) error
	Now   func() time.Time
}

// Stand is how it stands with an account.
func (t *TwoStep) Stand(ctx context.Context, a Account) (SecondStep, error) {
	return t.Rows.SecondStep(ctx, a.ID)
}

// Begin makes a secret, in the place of one that was never confirmed.
func (t *TwoStep) Begin(ctx context.Context, a Account) error {
	secret := make([]byte, 20) // RFC 4226 §4 R6: 160 bits
	rand.Read(secret)          // never fails
	done, err := t.Rows.PrepareSecondStep(ctx, a.ID, t.Seal(sealedFor(a), secret))
	if err == nil && !done {
		err = ErrTwoStepOn
	}
	return err
}

// Enrolment is the secret while it is set up, and at no other time.
func (t *TwoStep) Enrolment(ctx context.Context, a Account) (Enrolment, error) {
	s, err := t.Rows.SecondStep(ctx, a.ID)
	switch {
	case err != nil:
		return Enrolment{}, err
	case s.On():
		return Enrolment{}, ErrTwoStepOn
	case len(s.Sealed) == 0:
		return Enrolment{}, ErrNoTwoStep
	}
	secret, err := t.Open(sealedFor(a), s.Sealed)
	if err != nil {
		return Enrolment{}, err
	}
	return enrol(t.Host, a.Username, secret)
}

// Confirm switches it on once a first code is right, and answers the recovery
// codes, which nobody can see again.
func (t *TwoStep) Confirm(ctx context.Context, a Account, code string) (codes []string, err error) {
	s, step, err := t.match(ctx, a, code)
	switch {
	case err != nil:
		return nil, err
	case s.On():
		return nil, ErrTwoStepOn
	}
	codes = recoveryCodes()
	return codes, t.InTx(ctx, func(ctx context.Context) error {
		done, err := t.Rows.ConfirmSecondStep(ctx, a.ID, s.Sealed, step, t.Now())
		if err == nil && !done {
			err = ErrTwoStepOn
		}
		if err != nil {
			return err
		}
		return errors.Join(t.Rows.SetRecoveryCodes(ctx, a.ID, hashes(codes)),
			t.Event(ctx, a.ID, "", "two-step-on", "Two-step sign-in was switched on."))
	})
}

// Renew answers new recovery codes; the old ones are void.
func (t *TwoStep) Renew(ctx context.Context, a Account) (codes []string, err error) {
	codes = recoveryCodes()
	return codes, t.InTx(ctx, func(ctx context.Context) error {
		s, err := t.Rows.SecondStep(ctx, a.ID)
		if err == nil && !s.On() {
			err = ErrNoTwoStep
		}
		if err != nil {
			return err
		}
		return errors.Join(t.Rows.SetRecoveryCodes(ctx, a.ID, hashes(codes)),
			t.Event(ctx, a.ID, "", "recovery-codes-new", "New recovery codes were made. The old ones are void."))
	})
}

// Off switches it off.
func (t *TwoStep) Off(ctx context.Context, a Account) error {
	return t.drop(ctx, a, "two-step-off", "Two-step sign-in was switched off.")
}

// Reset is Off for the podmin.
func (t *TwoStep) Reset(ctx context.Context, a Account) error {
	return t.drop(ctx, a, "two-step-reset", "Two-step sign-in was taken off by the people who run the pod.")
}

func (t *TwoStep) drop(ctx context.Context, a Account, kind, text string) error {
	return t.InTx(ctx, func(ctx context.Context) error {
		done, err := t.Rows.DropSecondStep(ctx, a.ID)
		if err == nil && !done {
			err = ErrNoTwoStep
		}
		if err != nil {
			return err
		}
		return t.Event(ctx, a.ID, "", kind, text)
	})
}

// Accept takes a code at a sign-in, once: one from the authenticator that is not
// older than another that was taken, or a recovery code that is left. Else it is
// ErrWrongCode.
func (t *TwoStep) Accept(ctx context.Context, a Account, code string) error {
	if code = squeeze(code); len(code) != digits {
		return t.recover(ctx, a, code)
	}
	s, step, err := t.match(ctx, a, code)
	switch {
	case errors.Is(err, ErrNoTwoStep), err == nil && !s.On():
		return ErrWrongCode
	case err != nil:
		return err
	}
	done, err := t.Rows.TakeStep(ctx, a.ID, s.Sealed, step)
	if err == nil && !done { // RFC 6238 §5.2: each is taken once
		err = ErrWrongCode
	}
	return err
}

// match finds the time step whose code this is.
func (t *TwoStep) match(ctx context.Context, a Account, code string) (s SecondStep, step int64, err error) {
	if s, err = t.Rows.SecondStep(ctx, a.ID); err != nil {
		return s, 0, err
	}
	if len(s.Sealed) == 0 {
		return s, 0, ErrNoTwoStep
	}
	secret, err := t.Open(sealedFor(a), s.Sealed)
	if err != nil {
		return s, 0, err
	}
	step, err = stepOf(secret, squeeze(code), t.Now())
	return s, step, err
}

// sealedFor is the purpose under which an account's secret is sealed: it does
// not open in another's row.
func sealedFor(a Account) string { return "second step/" + strconv.FormatInt(a.ID, 10) }
