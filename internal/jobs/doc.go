// Package jobs runs the work that takes longer than a request, so that it goes on
// after a restart, or in another process on the same database. The queue is
// River, which appears here and, to insert, in internal/store.
//
// It refuses to know what the work is: it is given a function for each kind of
// job, and hands it the arguments that were enqueued, as JSON.
//
// # How long work is done
//
// A handler works for half a minute at most and then asks to go on, by
// returning Next{After: 0}. So hours of copying are many short runs of one job:
// a process that dies loses one of them, and another process takes the job over
// within two minutes. A job may therefore run twice, even in two processes at
// once, and its handler must bear that.
package jobs
