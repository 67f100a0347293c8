package destination

import (
	"slices"

	"podmove/transfer"
)

// A State is where a move stands at its destination.
type State string

// The states of a move. Waiting goes on by itself, NeedsAttention does not.
const (
	Planned        State = "planned"         // asked for, nothing fetched yet
	Authorizing    State = "authorizing"     // the person is at the old pod, to agree
	Copying        State = "copying"         // reading everything once
	CatchingUp     State = "catching-up"     // reading what changed meanwhile
	Freezing       State = "freezing"        // reading the last changes, while the old account stands still
	Verifying      State = "verifying"       // comparing manifest and receipt
	Done           State = "done"            // the old pod took the receipt
	Waiting        State = "waiting"         // until Move.WaitUntil, because of Move.Reason
	NeedsAttention State = "needs-attention" // until the person does something
	Cancelled      State = "cancelled"       // by either side, or idle for too long
	Undone         State = "undone"          // finished, and taken back
)

// transitions are all there are: from each state to those listed. A state that
// maps to itself is one in which something else than the state may change.
var transitions = map[State][]State{
	Planned:        {Planned, Authorizing, Cancelled},
	Authorizing:    {Authorizing, Planned, Copying, NeedsAttention, Cancelled},
	Copying:        {Copying, CatchingUp, Done, Waiting, NeedsAttention, Cancelled},
	CatchingUp:     {CatchingUp, Copying, Freezing, Verifying, Done, Waiting, NeedsAttention, Cancelled},
	Freezing:       {Freezing, CatchingUp, Verifying, Done, Waiting, NeedsAttention, Cancelled},
	Verifying:      {Verifying, Copying, CatchingUp, Freezing, Done, Waiting, NeedsAttention, Cancelled},
	Waiting:        {Waiting, Copying, CatchingUp, Freezing, Verifying, Done, NeedsAttention, Cancelled},
	NeedsAttention: {NeedsAttention, Authorizing, Copying, CatchingUp, Freezing, Verifying, Done, Cancelled},
	// The old pod may have finished just before it was told of a cancelling.
	// What came can be taken away again in either case.
	Cancelled: {Cancelled, Done, Undone},
	Done:      {Done, Undone},
	Undone:    {Undone},
}

// May reports whether a move in state s may go to state to.
func (s State) May(to State) bool { return slices.Contains(transitions[s], to) }

// Ended reports whether nothing more happens by itself or by the person here,
// but an undo.
func (s State) Ended() bool { return s == Done || s == Cancelled || s == Undone }

// Working reports whether a job goes on with a move in this state.
func (s State) Working() bool {
	return s == Copying || s == CatchingUp || s == Freezing || s == Verifying || s == Waiting
}

// errTransition is a bug here, not a stranger's doing.
func errTransition(from, to State) error {
	return transfer.Errorf(transfer.Internal, "a move cannot go from %q to %q", from, to)
}
