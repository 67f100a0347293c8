//go:build unix

package backup

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the file for this process, which keeps it until it closes the file.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrBusy
	}
	return err
}
