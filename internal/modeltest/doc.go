// Package modeltest is a model of a move, driven by random commands: what persons
// press, in whatever order and in whatever tab, what jobs do, what clocks, networks
// and crashes do. After each command both ends are in states that the model allows,
// and in the end nothing is lost, doubled or given away, and nothing is stuck. It is
// for tests only, and has nothing but tests.
//
// It refuses to know how the rooms do what they do: it calls what the faces and the
// queue call, and looks at states, answers and, through internal/invariants, rows.
package modeltest
