package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"podmove/internal/audit"
	"podmove/internal/pod"
	"podmove/internal/store"
)

// storage is where a command finds the pod's data.
type storage struct {
	Data     string          `name:"data" env:"PODMOVE_DATA" default:"data" placeholder:"DIR" help:"Directory of the database, the photos and the master key."`
	Database string          `name:"database" env:"PODMOVE_DATABASE" placeholder:"DSN" help:"Database; SQLite in the data directory if not given."`
	Config   kong.ConfigFlag `name:"config" placeholder:"FILE" help:"File of settings."`
}

func (s storage) open(ctx context.Context) (*store.Store, error) {
	if err := refuseHalf(s.Data); err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Options{DSN: s.Database, Dir: s.Data})
}

// openExisting is open for a command that fills what is there: a mistyped
// directory must not become a second pod.
func (s storage) openExisting(ctx context.Context) (*store.Store, error) {
	if s.Database == "" {
		if _, err := os.Stat(s.Data); err != nil {
			return nil, fmt.Errorf("no pod keeps its data in %s; say where with --data or PODMOVE_DATA", s.Data)
		}
	}
	return s.open(ctx)
}

func (s storage) blobs() string { return photosIn(s.Data) }

// photosIn is where a pod keeps photos' bytes.
func photosIn(data string) string { return filepath.Join(data, "photos") }

type accountCommand struct {
	Add       accountAddCommand       `cmd:"" help:"Add an account."`
	ResetTOTP accountResetTOTPCommand `cmd:"" name:"reset-totp" help:"Switch an account's two-step sign-in off, for somebody who lost authenticator and recovery codes."`
}

type accountAddCommand struct {
	storage
	Name          string `arg:"" help:"Username: the part of the diaspora* ID before the @."`
	Email         string `required:"" help:"E-mail address."`
	Admin         bool   `help:"May see what concerns the whole pod. Admins cannot move away."`
	PasswordStdin bool   `name:"password-stdin" required:"" help:"Read the password from the first line of standard input."`
}

// Run adds the account and says so.
func (a accountAddCommand) Run(ctx context.Context, s surroundings) error {
	line, err := bufio.NewReader(s.in).ReadString('\n')
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return fmt.Errorf("there is no password on standard input: %w", err)
	}
	db, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	registry := &pod.Registry{Accounts: db, Passwords: pod.NewPasswords(), Now: time.Now}
	account, err := registry.Add(audit.By(ctx, audit.Podmin), pod.NewAccount{Username: a.Name, Email: a.Email, Password: password, Admin: a.Admin})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "added %s\n", account.Username)
	return nil
}

type accountResetTOTPCommand struct {
	storage
	Name string `arg:"" help:"Username: the part of the diaspora* ID before the @."`
}

// Run switches it off, which the person reads in the settings and in a letter.
func (a accountResetTOTPCommand) Run(ctx context.Context, s surroundings) error {
	db, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	account, err := db.AccountNamed(ctx, a.Name)
	if err == nil {
		err = (&pod.TwoStep{Rows: db, InTx: db.InTx, Event: newsroom{db, time.Now}.event}).Reset(ctx, account)
	}
	switch {
	case errors.Is(err, pod.ErrNoAccount):
		return fmt.Errorf("there is no account %s; nothing was changed", a.Name)
	case errors.Is(err, pod.ErrNoTwoStep):
		return fmt.Errorf("two-step sign-in of %s is off; nothing was changed", a.Name)
	case err != nil:
		return err
	}
	fmt.Fprintf(s.out, "two-step sign-in of %s is off: the password alone signs in\n", a.Name)
	return nil
}
