//go:build unix

package blob

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the file for this worker, or fails with errClaimed at once.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errClaimed
	}
	return err
}
