// Package disk says how much room there is on a disk. It refuses to know what
// the room is for.
package disk

import "errors"

// ErrUnknown is the answer on systems that this package cannot ask.
var ErrUnknown = errors.New("this system does not say how much room a disk has")
