package store_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

// atOnce does something eight times at once, and answers how often it was done.
func atOnce(t *testing.T, do func(ctx context.Context) (bool, error)) int64 {
	t.Helper()
	var all sync.WaitGroup
	var n atomic.Int64
	for range 8 {
		all.Go(func() {
			done, err := do(t.Context())
			if err != nil {
				t.Error(err)
			}
			if done {
				n.Add(1)
			}
		})
	}
	all.Wait()
	return n.Load()
}

func TestSecondStep(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, a, b, now := t.Context(), newAccount(t, s, "aurora"), newAccount(t, s, "boreal"), time.UnixMilli(1234567890123).UTC()
		first, second := []byte("the first"), []byte("the second")
		is := func(t *testing.T, want bool, got bool, err error) {
			t.Helper()
			if err != nil || got != want {
				t.Errorf("done: %v, %v, want %v", got, err, want)
			}
		}
		did := func(want bool) func(bool, error) {
			return func(got bool, err error) { t.Helper(); is(t, want, got, err) }
		}
		t.Run("is not there at first", func(t *testing.T) {
			if stand, err := s.SecondStep(ctx, a.ID); err != nil || stand.On() || len(stand.Sealed) != 0 {
				t.Errorf("%+v, %v", stand, err)
			}
			did(false)(s.TakeStep(ctx, a.ID, first, 1))
			did(false)(s.ConfirmSecondStep(ctx, a.ID, first, 1, now))
			did(false)(s.DropSecondStep(ctx, a.ID))
		})
		t.Run("takes no step while it is set up", func(t *testing.T) {
			did(true)(s.PrepareSecondStep(ctx, a.ID, first))
			did(true)(s.PrepareSecondStep(ctx, a.ID, second))
			did(false)(s.TakeStep(ctx, a.ID, second, 1))
		})
		t.Run("is switched on with the secret that was shown last, once", func(t *testing.T) {
			did(false)(s.ConfirmSecondStep(ctx, a.ID, first, 7, now))
			did(true)(s.ConfirmSecondStep(ctx, a.ID, second, 7, now))
			did(false)(s.ConfirmSecondStep(ctx, a.ID, second, 8, now))
			did(false)(s.PrepareSecondStep(ctx, a.ID, first))
			if stand, err := s.SecondStep(ctx, a.ID); err != nil || !stand.Since.Equal(now) || string(stand.Sealed) != "the second" {
				t.Errorf("%+v, %v", stand, err)
			}
		})
		t.Run("takes each step once, and none before it", func(t *testing.T) {
			did(false)(s.TakeStep(ctx, a.ID, second, 7)) // it switched it on
			did(false)(s.TakeStep(ctx, a.ID, first, 9))
			did(true)(s.TakeStep(ctx, a.ID, second, 9))
			did(false)(s.TakeStep(ctx, a.ID, second, 9))
			did(false)(s.TakeStep(ctx, a.ID, second, 8))
			did(true)(s.TakeStep(ctx, a.ID, second, 10))
		})
		t.Run("takes a recovery code once, and no other account's", func(t *testing.T) {
			must(t, s.SetRecoveryCodes(ctx, a.ID, [][]byte{[]byte("1"), []byte("2"), []byte("3")}))
			did(false)(s.TakeRecoveryCode(ctx, b.ID, []byte("1")))
			did(true)(s.TakeRecoveryCode(ctx, a.ID, []byte("1")))
			did(false)(s.TakeRecoveryCode(ctx, a.ID, []byte("1")))
			if stand, err := s.SecondStep(ctx, a.ID); err != nil || stand.Codes != 2 {
				t.Errorf("%+v, %v", stand, err)
			}
		})
		t.Run("forgets the old recovery codes for new ones", func(t *testing.T) {
			must(t, s.SetRecoveryCodes(ctx, a.ID, [][]byte{[]byte("4")}))
			did(false)(s.TakeRecoveryCode(ctx, a.ID, []byte("2")))
		})
		t.Run("goes with all its codes", func(t *testing.T) {
			did(true)(s.DropSecondStep(ctx, a.ID))
			did(false)(s.TakeRecoveryCode(ctx, a.ID, []byte("4")))
			if stand, err := s.SecondStep(ctx, a.ID); err != nil || stand.On() {
				t.Errorf("%+v, %v", stand, err)
			}
		})
	})
}

func TestSecondStepAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, a, sealed := t.Context(), newAccount(t, s, "aurora"), []byte("sealed")
		_, err := s.PrepareSecondStep(ctx, a.ID, sealed)
		must(t, err)
		_, err = s.ConfirmSecondStep(ctx, a.ID, sealed, 1, time.Now())
		must(t, err)
		t.Run("one step is taken once", func(t *testing.T) {
			for step := range int64(20) {
				if n := atOnce(t, func(ctx context.Context) (bool, error) { return s.TakeStep(ctx, a.ID, sealed, 2+step) }); n != 1 {
					t.Errorf("step %d was taken %d times", 2+step, n)
				}
			}
		})
		t.Run("one recovery code is taken once", func(t *testing.T) {
			for i := range 20 {
				hash := fmt.Appendf(nil, "code %d", i)
				must(t, s.SetRecoveryCodes(ctx, a.ID, [][]byte{hash, []byte("another")}))
				took := atOnce(t, func(ctx context.Context) (done bool, err error) {
					err = s.InTx(ctx, func(ctx context.Context) error {
						done, err = s.TakeRecoveryCode(ctx, a.ID, hash)
						return err
					})
					return done, err
				})
				if took != 1 {
					t.Errorf("round %d: it was taken %d times", i, took)
				}
			}
		})
	})
}
