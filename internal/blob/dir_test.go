package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"podmove/internal/blob"
)

// dir is a store over a fresh directory, and the directory.
func dir(t *testing.T) (*blob.Dir, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "photos")
	d, err := blob.OpenDir(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, path
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// files lists what lies below a directory.
func files(t *testing.T, path string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, strings.TrimPrefix(name, path+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(t *testing.T, s blob.Store, sum string) []byte {
	t.Helper()
	f, size, err := s.Open(t.Context(), sum)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil || int64(len(data)) != size {
		t.Fatalf("%d bytes of %d, %v", len(data), size, err)
	}
	return data
}

func TestPut(t *testing.T) {
	content := []byte("the bytes of a photo")
	sum := sumOf(content)

	t.Run("keeps bytes under their sum, once", func(t *testing.T) {
		d, path := dir(t)
		for range 2 {
			got, size, err := d.Put(t.Context(), bytes.NewReader(content), "", 100)
			if err != nil || got != sum || size != int64(len(content)) {
				t.Fatalf("%s, %d, %v", got, size, err)
			}
		}
		if !bytes.Equal(read(t, d, sum), content) {
			t.Error("other bytes came back")
		}
		if found := files(t, path); len(found) != 1 || found[0] != sum[:2]+"/"+sum {
			t.Errorf("on the disk: %v", found)
		}
	})
	t.Run("does not read what it has", func(t *testing.T) {
		d, _ := dir(t)
		if _, _, err := d.Put(t.Context(), bytes.NewReader(content), sum, 100); err != nil {
			t.Fatal(err)
		}
		got, size, err := d.Put(t.Context(), iotest.ErrReader(errors.New("it was read")), sum, 100)
		if err != nil || got != sum || size != int64(len(content)) {
			t.Errorf("%s, %d, %v", got, size, err)
		}
	})
	t.Run("takes exactly as many bytes as allowed", func(t *testing.T) {
		d, _ := dir(t)
		if _, _, err := d.Put(t.Context(), bytes.NewReader(content), "", int64(len(content))); err != nil {
			t.Error(err)
		}
	})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("the connection broke")
	refused := []struct {
		name string
		ctx  context.Context
		r    io.Reader
		want string
		max  int64
		err  error
	}{
		{"refuses other bytes than announced", t.Context(), bytes.NewReader(content), sumOf(nil), 100, blob.ErrMismatch},
		{"refuses one byte too many", t.Context(), bytes.NewReader(content), sum, int64(len(content)) - 1, blob.ErrTooLarge},
		{"refuses bytes that never end", t.Context(), endless{}, "", 1 << 20, blob.ErrTooLarge},
		{"refuses a name that is a path", t.Context(), bytes.NewReader(content), "../../etc/passwd", 100, blob.ErrName},
		{"refuses a name in capitals", t.Context(), bytes.NewReader(content), strings.ToUpper(sum), 100, blob.ErrName},
		{"keeps nothing of a broken connection", t.Context(), io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken)), "", 100, broken},
		{"stops when its context ends", ended, bytes.NewReader(content), "", 100, context.Canceled},
	}
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			d, path := dir(t)
			if _, _, err := d.Put(c.ctx, c.r, c.want, c.max); !errors.Is(err, c.err) {
				t.Errorf("got %v, want %v", err, c.err)
			}
			if found := files(t, path); len(found) != 0 {
				t.Errorf("left behind: %v", found)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestBlobThatIsNotThere(t *testing.T) {
	d, _ := dir(t)
	sum := sumOf([]byte("nobody put this"))
	if _, _, err := d.Open(t.Context(), sum); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Open: %v", err)
	}
	if has, err := d.Has(t.Context(), sum); has || err != nil {
		t.Errorf("Has: %v, %v", has, err)
	}
	if err := d.Delete(t.Context(), sum); err != nil {
		t.Errorf("Delete: %v", err)
	}
	for _, name := range []string{"", ".", "..", "partial", sum[:63], sum + "0", "../" + sum[3:]} {
		if _, _, err := d.Open(t.Context(), name); !errors.Is(err, blob.ErrName) {
			t.Errorf("Open(%q): %v", name, err)
		}
		if _, err := d.Has(t.Context(), name); !errors.Is(err, blob.ErrName) {
			t.Errorf("Has(%q): %v", name, err)
		}
		if err := d.Delete(t.Context(), name); !errors.Is(err, blob.ErrName) {
			t.Errorf("Delete(%q): %v", name, err)
		}
	}
}

func TestDelete(t *testing.T) {
	d, path := dir(t)
	sum, _, err := d.Put(t.Context(), strings.NewReader("a photo"), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	if has, err := d.Has(t.Context(), sum); !has || err != nil {
		t.Errorf("Has: %v, %v", has, err)
	}
	if err := d.Delete(t.Context(), sum); err != nil {
		t.Fatal(err)
	}
	if found := files(t, path); len(found) != 0 {
		t.Errorf("left behind: %v", found)
	}
}

func TestSweep(t *testing.T) {
	d, path := dir(t)
	put := func(content string) string {
		t.Helper()
		sum, _, err := d.Put(t.Context(), strings.NewReader(content), "", 100)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	age := func(name string) {
		t.Helper()
		old := time.Now().Add(-48 * time.Hour)
		if err := os.Chtimes(filepath.Join(path, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	orphan, used, fresh, again := put("orphan"), put("used"), put("fresh"), put("put again")
	for _, sum := range []string{orphan, used, again} {
		age(sum[:2] + "/" + sum)
	}
	put("put again")
	for _, name := range []string{"arriving/left", "partial/" + orphan, "README"} {
		if err := os.WriteFile(filepath.Join(path, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		age(name)
	}

	n, err := d.Sweep(t.Context(), time.Now().Add(-24*time.Hour), func(_ context.Context, sum string) (bool, error) {
		return sum == used, nil
	})
	if err != nil || n != 1 {
		t.Errorf("%d swept, %v", n, err)
	}
	left := strings.Join(files(t, path), " ")
	for _, sum := range []string{used, fresh, again, "README"} {
		if !strings.Contains(left, sum) {
			t.Errorf("%s is gone", sum)
		}
	}
	if n := len(strings.Fields(left)); n != 4 {
		t.Errorf("left: %s", left)
	}
	t.Run("leaves what is put while it asks", func(t *testing.T) {
		sum := put("wanted again")
		age(sum[:2] + "/" + sum)
		_, err := d.Sweep(t.Context(), time.Now().Add(-24*time.Hour), func(_ context.Context, asked string) (bool, error) {
			if asked == sum {
				put("wanted again")
			}
			return asked == used, nil
		})
		if has, hasErr := d.Has(t.Context(), sum); !has || err != nil || hasErr != nil {
			t.Errorf("kept: %v, %v, %v", has, err, hasErr)
		}
	})
	t.Run("drops one blob, unless it is wanted or was a moment ago", func(t *testing.T) {
		sum, nobody := put("dropped"), func(context.Context, string) (bool, error) { return false, nil }
		drop := func(want bool, used func(context.Context, string) (bool, error)) {
			t.Helper()
			gone, err := d.Drop(t.Context(), sum, used)
			if has, hasErr := d.Has(t.Context(), sum); gone != want || has == want || err != nil || hasErr != nil {
				t.Errorf("gone %v, has %v, %v, %v", gone, has, err, hasErr)
			}
		}
		drop(false, nobody) // it came just now
		age(sum[:2] + "/" + sum)
		drop(false, func(context.Context, string) (bool, error) { return true, nil })
		drop(false, func(context.Context, string) (bool, error) { put("dropped"); return false, nil })
		age(sum[:2] + "/" + sum)
		drop(true, nobody)
		if _, err := d.Drop(t.Context(), "../x", nobody); !errors.Is(err, blob.ErrName) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("stops when nobody can say what is used", func(t *testing.T) {
		broken := errors.New("the database is away")
		_, err := d.Sweep(t.Context(), time.Now().Add(time.Hour), func(context.Context, string) (bool, error) {
			return false, broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if has, err := d.Has(t.Context(), used); !has || err != nil {
			t.Errorf("a blob in use is gone, %v", err)
		}
	})
}
