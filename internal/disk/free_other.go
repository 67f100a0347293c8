//go:build !(linux || darwin || freebsd || dragonfly)

package disk

// Free is ErrUnknown.
func Free(string) (int64, error) { return 0, ErrUnknown }
