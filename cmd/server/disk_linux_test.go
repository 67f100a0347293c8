package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A smallDisk is a disk of a test's own that can be filled.
type smallDisk struct{ dir string }

// mayMount reports whether small disks can be had: as root, in a container with
// CAP_SYS_ADMIN. Nothing that could be installed changes that.
func mayMount(t *testing.T) bool {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=4k"); err != nil {
		t.Logf("NOT TRIED: a disk that can be full needs the right to mount one (%v)", err)
		return false
	}
	return syscall.Unmount(dir, syscall.MNT_DETACH) == nil
}

// newSmallDisk puts a disk of so many bytes at a directory that is there.
func newSmallDisk(t *testing.T, dir, size string) smallDisk {
	t.Helper()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return smallDisk{dir}
}

// fill leaves no byte free.
func (d smallDisk) fill(t *testing.T) {
	t.Helper()
	file, err := os.Create(d.ballast())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(file, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// makeRoom is what the podmin does.
func (d smallDisk) makeRoom(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		t.Fatal(err)
	}
}

func (d smallDisk) ballast() string { return filepath.Join(d.dir, "ballast") }

// zeros has no end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
