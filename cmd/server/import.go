package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"podmove/internal/audit"
	"podmove/internal/blob"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/transfer"
	"podmove/transfer/archive"
	"podmove/transfer/destination"
)

// named is how many items of each kind the report lists one by one.
const named = 20

type importCommand struct {
	storage
	Account string `required:"" placeholder:"NAME" help:"Username of the account to fill."`
	Archive string `arg:"" help:"The archive: .json or .json.gz, diaspora* 2.0, or the zip that people download from a pod with Podmove."`
	Photos  string `arg:"" optional:"" help:"The zip of photos, if they are not in the archive's."`
}

// Run copies the archive into the account, as it would copy another pod.
// Running it again changes nothing.
func (i importCommand) Run(ctx context.Context, s surroundings) error {
	reader, err := archive.OpenFiles(ctx, i.Archive, i.Photos, archive.Limits{})
	if err != nil {
		return untouched(err)
	}
	defer reader.Close()
	db, err := i.openExisting(ctx)
	if err != nil {
		return untouched(err)
	}
	defer db.Close()
	account, err := i.account(ctx, db)
	if err != nil {
		return untouched(err)
	}
	run, came := i.run(account, reader.Owner()), counts{}
	err = db.Audit(audit.By(ctx, audit.Podmin), audit.Record{
		Kind: audit.ArchiveRead, Account: account.GUID, Subject: run.ID, Host: audit.HostOf(run.Issuer),
	})
	if err != nil {
		return untouched(err)
	}
	if err := i.copy(ctx, db, reader, run, came); err != nil {
		return fmt.Errorf("%w\nWhat was imported before is kept; run the same command again to go on", plain(err))
	}
	fmt.Fprintf(s.out, "the account %s, imported into %s\n", run.SourceAccount, account.Username)
	came.report(reader, s.out)
	return reportTrouble(ctx, db, run, reader, s.out)
}

// untouched is an error from before anything was written.
func untouched(err error) error {
	err = plain(err)
	if strings.Contains(strings.ToLower(err.Error()), "nothing was imported") {
		return err
	}
	return fmt.Errorf("%w\nNothing was imported", err)
}

// account is the one to fill.
func (i importCommand) account(ctx context.Context, db *store.Store) (pod.Account, error) {
	name := strings.ToLower(i.Account)
	account, err := db.AccountNamed(ctx, name)
	switch {
	case errors.Is(err, pod.ErrNoAccount):
		return account, fmt.Errorf("this pod has no account %q; add it first with podmove account add", name)
	case err != nil:
		return account, err
	case account.State != pod.Active:
		return account, fmt.Errorf("%s has moved away or is closed", account.Username)
	}
	return account, nil
}

// run is one pass over the archive. Its origin is the pod that the archive
// names, and the ID, since an archive proves nothing else.
func (i importCommand) run(account pod.Account, owner archive.Owner) store.Run {
	return store.Run{
		ID: "import-" + rand.Text(), Account: account.ID,
		Issuer: owner.Issuer, SourceAccount: owner.ID,
	}
}

func (i importCommand) copy(ctx context.Context, db *store.Store, reader *archive.Reader, run store.Run, came counts) error {
	blobs, err := blob.OpenDir(i.blobs(), time.Now)
	if err != nil {
		return err
	}
	defer blobs.Close()
	plan, err := reader.Plan(ctx)
	if err != nil {
		return err
	}
	return destination.Copy(ctx, db.Writer(run, blobs), reader, destination.BoundsOf(plan), came.add)
}

// counts are how many items of each kind had which result in this run. The
// books do not tell: there, what an earlier run imported stays imported.
type counts map[transfer.Collection]map[transfer.Result]int

func (n counts) add(c transfer.Collection, list []transfer.Outcome) {
	if n[c] == nil {
		n[c] = map[transfer.Result]int{}
	}
	for _, o := range list {
		n[c][o.Result]++
	}
}

// report says per kind what came, and what did not.
func (n counts) report(reader *archive.Reader, out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "kind\timported\talready here\tskipped\tfailed\t")
	imported := 0
	for _, c := range transfer.Collections() {
		r := n[c]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", c, r[transfer.Imported], r[transfer.Unchanged], r[transfer.Skipped], r[transfer.Failed])
		imported += r[transfer.Imported]
	}
	w.Flush()
	if imported == 0 {
		fmt.Fprintln(out, "nothing was changed")
	}
	ignored := reader.Ignored()
	for _, kind := range slices.Sorted(maps.Keys(ignored)) {
		if kind == "files" {
			fmt.Fprintf(out, "not taken: %d files in the zip that are no photos, or come twice\n", ignored[kind])
			continue
		}
		fmt.Fprintf(out, "not taken: %d %s (they do not move yet)\n", ignored[kind], kind)
	}
}

// reportTrouble names what did not arrive.
func reportTrouble(ctx context.Context, db *store.Store, run store.Run, reader *archive.Reader, out io.Writer) error {
	list, err := db.Outcomes(ctx, run.ID, transfer.Outcome{}, 1000, transfer.Failed, transfer.Skipped)
	if err != nil {
		return err
	}
	for i, o := range list {
		if i == named {
			fmt.Fprintf(out, "and %d more\n", len(list)-named)
			break
		}
		why := cmp.Or(reader.Why(o.GUID), string(o.Reason))
		fmt.Fprintf(out, "%s: %s %s: %s\n", o.Result, o.Collection, o.GUID, why)
	}
	return nil
}
