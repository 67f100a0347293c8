package blob_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"podmove/internal/blob"
)

var errBroken = errors.New("the connection broke")

// far is another pod that holds content, and notes what it is asked for. Each
// answer but the last breaks off after part bytes.
type far struct {
	content []byte
	breaks  int // so many answers break off
	part    int
	asked   []int64
}

func (f *far) fetch(from int64) (io.ReadCloser, error) {
	f.asked = append(f.asked, from)
	rest := bytes.NewReader(f.content[from:])
	if len(f.asked) > f.breaks {
		return io.NopCloser(rest), nil
	}
	return io.NopCloser(io.MultiReader(io.LimitReader(rest, int64(f.part)), iotest.ErrReader(errBroken))), nil
}

func TestResume(t *testing.T) {
	content := bytes.Repeat([]byte("photo"), 1000)
	sum, size := sumOf(content), int64(len(content))

	t.Run("goes on where the connection broke", func(t *testing.T) {
		d, path := dir(t)
		f := &far{content: content, breaks: 2, part: 1234}
		for range 2 {
			if err := d.Resume(t.Context(), sum, size, f.fetch); !errors.Is(err, errBroken) {
				t.Fatalf("got %v", err)
			}
		}
		if err := d.Resume(t.Context(), sum, size, f.fetch); err != nil {
			t.Fatal(err)
		}
		if want := []int64{0, 1234, 2468}; !slices.Equal(f.asked, want) {
			t.Errorf("asked from %v, want %v", f.asked, want)
		}
		if !bytes.Equal(read(t, d, sum), content) {
			t.Error("other bytes came")
		}
		if found := files(t, path); len(found) != 1 {
			t.Errorf("on the disk: %v", found)
		}
	})
	t.Run("does not fetch what it has", func(t *testing.T) {
		d, _ := dir(t)
		if _, _, err := d.Put(t.Context(), bytes.NewReader(content), sum, size); err != nil {
			t.Fatal(err)
		}
		f := &far{content: content}
		if err := d.Resume(t.Context(), sum, size, f.fetch); err != nil || len(f.asked) != 0 {
			t.Errorf("asked from %v, %v", f.asked, err)
		}
	})
	t.Run("keeps an empty blob", func(t *testing.T) {
		d, _ := dir(t)
		if err := d.Resume(t.Context(), sumOf(nil), 0, (&far{}).fetch); err != nil {
			t.Error(err)
		}
	})
	t.Run("keeps what came of a body that ends early", func(t *testing.T) {
		d, _ := dir(t)
		short := &far{content: content[:100]}
		if err := d.Resume(t.Context(), sum, size, short.fetch); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("got %v", err)
		}
		f := &far{content: content}
		if err := d.Resume(t.Context(), sum, size, f.fetch); err != nil || !slices.Equal(f.asked, []int64{100}) {
			t.Errorf("asked from %v, %v", f.asked, err)
		}
	})
	t.Run("says why there is nothing to fetch", func(t *testing.T) {
		d, _ := dir(t)
		gone := errors.New("410")
		err := d.Resume(t.Context(), sum, size, func(int64) (io.ReadCloser, error) { return nil, gone })
		if !errors.Is(err, gone) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuses a name that is none", func(t *testing.T) {
		d, _ := dir(t)
		if err := d.Resume(t.Context(), "../x", 1, (&far{}).fetch); !errors.Is(err, blob.ErrName) {
			t.Errorf("got %v", err)
		}
	})
}

func TestResumeOverDamage(t *testing.T) {
	content := bytes.Repeat([]byte("photo"), 1000)
	sum, size := sumOf(content), int64(len(content))
	damage := []struct {
		name   string
		onDisk []byte
		asked  []int64
	}{
		{"starts anew when the first part is wrong", []byte("damaged"), []int64{7, 0}},
		{"starts anew when the whole is wrong", make([]byte, size), []int64{0}},
		{"starts anew when there is too much", make([]byte, size+1), []int64{0}},
		{"settles a whole that was not settled", content, nil},
	}
	for _, c := range damage {
		t.Run(c.name, func(t *testing.T) {
			d, path := dir(t)
			if err := os.WriteFile(filepath.Join(path, "partial", sum), c.onDisk, 0o600); err != nil {
				t.Fatal(err)
			}
			f := &far{content: content}
			if err := d.Resume(t.Context(), sum, size, f.fetch); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(f.asked, c.asked) {
				t.Errorf("asked from %v, want %v", f.asked, c.asked)
			}
			if !bytes.Equal(read(t, d, sum), content) {
				t.Error("other bytes came")
			}
		})
	}
	liars := []struct {
		name    string
		content []byte
		want    error
	}{
		{"keeps nothing of bytes that are wrong", make([]byte, size), blob.ErrMismatch},
		{"keeps nothing of bytes that are too many", append(bytes.Clone(content), 0), blob.ErrTooLarge},
	}
	for _, c := range liars {
		t.Run(c.name, func(t *testing.T) {
			d, path := dir(t)
			f := &far{content: c.content}
			if err := d.Resume(t.Context(), sum, size, f.fetch); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
			if found := files(t, path); len(found) != 0 {
				t.Errorf("left behind: %v", found)
			}
			if len(f.asked) != 1 {
				t.Errorf("asked from %v", f.asked)
			}
		})
	}
}

// Two runners of one move are harmless: both end with the blob.
func TestResumeByTwoWorkers(t *testing.T) {
	content := bytes.Repeat([]byte("photo"), 100_000)
	sum, size := sumOf(content), int64(len(content))
	d, path := dir(t)
	other, err := blob.OpenDir(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var wg sync.WaitGroup
	for i := range 8 {
		store := []*blob.Dir{d, other}[i%2]
		wg.Go(func() {
			f := &far{content: content}
			if err := store.Resume(t.Context(), sum, size, f.fetch); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if !bytes.Equal(read(t, d, sum), content) {
		t.Error("other bytes came")
	}
	if found := files(t, path); len(found) != 1 {
		t.Errorf("on the disk: %v", found)
	}
}
