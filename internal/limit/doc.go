// Package limit is the room for budgets of requests, and for the question whose
// budget a request is.
//
// It exists so that one address, account or token cannot take what a pod has for
// all. It refuses to know what is asked for, what a refusal looks like, and how
// large a budget should be. Budgets are kept in the process: several processes
// of one pod allow as many times as much.
package limit
