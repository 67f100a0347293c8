package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"podmove/internal/store"
)

func TestResetTOTP(t *testing.T) {
	data := t.TempDir()
	reset := func(name string) (string, error) {
		return execute(t.Context(), "", "account", "reset-totp", name, "--data", data)
	}
	if _, err := execute(t.Context(), "correct horse\n", "account", "add", "aurora", "--email", "a@mail.example", "--password-stdin", "--data", data); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(data, "podmove.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	account, err := db.AccountNamed(t.Context(), "aurora")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("says that there is no such account, or nothing to switch off", func(t *testing.T) {
		for name, want := range map[string]string{"boreal": "no account boreal", "aurora": "aurora is off"} {
			if _, err := reset(name); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("takes two-step sign-in off, and lets the person know", func(t *testing.T) {
		_, prepared := db.PrepareSecondStep(t.Context(), account.ID, []byte("sealed"))
		_, confirmed := db.ConfirmSecondStep(t.Context(), account.ID, []byte("sealed"), 1, time.Now())
		if prepared != nil || confirmed != nil {
			t.Fatal(prepared, confirmed)
		}
		if said, err := reset("aurora"); err != nil || !strings.Contains(said, "two-step sign-in of aurora is off") {
			t.Errorf("%q, %v", said, err)
		}
		stand, err := db.SecondStep(t.Context(), account.ID)
		events, cannot := db.Events(t.Context(), account.ID, 0, 9)
		if err != nil || cannot != nil || stand.On() || len(events) != 1 || events[0].Kind != "two-step-reset" {
			t.Errorf("%+v, %+v, %v, %v", stand, events, err, cannot)
		}
		if letter, err := db.Waiting(t.Context(), newsJob{Event: 1, Mailbox: 1}, time.Time{}); err != nil || !letter {
			t.Errorf("a letter waits: %v, %v", letter, err)
		}
	})
}
