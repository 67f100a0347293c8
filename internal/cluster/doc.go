// Package cluster runs a PostgreSQL server for as long as one process needs it:
// for the tests, and for the demo. It leaves nothing behind, however that
// process ends.
//
// It gives no durability and refuses to know what is stored in it.
package cluster
