// Package redirects keeps what an account leaves behind when it has moved: the
// stubs that lead from old addresses to new ones, the undo, and the erasing of
// the old copies.
//
// It exists so that one room decides when something is taken away that cannot
// be brought back: never before the grace period is over, and only item by
// item, each against a proof that the new pod still holds it.
//
// It refuses to know how rows are stored, what HTTP and JSON forms look like,
// how a message travels, and how an account came to move: it is told that one
// did.
package redirects
