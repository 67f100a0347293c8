package disk_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"podmove/internal/disk"
)

func TestFree(t *testing.T) {
	dir := t.TempDir()
	t.Run("says how much room there is, or that nobody knows", func(t *testing.T) {
		n, err := disk.Free(dir)
		if errors.Is(err, disk.ErrUnknown) {
			return
		}
		if err != nil || n <= 0 {
			t.Errorf("%d, %v", n, err)
		}
	})
	t.Run("knows nothing of a directory that is not there", func(t *testing.T) {
		_, err := disk.Free(filepath.Join(dir, "none"))
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, disk.ErrUnknown) {
			t.Errorf("got %v", err)
		}
	})
}
