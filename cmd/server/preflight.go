package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"podmove/internal/config"
	"podmove/internal/disk"
	"podmove/internal/locale"
	"podmove/internal/outbound"
	"podmove/oauth/relying"
	"podmove/transfer"
	"podmove/web"
)

type preflightCommand struct {
	config.Config
	File  kong.ConfigFlag `name:"config" placeholder:"FILE" help:"File of settings."`
	OldID string          `arg:"" name:"old-id" help:"The ID of an account that is to come, such as name@old.example."`
	Copy  bool            `help:"It is to be copied, not moved."`
	JSON  bool            `name:"json" help:"Write JSON."`
}

// A check is a finding as a podmin reads it.
type check struct {
	Level    transfer.Level `json:"level"`
	Check    string         `json:"check"`
	Sentence string         `json:"sentence"`
}

// Run looks at this pod and at the old one, and changes nothing at either.
func (c preflightCommand) Run(ctx context.Context, s surroundings) error {
	list := append(c.here(ctx), c.there(ctx)...)
	if err := c.write(s, list); err != nil {
		return err
	}
	bad := 0
	for _, one := range list {
		if one.Level == transfer.Obstacle {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("of %d checks, %d say that a move cannot go well", len(list), bad)
	}
	return nil
}

func (c preflightCommand) write(s surroundings, list []check) error {
	if c.JSON {
		out := json.NewEncoder(s.out)
		out.SetIndent("", "  ")
		return out.Encode(list)
	}
	table := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	for _, one := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\n", one.Level, one.Check, one.Sentence)
	}
	return table.Flush()
}

// there is what the old pod tells everybody (Protocol §2.8).
func (c preflightCommand) there(ctx context.Context) (list []check) {
	party := relying.New(relying.Options{
		Origin: c.Origin(), Development: c.Development(), HTTP: outbound.New(outbound.Options{Development: c.Development()}),
	})
	purpose := transfer.Move
	if c.Copy {
		purpose = transfer.Copy
	}
	languages, err := locale.New()
	if err != nil {
		return []check{{transfer.Obstacle, "words", err.Error()}}
	}
	l := languages.Match("en")
	found, err := party.Look(ctx, c.OldID, purpose)
	for _, f := range found {
		list = append(list, check{f.Level, string(f.Sight), web.Found(l, f)})
	}
	if err != nil && len(found) == 0 {
		list = append(list, check{transfer.Obstacle, "old-pod", err.Error()})
	}
	return list
}

// here is whether this pod is ready.
func (c preflightCommand) here(ctx context.Context) []check {
	return []check{c.database(ctx), c.room(), c.reachable(ctx), c.mail()}
}

func (c preflightCommand) database(ctx context.Context) check {
	db, err := storage{Data: c.Data, Database: c.Database}.openExisting(ctx)
	if err == nil {
		err = errors.Join(db.Ping(ctx), db.Close())
	}
	if err != nil {
		return check{transfer.Obstacle, "our-database", "The database cannot be used: " + err.Error() + "."}
	}
	return check{transfer.Fine, "our-database", "The database answers, and its schema is right."}
}

func (c preflightCommand) room() check {
	free, err := disk.Free(photosIn(c.Data))
	left := free - int64(c.DiskReserve)
	switch {
	case errors.Is(err, disk.ErrUnknown):
		return check{transfer.Warning, "our-disk", "This system does not say how much room the disk has."}
	case err != nil:
		return check{transfer.Obstacle, "our-disk", "Photos cannot be kept: " + err.Error() + "."}
	case left <= 0:
		return check{transfer.Obstacle, "our-disk", fmt.Sprintf("The disk has %s left, and disk-reserve keeps %s free: no photo can come. Make room.", english(free), english(int64(c.DiskReserve)))}
	}
	return check{transfer.Fine, "our-disk", "There is room for " + english(left) + " of photos."}
}

// reachable asks ourselves as another pod would. Some networks do not let a
// machine reach its own public address, so that this is no proof.
func (c preflightCommand) reachable(ctx context.Context) check {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var said struct {
		Issuer string `json:"issuer"`
	}
	err := outbound.JSON(ctx, outbound.New(outbound.Options{Development: c.Development()}), c.Origin()+"/.well-known/openid-configuration", 64<<10, &said)
	if err == nil && said.Issuer != c.Origin() {
		err = fmt.Errorf("what answers calls itself %.200q", said.Issuer)
	}
	if err != nil {
		return check{transfer.Warning, "our-address", "This pod was not reached at its public-url from here (" + err.Error() + "). Other pods have to: look from outside."}
	}
	return check{transfer.Fine, "our-address", "This pod answers at its public-url."}
}

func (c preflightCommand) mail() check {
	g := &ground{config: c.Config, origin: c.Origin(), log: slog.New(slog.DiscardHandler)}
	switch err := g.openPost(); {
	case err != nil:
		return check{transfer.Obstacle, "our-mail", "E-mail cannot be sent: " + err.Error() + "."}
	case c.SMTP == "":
		return check{transfer.Warning, "our-mail", "No e-mail is sent, since smtp names no server: people hear of a move when they sign in."}
	}
	return check{transfer.Fine, "our-mail", "E-mail has a server to go to."}
}
