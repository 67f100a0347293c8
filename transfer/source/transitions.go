package source

import (
	"maps"

	"podmove/transfer"
)

// Transitions is the whole table, for the diagram in docs/architecture.md.
func Transitions() map[transfer.State][]transfer.State { return maps.Clone(next) }
