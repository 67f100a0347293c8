package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"podmove/internal/disk"
	"podmove/internal/locale"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// room says whether an account has room for what a move has yet to bring.
func (g *ground) room(r rooms) func(ctx context.Context, account int64, l destination.Load) error {
	return func(ctx context.Context, account int64, l destination.Load) error {
		if err := g.onDisk(l); err != nil {
			return err
		}
		if g.config.AccountBytes == 0 {
			return nil
		}
		has, err := weight(ctx, r, account)
		if left := int64(g.config.AccountBytes) - has; err == nil && l.Bytes() > left {
			return noRoom(transfer.QuotaExceeded, l, left, "an account here may have "+english(int64(g.config.AccountBytes))+". Ask the people who run this pod for more")
		}
		return err
	}
}

// onDisk looks at the disks on which photos and, with SQLite, posts are kept. A
// database elsewhere cannot be asked.
func (g *ground) onDisk(l destination.Load) error {
	for dir, bytes := range g.disks(l) {
		free, err := disk.Free(dir)
		if errors.Is(err, disk.ErrUnknown) {
			continue
		}
		if err != nil {
			return err
		}
		if left := free - int64(g.config.DiskReserve); bytes > left {
			return noRoom(transfer.StorageFull, l, left, "the people who run it have to make some")
		}
	}
	return nil
}

// disks are the directories that grow, and by how much.
func (g *ground) disks(l destination.Load) map[string]int64 {
	photos := photosIn(g.config.Data)
	path, file := strings.CutPrefix(g.config.Database, "sqlite:")
	switch {
	case g.config.Database == "": // one disk, most likely
		return map[string]int64{photos: l.Bytes()}
	case file && path != "":
		return map[string]int64{photos: l.Contents, filepath.Dir(path): l.Items}
	default:
		return map[string]int64{photos: l.Contents}
	}
}

// weight is what an account has here, in bytes.
func weight(ctx context.Context, r rooms, account int64) (n int64, err error) {
	all := oauth.Details{Purpose: string(transfer.Copy), Limited: true}
	for _, c := range transfer.Collections() {
		all.Collections = append(all.Collections, string(c))
	}
	sizes, err := r.source.Measure(ctx, account, all)
	for _, size := range sizes {
		n += size.Bytes + size.ContentBytes
	}
	return n, err
}

// noRoom is the sentence for a load that does not fit.
func noRoom(code transfer.Code, l destination.Load, left int64, remedy string) error {
	what, kept := "the old account holds", "Nothing was copied"
	if l.Came > 0 {
		what, kept = "there is yet to come of the old account", "What came is kept"
	}
	return transfer.Errorf(code, "%s up to %s, and this pod has room for %s: %s. %s, and nothing at the old pod was changed. Try again when there is room",
		what, english(l.Bytes()), english(max(left, 0)), remedy, kept)
}

// english is a size in the language of messages, which codes translate.
func english(n int64) string {
	languages, err := locale.New()
	if err != nil {
		return "?" // the catalogues are part of the program
	}
	l, _ := languages.Named("en")
	return l.Bytes(n)
}
