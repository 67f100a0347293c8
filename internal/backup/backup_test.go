package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"podmove/internal/backup"
	"podmove/internal/blob"
)

// A testPod is rows and photos.
type testPod struct {
	rows   string
	photos *blob.Dir
	names  []string
	dumps  int
	during func() // after the rows are written down
	fails  error  // instead
	lossy  bool
	master string
}

func newPod(t *testing.T) *testPod {
	t.Helper()
	return &testPod{rows: "the rows", photos: openDir(t, t.TempDir())}
}

func openDir(t *testing.T, path string) *blob.Dir {
	t.Helper()
	d, err := blob.OpenDir(path, time.Now)
	must(t, err)
	t.Cleanup(func() { d.Close() })
	return d
}

func (p *testPod) add(t *testing.T, content string) string {
	t.Helper()
	sum, _, err := p.photos.Put(t.Context(), strings.NewReader(content), "", 1<<20)
	must(t, err)
	p.names = append(p.names, sum)
	return sum
}

func (p *testPod) remove(t *testing.T, sum string) {
	t.Helper()
	must(t, p.photos.Delete(t.Context(), sum))
	p.names = slices.DeleteFunc(p.names, func(s string) bool { return s == sum })
}

func (p *testPod) write(t *testing.T, dir string) (backup.Manifest, error) {
	t.Helper()
	return backup.Write(t.Context(), dir, backup.Pod{
		Photos: p.photos, Program: "podmove test", Lossy: p.lossy, Now: time.Now, Master: p.master,
		Dump: func(_ context.Context, w io.Writer, photo func(string, int64) error, m *backup.Manifest) error {
			p.dumps++
			m.Pod, m.Schema, m.Rows = "https://pod.example", 7, map[string]int64{"posts": 3}
			for _, sum := range slices.Sorted(slices.Values(p.names)) {
				if err := photo(sum, 5); err != nil {
					return err
				}
			}
			_, err := io.WriteString(w, p.rows)
			if p.during != nil {
				p.during()
			}
			return errors.Join(err, p.fails)
		},
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// whole reads the backup as restoring does, and answers its rows.
func whole(t *testing.T, dir string, photos ...string) string {
	t.Helper()
	b, err := backup.Open(dir)
	must(t, err)
	defer b.Close()
	must(t, b.Verify(t.Context()))
	r, err := b.Rows()
	must(t, err)
	defer r.Close()
	rows, err := io.ReadAll(r)
	must(t, err)
	to := openDir(t, t.TempDir())
	must(t, b.CopyPhotos(t.Context(), to))
	for _, sum := range photos {
		if has, err := to.Has(t.Context(), sum); !has || err != nil {
			t.Errorf("the photo %s is not there: %v", sum, err)
		}
	}
	if b.Photos.Count != int64(len(photos)) {
		t.Errorf("%d photos, not %d", b.Photos.Count, len(photos))
	}
	return string(rows)
}

// files are those of a directory, by what they hold.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	must(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		found[strings.TrimPrefix(name, dir+"/")] = string(raw)
		return err
	}))
	return found
}

