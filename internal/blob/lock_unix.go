//go:build unix

package blob

import (
	"errors"
	"os"
	"syscall"
)

// Lock takes a file for this process, which keeps it until it closes the file or
// dies. It is ErrLocked at once if another has it, and errors.ErrUnsupported
// where there is no flock.
func Lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
