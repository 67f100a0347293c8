package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"maps"
	"slices"
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
	seen := tally{}
	if err := i.copy(ctx, db, reader, run, seen.add); err != nil {
		return fmt.Errorf("%w\nWhat was imported before is kept; run the same command again to go on", plain(err))
	}
	seen.print(s.out)
	for _, kind := range slices.Sorted(maps.Keys(reader.Ignored())) {
		if count := reader.Ignored()[kind]; count > 0 {
			fmt.Fprintf(s.out, "not taken: %d %s (they do not move yet)\n", count, kind)
		}
	}
	return reportTrouble(ctx, db, run, reader, s.out)
}

// run is one pass over the archive. Its origin is the pod that the archive
// names, and the ID, since an archive proves nothing else.
func (i importCommand) run(account pod.Account, owner archive.Owner) store.Run {
	return store.Run{
		ID: "import-" + rand.Text(), Account: account.ID,
		Issuer: owner.Issuer, SourceAccount: owner.ID,
	}
}

func (i importCommand) copy(ctx context.Context, db *store.Store, reader *archive.Reader, run store.Run, see func(transfer.Collection, []transfer.Outcome)) error {
	blobs, err := blob.OpenDir(i.blobs(), time.Now)
	if err != nil {
		return err
	}
	defer blobs.Close()
	plan, err := reader.Plan(ctx)
	if err != nil {
		return err
	}
	return destination.Copy(ctx, db.Writer(run, blobs), reader, destination.BoundsOf(plan), see)
}

// A tally is what became of the items of one pass. The books cannot tell: there
// an item that came before stays imported when it comes again.
type tally map[transfer.Collection]map[transfer.Result]int

func (t tally) add(c transfer.Collection, outcomes []transfer.Outcome) {
	if t[c] == nil {
		t[c] = map[transfer.Result]int{}
	}
	for _, o := range outcomes {
		t[c][o.Result]++
	}
}

// print says per kind what came.
func (t tally) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "kind\timported\talready here\tskipped\tfailed\t")
	for _, c := range transfer.Collections() {
		n := t[c]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", c, n[transfer.Imported], n[transfer.Unchanged], n[transfer.Skipped], n[transfer.Failed])
	}
	w.Flush()
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
