//go:build !unix

package blob

import (
	"errors"
	"os"
)

// Lock is errors.ErrUnsupported.
func Lock(*os.File) error { return errors.ErrUnsupported }
