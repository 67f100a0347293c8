// Package transfertest says what every transfer.Reader and transfer.Writer
// must do, as suites that each implementation runs in its own tests: memory,
// database, archive file, and the client at the far end of the wire.
//
// It brings its own account, [Made], and refuses to know how an implementation
// stores or fetches anything. [Memory] passes both suites and is the shortest
// account of what they mean. For tests only.
package transfertest
