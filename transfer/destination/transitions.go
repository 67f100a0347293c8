package destination

import "maps"

// Transitions is the whole table, for the diagram in docs/architecture.md.
func Transitions() map[State][]State { return maps.Clone(transitions) }
