package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"podmove/internal/blob"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/source"
)

// TestBackup backs a pod up again and again while it serves and somebody writes,
// and restores each backup into the other kind of database.
func TestBackup(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		p := newQuickPod(t, dialect)
		p.fill(t, "ada", 300)
		start(t, p)
		ctx, stop := context.WithCancel(t.Context())
		written := make(chan int, 1)
		go func() { written <- p.busy(ctx, t, "ada") }()
		dir := filepath.Join(t.TempDir(), "backup")
		other := storetest.SQLite
		if dialect == other {
			other = storetest.Postgres
		}
		for range 2 {
			p.execute(t, "", "backup", dir)
			restored := newQuickPod(t, other)
			bring(t, p, restored)
			restored.execute(t, "", "restore", dir)
			consistent(t, restored, "ada")
		}
		stop()
		if n := <-written; n < 2 {
			t.Errorf("only %d posts were written meanwhile", n)
		}
	})
}

// bring empties a pod's place, but for the master key, which is another's.
func bring(t *testing.T, from, to *testPod) {
	t.Helper()
	to.wipe(t)
	key, err := os.ReadFile(filepath.Join(from.dir, "master.key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(to.dir, "master.key"), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wipe loses all that a pod has but its master key.
func (p *testPod) wipe(t *testing.T) {
	t.Helper()
	for _, name := range []string{"podmove.db", "podmove.db-wal", "podmove.db-shm", "photos", "sizes"} {
		if err := os.RemoveAll(filepath.Join(p.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if p.database == "" {
		return
	}
	conn, err := pgx.Connect(t.Context(), p.database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		t.Fatal(err)
	}
}

// busy writes posts with photos, and takes some back with their bytes, until it
// is stopped. It answers how many posts it wrote.
func (p *testPod) busy(ctx context.Context, t *testing.T, name string) (n int) {
	s, err := store.Open(ctx, store.Options{DSN: p.database, Dir: p.dir})
	if err != nil {
		t.Error(err)
		return 0
	}
	defer s.Close()
	photos, err := blob.OpenDir(filepath.Join(p.dir, "photos"), time.Now)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer photos.Close()
	w := scribe{s: s, photos: photos}
	for ctx.Err() == nil {
		if err := w.write(ctx, name, n); err != nil && ctx.Err() == nil {
			t.Error(err)
			return n
		}
		n++
	}
	return n
}

// A scribe writes beside a pod.
type scribe struct {
	s      *store.Store
	photos *blob.Dir
	photo  string // the last one
}

func (w *scribe) write(ctx context.Context, name string, n int) error {
	a, err := w.s.AccountNamed(ctx, name)
	if err != nil {
		return err
	}
	content := fmt.Appendf(nil, "the bytes of photo %d", n)
	sum, size, err := w.photos.Put(ctx, bytes.NewReader(content), "", 1<<10)
	if err != nil {
		return err
	}
	if err := w.s.NoteBlob(ctx, transfer.Digest(sum), size); err != nil {
		return err
	}
	photo, err := w.s.CreatePhoto(ctx, a.ID, transfer.Photo{
		Name: fmt.Sprintf("%020d.png", n), Public: true, CreatedAt: transfer.TimeOf(time.Now()),
		SHA256: transfer.Digest(sum), Size: size, Type: "image/png",
	})
	if err != nil {
		return err
	}
	if _, err := w.s.CreatePost(ctx, a.ID, transfer.Post{Public: true, CreatedAt: transfer.TimeOf(time.Now()), Text: "meanwhile", Photos: []string{photo.GUID}}); err != nil {
		return err
	}
	last := w.photo
	w.photo = photo.GUID
	if n%2 == 0 || last == "" {
		return nil
	}
	if err := w.s.DeletePhoto(ctx, a.ID, last); err != nil {
		return err
	}
	// As a sweep does a day later; here at once, under the backup's hands.
	_, err = w.s.SweepBlobs(ctx, w.photos, time.Now().Add(-time.Second))
	return err
}

// consistent looks at a restored pod: each item is what its digest says, each
// photo's bytes are there and right, and the audit log leads from one end to the
// other.
func consistent(t *testing.T, p *testPod, name string) {
	t.Helper()
	p.execute(t, "", "audit", "verify")
	s, a := p.owner(t, name)
	defer s.Close()
	_, epoch, err := s.Mark(t.Context(), a.ID)
	if err != nil || epoch == "" {
		t.Errorf("the epoch is %q, %v", epoch, err)
	}
	for _, c := range transfer.Collections() {
		list, _, err := s.Changes(t.Context(), source.Scope{Account: a.ID, Limited: true}, c, 0, 1<<40, 10_000, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range list {
			if e := change.Entry; !e.Deleted && transfer.Sum(e.Item) != e.Digest {
				t.Errorf("%s %s is not what its digest says", c, e.GUID)
			}
		}
		if c == transfer.Posts && len(list) < 300 {
			t.Errorf("%d posts are there", len(list))
		}
	}
	_, err = s.Dump(t.Context(), new(bytes.Buffer), func(sum string, _ int64) error {
		raw, err := os.ReadFile(filepath.Join(p.dir, "photos", sum[:2], sum))
		if err == nil && string(transfer.Sum(raw)) != sum {
			err = fmt.Errorf("%s holds other bytes", sum)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestBackupNowhere(t *testing.T) {
	gone, dir := filepath.Join(t.TempDir(), "gone"), filepath.Join(t.TempDir(), "backup")
	_, err := execute(t.Context(), "", "backup", "--data", gone, dir)
	if err == nil || !strings.Contains(err.Error(), "no pod keeps its data in "+gone) || !strings.Contains(err.Error(), "No backup was made") {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{gone, dir} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s was made", name)
		}
	}
}
