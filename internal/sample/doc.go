// Package sample makes an account's archive and photos, for the demo and for
// tests: what a busy account holds, and what has broken software before. The
// same seed gives the same bytes.
//
// It writes what diaspora* 0.9 writes and refuses to know who reads it.
package sample
