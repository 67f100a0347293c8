// Package pod is the small social pod that a move starts from or ends at:
// accounts and their passwords, sign-in and sessions, who is looking at what,
// and the sizes in which photos are shown.
//
// It holds decisions and leaves rows to those who satisfy its interfaces. It
// refuses to know of moves, of tokens, of HTML and of the database.
package pod