func TestWrite(t *testing.T) {
	p, dir := newPod(t), filepath.Join(t.TempDir(), "new", "backup")
	kept, gone := p.add(t, "one"), p.add(t, "two")
	m, err := p.write(t, dir)
	must(t, err)
	t.Run("gives back what it took", func(t *testing.T) {
		if rows := whole(t, dir, kept, gone); rows != "the rows" || m.Schema != 7 || m.Pod != "https://pod.example" {
			t.Errorf("%q, %+v", rows, m)
		}
	})
	t.Run("is for its owner alone", func(t *testing.T) {
		must(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %v, %v", name, info.Mode(), err)
			}
			return nil
		}))
	})
	t.Run("can be judged without this program", func(t *testing.T) {
		list := files(t, dir)[m.Photos.Name]
		for line := range strings.Lines(list) {
			sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
			got := sha256.Sum256([]byte(files(t, dir)[name]))
			if hex.EncodeToString(got[:]) != sum {
				t.Errorf("sha256sum would say no to %q", line)
			}
		}
	})
	t.Run("once more keeps the photos that are still there, and no others", func(t *testing.T) {
		info, err := os.Stat(filepath.Join(dir, "photos", kept[:2], kept))
		must(t, err)
		p.remove(t, gone)
		p.rows = "other rows"
		added := p.add(t, "three")
		_, err = p.write(t, dir)
		must(t, err)
		if rows := whole(t, dir, kept, added); rows != "other rows" {
			t.Error(rows)
		}
		again, err := os.Stat(filepath.Join(dir, "photos", kept[:2], kept))
		if must(t, err); !os.SameFile(info, again) {
			t.Error("a photo was copied again")
		}
		if found := files(t, dir); len(found) != 6 { // manifest, rows, list, lock, two photos
			t.Errorf("it holds %v", found)
		}
	})
	t.Run("once more mends what has rotted", func(t *testing.T) {
		must(t, os.WriteFile(filepath.Join(dir, "photos", kept[:2], kept), []byte("onE"), 0o600))
		_, err := p.write(t, dir)
		must(t, err)
		whole(t, dir, p.names...)
	})
	t.Run("holds the master key if it is asked for, and until it is not", func(t *testing.T) {
		p.master = filepath.Join(t.TempDir(), "key")
		must(t, os.WriteFile(p.master, []byte("secret"), 0o600))
		_, err := p.write(t, dir)
		must(t, err)
		b, err := backup.Open(dir)
		must(t, err)
		defer b.Close()
		if key, err := b.MasterKey(); string(key) != "secret" || err != nil {
			t.Errorf("%q, %v", key, err)
		}
		p.master = ""
		_, err = p.write(t, dir)
		must(t, err)
		if _, there := files(t, dir)["master.key"]; there {
			t.Error("the master key is still there")
		}
	})
}

func TestWriteRefuses(t *testing.T) {
	t.Run("a directory with other things in it", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("x"), 0o600))
		if _, err := newPod(t).write(t, dir); !errors.Is(err, backup.ErrOther) {
			t.Errorf("got %v", err)
		}
		if found := files(t, dir); len(found) != 1 {
			t.Errorf("it left %v", found)
		}
	})
	t.Run("a directory in which another backup is being written", func(t *testing.T) {
		p, dir := newPod(t), t.TempDir()
		p.during = func() {
			if _, err := newPod(t).write(t, dir); !errors.Is(err, backup.ErrBusy) {
				t.Errorf("got %v", err)
			}
		}
		_, err := p.write(t, dir)
		must(t, err)
		whole(t, dir)
	})
	t.Run("to leave out what the pod has lost, unless it is told to", func(t *testing.T) {
		p, dir := newPod(t), t.TempDir()
		kept, lost := p.add(t, "one"), p.add(t, "two")
		must(t, p.photos.Delete(t.Context(), lost))
		_, err := p.write(t, dir)
		if e := (backup.LostError{}); !errors.As(err, &e) || !slices.Equal(e.Sums, []string{lost}) {
			t.Errorf("got %v", err)
		}
		if _, err := backup.Open(dir); !errors.Is(err, backup.ErrNone) {
			t.Errorf("there is a backup, %v", err)
		}
		p.lossy = true
		m, err := p.write(t, dir)
		must(t, err)
		if !slices.Equal(m.Photos.Lost, []string{lost}) {
			t.Errorf("lost: %v", m.Photos.Lost)
		}
		b, err := backup.Open(dir)
		must(t, err)
		defer b.Close()
		must(t, b.Verify(t.Context()))
		to := openDir(t, t.TempDir())
		must(t, b.CopyPhotos(t.Context(), to))
		if has, err := to.Has(t.Context(), kept); !has || err != nil {
			t.Errorf("%v, %v", has, err)
		}
	})
}

// TestWriteRefusesToNameTooMany: its own manifest would be too long to read.
func TestWriteRefusesToNameTooMany(t *testing.T) {
	p, dir := newPod(t), t.TempDir()
	p.lossy = true
	p.add(t, "one that is there")
	_, err := p.write(t, dir)
	must(t, err)
	before := files(t, dir)
	for i := range 10_001 {
		p.names = append(p.names, fmt.Sprintf("%064x", i))
	}
	_, err = p.write(t, dir)
	if lost, ok := errors.AsType[backup.LostError](err); !ok || len(lost.Sums) != 10_001 {
		t.Fatalf("got %v", err)
	}
	if !sameFiles(before, files(t, dir)) {
		t.Error("the earlier backup is another")
	}
}

