// Package source is the side that gives: what may leave under a grant, sealed
// cursors, the plan, the manifest, and the comparison of receipts before
// anything at the old pod changes.
//
// It refuses to know how items are stored, how tokens are checked, what HTTP
// is, and what a stub looks like; it is handed a function that raises them.
package source
