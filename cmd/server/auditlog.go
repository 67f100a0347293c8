package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"podmove/internal/audit"
	"podmove/internal/config"
	"podmove/internal/pod"
	"podmove/internal/store"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Check the whole audit log, and name the first row at which it is broken."`
	List   auditListCommand   `cmd:"" help:"Show the audit log."`
}

type auditVerifyCommand struct {
	storage
	Noted string `placeholder:"NUMBER:HASH" help:"A head that was noted earlier, from the pod's log or from this command: the log must still lead through it."`
}

// Run checks the chain and says how far it holds.
func (a auditVerifyCommand) Run(ctx context.Context, s surroundings) error {
	var noted audit.Head
	if a.Noted != "" {
		var ok bool
		if noted, ok = audit.ParseHead(a.Noted); !ok {
			return fmt.Errorf("%q is no head of an audit log; it looks like 12:0f3a…, a number and 64 hexadecimal digits. Nothing was checked", a.Noted)
		}
	}
	db, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	head, err := audit.Verify(ctx, db, noted)
	if err != nil {
		fmt.Fprintf(s.out, "%d rows before it are as they were\n", head.Number)
		return err
	}
	fmt.Fprintf(s.out, "%d rows checked, all as they were written\nhead %s\n", head.Number, head)
	return nil
}

type auditListCommand struct {
	storage
	Account string `placeholder:"NAME" help:"Only what is about this account."`
	Since   string `placeholder:"TIME" help:"Only what was done since: 7d, 12h, 2026-11-26 or 2026-11-26T10:00:00Z."`
	JSON    bool   `name:"json" help:"One JSON object a line, with all that a row holds."`
}

// Run shows rows, the oldest first.
func (a auditListCommand) Run(ctx context.Context, s surroundings) error {
	since, err := sinceTime(a.Since, time.Now())
	if err != nil {
		return err
	}
	db, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	about := ""
	if a.Account != "" {
		if about, err = guidOf(ctx, db, a.Account); err != nil {
			return err
		}
	}
	write := writeRow
	if a.JSON {
		write = writeRowJSON
	}
	for after := int64(0); ; {
		rows, err := db.AuditSince(ctx, about, since, after, 500)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			if err := write(s.out, r); err != nil {
				return err
			}
		}
		after = rows[len(rows)-1].Number
	}
}

func guidOf(ctx context.Context, db *store.Store, name string) (string, error) {
	account, err := db.AccountNamed(ctx, strings.ToLower(name))
	if errors.Is(err, pod.ErrNoAccount) {
		return "", fmt.Errorf("this pod has no account %q", name)
	}
	return account.GUID, err
}

// sinceTime reads a moment, or how long ago it was; empty is the beginning.
func sinceTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := config.ParseDuration(text); err == nil {
		return now.Add(-ago.Std()), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write one like 7d, 12h, 2026-11-26 or 2026-11-26T10:00:00Z", text)
}

// writeRow is a row in a line, for people.
func writeRow(out io.Writer, r audit.Row) error {
	_, err := fmt.Fprintf(out, "%d\t%s\t%s\t%s\tby %s\t%s\t%s\n", r.Number, r.At.Format(time.RFC3339), cmp.Or(r.Account, "-"), r.Kind, r.Actor, cmp.Or(r.Subject, "-"), cmp.Or(r.Detail, "-"))
	return err
}

// writeRowJSON is a row with all that its hash is made of.
func writeRowJSON(out io.Writer, r audit.Row) error {
	return json.NewEncoder(out).Encode(map[string]any{
		"number": r.Number, "at": r.At.UnixMilli(), "account": r.Account, "actor": r.Actor, "kind": r.Kind,
		"subject": r.Subject, "detail": r.Detail, "prev": r.Prev, "hash": r.Hash,
	})
}