func TestWriteMeetsTheWorld(t *testing.T) {
	t.Run("photos that are deleted meanwhile are in no backup, and stop none", func(t *testing.T) {
		p, dir := newPod(t), t.TempDir()
		kept, gone := p.add(t, "one"), p.add(t, "two")
		p.during = func() {
			if slices.Contains(p.names, gone) {
				p.remove(t, gone)
			}
		}
		_, err := p.write(t, dir)
		must(t, err)
		whole(t, dir, kept)
		if p.dumps != 2 {
			t.Errorf("%d snapshots", p.dumps)
		}
	})
	t.Run("a disk that is full leaves the earlier backup whole", func(t *testing.T) {
		p, dir := newPod(t), t.TempDir()
		kept := p.add(t, "one")
		_, err := p.write(t, dir)
		must(t, err)
		before := files(t, dir)
		p.fails = fmt.Errorf("write: %w", syscall.ENOSPC)
		if _, err := p.write(t, dir); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("got %v", err)
		}
		whole(t, dir, kept)
		if after := files(t, dir); !sameFiles(before, after) {
			t.Errorf("it held %v and holds %v", before, after)
		}
	})
	t.Run("what a kill left behind is no backup, and goes with the next", func(t *testing.T) {
		p, dir := newPod(t), t.TempDir()
		p.add(t, "one")
		_, err := p.write(t, dir)
		must(t, err)
		must(t, os.Remove(filepath.Join(dir, "manifest.json"))) // which comes last
		must(t, os.WriteFile(filepath.Join(dir, "manifest.json.next"), []byte("{"), 0o600))
		if _, err := backup.Open(dir); !errors.Is(err, backup.ErrNone) {
			t.Errorf("got %v", err)
		}
		_, err = p.write(t, dir)
		must(t, err)
		whole(t, dir, p.names...)
		if found := files(t, dir); len(found) != 5 {
			t.Errorf("it holds %v", found)
		}
	})
}

func sameFiles(a, b map[string]string) bool {
	for name := range a {
		if a[name] != b[name] {
			return false
		}
	}
	return len(a) == len(b)
}

// TestDamage flips a bit of each file in turn, and cuts each short.
func TestDamage(t *testing.T) {
	p, dir := newPod(t), t.TempDir()
	p.add(t, "one")
	p.master = filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(p.master, []byte("secret"), 0o600))
	_, err := p.write(t, dir)
	must(t, err)
	for name, content := range files(t, dir) {
		if content == "" {
			continue // the lock
		}
		flipped := []byte(content)
		flipped[len(flipped)/2] ^= 1
		for what, bad := range map[string][]byte{"a flipped bit": flipped, "half of it": []byte(content[:len(content)/2]), "nothing": {}} {
			t.Run(what+" in "+strings.TrimRight(name[:min(len(name), 12)], "-/"), func(t *testing.T) {
				path := filepath.Join(dir, name)
				must(t, os.WriteFile(path, bad, 0o600))
				if err := judge(t, dir); !errors.Is(err, backup.ErrDamaged) || !strings.Contains(err.Error(), name) {
					t.Errorf("got %v", err)
				}
				must(t, os.WriteFile(path, []byte(content), 0o600))
			})
		}
		if name == "manifest.json" {
			continue
		}
		t.Run("nothing in the place of "+strings.TrimRight(name[:min(len(name), 12)], "-/"), func(t *testing.T) {
			path := filepath.Join(dir, name)
			must(t, os.Remove(path))
			if err := judge(t, dir); !errors.Is(err, backup.ErrDamaged) || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v", err)
			}
			must(t, os.WriteFile(path, bytes.Clone([]byte(content)), 0o600))
		})
	}
	must(t, judge(t, dir))
}

func judge(t *testing.T, dir string) error {
	t.Helper()
	b, err := backup.Open(dir)
	if err != nil {
		return err
	}
	defer b.Close()
	return b.Verify(t.Context())
}
