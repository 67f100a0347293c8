//go:build linux || darwin || freebsd || dragonfly

package disk

import (
	"fmt"
	"math"
	"syscall"
)

// Free is how many bytes may still be written to the disk of a directory by
// those who are not root.
func Free(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("the disk of %s: %w", dir, err)
	}
	blocks, size := max(int64(s.Bavail), 0), max(int64(s.Bsize), 1) //nolint:unconvert // the types differ between systems
	if blocks > math.MaxInt64/size {
		return math.MaxInt64, nil
	}
	return blocks * size, nil
}
