package store

import (
	"errors"
	"fmt"

	"gorm.io/gorm"
)

var (
	// ErrNotFound means that no row answers the query.
	ErrNotFound = errors.New("store: not found")
	// ErrConflict means that a row with the same unique key is there already.
	ErrConflict = errors.New("store: already there")
)

// translate turns gorm's errors into this package's and keeps the cause. Other
// errors, nil included, come back as they are.
func translate(err error) error {
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return ErrNotFound
	case noText(err):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return fmt.Errorf("%w: %w", ErrConflict, err)
	default:
		return err
	}
}
