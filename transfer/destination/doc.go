// Package destination is the side that takes: the loop that pulls an account
// ([Copy]), the move around it with its states ([Move], [Mover]), and the
// report that a person reads while it runs.
//
// Copy knows a [transfer.Reader] and a [transfer.Writer] and nothing else, so
// that importing an archive and moving live are one loop with different ends.
// It treats what it reads as a stranger's: every page is checked before
// anything of it is stored, and what is stored is stored with the cursor after
// it, so that any process can go on where another stopped.
//
// The package refuses to know how items are stored, what HTTP and OAuth look
// like, and what works its jobs: it is handed functions and small interfaces
// by cmd/server.
package destination
