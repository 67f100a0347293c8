package transfertest

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"podmove/transfer"
)

// KeepAll hands the content of the fixture's photos to w.
func KeepAll(t *testing.T, w transfer.Writer, f Fixture) {
	t.Helper()
	for _, content := range f.Content {
		check(t, w.Keep(t.Context(), transfer.Sum(content), int64(len(content)), from(content)))
	}
}

// from fetches content from any offset.
func from(content []byte) func(int64) (io.ReadCloser, error) {
	return func(at int64) (io.ReadCloser, error) {
		if at < 0 || at > int64(len(content)) {
			return nil, errors.New("asked for an offset beyond the end")
		}
		return io.NopCloser(bytes.NewReader(content[at:])), nil
	}
}

func writerKeeps(t *testing.T, open NewPod) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<14) // 256 KiB
	sum, size := transfer.Sum(content), int64(len(content))
	w := open(t).Writer(t, "here", Aurora)
	t.Run("refuses bytes that are not the ones named", func(t *testing.T) {
		wrong := bytes.Replace(content, []byte("0"), []byte("x"), 1)
		wantCode(t, w.Keep(t.Context(), sum, size, from(wrong)), transfer.ContentDiffers)
	})
	t.Run("reads no more than the size named", func(t *testing.T) {
		endless := &counter{}
		err := w.Keep(t.Context(), sum, size, func(int64) (io.ReadCloser, error) { return endless, nil })
		if err == nil || endless.read > 4*size {
			t.Errorf("%v after reading %d bytes of a content of %d", err, endless.read, size)
		}
	})
	t.Run("refuses bytes that end early", func(t *testing.T) {
		short := []byte("end")
		wantCode(t, w.Keep(t.Context(), transfer.Sum(short), int64(len(short)), from(short[:2])), transfer.ContentDiffers)
	})
	t.Run("tells the failure of a fetch by its code", func(t *testing.T) {
		err := w.Keep(t.Context(), sum, size, func(int64) (io.ReadCloser, error) {
			return nil, transfer.Errorf(transfer.RateLimited, "later")
		})
		wantCode(t, err, transfer.RateLimited)
	})
	t.Run("goes on behind what came before the fetch broke off", func(t *testing.T) {
		half := size / 2
		err := w.Keep(t.Context(), sum, size, func(int64) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(content[:half]), broken{})), nil
		})
		if err == nil {
			t.Fatal("half of the bytes were taken for the whole")
		}
		at := int64(-1)
		check(t, w.Keep(t.Context(), sum, size, func(offset int64) (io.ReadCloser, error) { at = offset; return from(content)(offset) }))
		if at != half {
			t.Errorf("fetched from %d, want %d", at, half)
		}
	})
	t.Run("does not fetch what it has", func(t *testing.T) {
		check(t, w.Keep(t.Context(), sum, size, func(int64) (io.ReadCloser, error) { return nil, errors.New("fetched again") }))
	})
	t.Run("fails a photo whose bytes were not kept", func(t *testing.T) { writerNeedsContent(t, open(t)) })
}

func writerNeedsContent(t *testing.T, pod Pod) {
	f, w := Made(Aurora), pod.Writer(t, "here", Aurora)
	photos := f.Entries[transfer.Photos]
	differs := photos[1]
	differs.Failed = transfer.ContentDiffers
	content := f.Content[photos[2].GUID]
	check(t, w.Keep(t.Context(), transfer.Sum(content), int64(len(content)), from(content)))
	outcomes := write(t, w, transfer.Photos, photos[0], differs, photos[2])
	for i, want := range []transfer.Code{transfer.ContentMissing, transfer.ContentDiffers, ""} {
		if o := outcomes[photos[i].GUID]; o.Reason != want || (o.Result == transfer.Failed) != (want != "") {
			t.Errorf("photo %d: %+v, want the reason %q", i, o, want)
		}
	}
	sameEntries(t, transfer.Photos, pod.Items(t, "here", transfer.Photos), photos[2:3])
	KeepAll(t, w, f)
	for guid, o := range write(t, w, transfer.Photos, photos[0], photos[1]) {
		if o.Result != transfer.Imported {
			t.Errorf("%s, whose bytes came later: %+v, want imported", guid, o)
		}
	}
}

// counter is a body without end.
type counter struct{ read int64 }

func (c *counter) Read(p []byte) (int, error) {
	clear(p)
	c.read += int64(len(p))
	return len(p), nil
}

func (c *counter) Close() error { return nil }

// broken is a connection that breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the connection broke") }
