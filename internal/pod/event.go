package pod

import "time"

// An Event is a line of what happened to an account, for its owner to read.
type Event struct {
	Number  int64  // rises with time
	Account int64  // row id
	Subject string // id of a transfer or move; empty for the account itself
	Kind    string // one word, for programs
	Text    string // one sentence, for people
	At      time.Time
}
