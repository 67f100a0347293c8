package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

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
	Archive string `arg:"" help:"The archive: .json or .json.gz, diaspora* 2.0."`
	Photos  string `arg:"" optional:"" help:"The zip of photos."`
}

// Run copies the archive into the account, as it would copy another pod.
// Running it again changes nothing.
func (i importCommand) Run(ctx context.Context, s surroundings) error {
	reader, err := archive.OpenFiles(ctx, i.Archive, i.Photos, archive.Limits{})
	if err != nil {
		return plain(err)
	}
	defer reader.Close()
	db, err := i.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	account, err := db.AccountNamed(ctx, strings.ToLower(i.Account))
	if err != nil {
		return fmt.Errorf("%s: %w", i.Account, err)
	}
	if account.State != pod.Active {
		return fmt.Errorf("%s has moved away or is closed; nothing was imported", account.Username)
	}
	run := i.run(account, reader.Owner())
	if err := i.copy(ctx, db, reader, run); err != nil {
		return fmt.Errorf("%w\nWhat was imported before is kept; run the same command again to go on", plain(err))
	}
	return report(ctx, db, run, reader, s.out)
}

// run is one pass over the archive. Its origin is the pod that the archive
// names, and the ID, since an archive proves nothing else.
func (i importCommand) run(account pod.Account, owner archive.Owner) store.Run {
	return store.Run{
		ID: "import-" + rand.Text(), Account: account.ID,
		Issuer: owner.Issuer, SourceAccount: owner.ID,
	}
}

func (i importCommand) copy(ctx context.Context, db *store.Store, reader *archive.Reader, run store.Run) error {
	blobs, err := blob.OpenDir(i.blobs(), time.Now)
	if err != nil {
		return err
	}
	defer blobs.Close()
	plan, err := reader.Plan(ctx)
	if err != nil {
		return err
	}
	return destination.Copy(ctx, db.Writer(run, blobs), reader, destination.BoundsOf(plan), nil)
}

// report says per kind what came, and what did not and why.
func report(ctx context.Context, db *store.Store, run store.Run, reader *archive.Reader, out io.Writer) error {
	counts, err := db.Counts(ctx, run.ID)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "kind\timported\talready here\tskipped\tfailed\t")
	for _, c := range transfer.Collections() {
		n := map[transfer.Result]int64{}
		for _, count := range counts {
			if count.Collection == c {
				n[count.Result] += count.Items
			}
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", c, n[transfer.Imported], n[transfer.Unchanged], n[transfer.Skipped], n[transfer.Failed])
	}
	w.Flush()
	for kind, count := range reader.Ignored() {
		if count > 0 {
			fmt.Fprintf(out, "not taken: %d %s (they do not move yet)\n", count, kind)
		}
	}
	return reportTrouble(ctx, db, run, reader, out)
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
