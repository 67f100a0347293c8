package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"podmove/internal/keys"
)

type keysCommand struct {
	List   keysListCommand   `cmd:"" help:"List the pod's keys, and what each is good for."`
	Rotate keysRotateCommand `cmd:"" help:"Make new keys. The old ones go on verifying for 30 days."`
}

// withRings runs fn on the keys of a pod that is there already: without its
// master key none of them could be used.
func (s storage) withRings(ctx context.Context, fn func(rings) error) error {
	path := filepath.Join(s.Data, "master.key")
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("no pod keeps its master key in %s; say where with --data or PODMOVE_DATA", s.Data)
	}
	master, err := keys.LoadOrCreateMaster(path)
	if err != nil {
		return err
	}
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	r, err := openRings(ctx, vault{db, master.Box(), time.Now}, master)
	if err != nil {
		return err
	}
	return fn(r)
}

type keysListCommand struct {
	storage
}

// Run lists the keys, newest first.
func (c keysListCommand) Run(ctx context.Context, s surroundings) error {
	return c.withRings(ctx, func(r rings) error {
		table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "PURPOSE\tKEY\tMADE\tSTATE")
		for _, one := range r.everyRing() {
			for _, k := range *one.held.Load() {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", one.purpose, k.ID, stamp(k.Created), one.state(k))
			}
		}
		return table.Flush()
	})
}

// state is what a key is good for, in words.
func (r *ring) state(k heldKey) string {
	switch {
	case k.ID == r.current().ID:
		return "in use"
	case k.Active.After(r.now()):
		return "in use from " + stamp(k.Active)
	case k.Retired.IsZero():
		return "verifies"
	case r.purpose == purposeDPoP:
		return "kept while a move holds tokens bound to it, and until " + stamp(k.Retired.Add(overlap))
	default:
		return "verifies until " + stamp(k.Retired.Add(overlap))
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

type keysRotateCommand struct {
	storage
	Purpose string `arg:"" optional:"" default:"all" enum:"sign,client,dpop,tokens,all" help:"Which: sign, client, dpop, tokens, or all."`
	Now     bool   `help:"Use the new key in a minute, as soon as each process of the pod knows it, and not only when other pods have had the time to read it, too."`
}

// Run makes the new keys. A pod that is running takes them up by itself.
func (c keysRotateCommand) Run(ctx context.Context, s surroundings) error {
	return c.withRings(ctx, func(r rings) error {
		for _, one := range r.everyRing() {
			if c.Purpose != "all" && c.Purpose != one.purpose {
				continue
			}
			if err := one.announce(ctx, c.Now, s); err != nil {
				return fmt.Errorf("%s: %w", one.purpose, err)
			}
		}
		return nil
	})
}

// announce rotates the ring and says so.
func (r *ring) announce(ctx context.Context, now bool, s surroundings) error {
	lead := r.lead()
	if now {
		lead = spread
	}
	won, err := r.rotate(ctx, lead)
	if err != nil {
		return err
	}
	if !won {
		fmt.Fprintf(s.out, "%s: another process has just made a new key; this one made none\n", r.purpose)
		return nil
	}
	newest := (*r.held.Load())[0]
	fmt.Fprintf(s.out, "%s: made %s, in use from %s\n", r.purpose, newest.ID, newest.Active.UTC().Format("15:04:05 UTC"))
	return nil
}
