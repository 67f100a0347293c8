// Package blob is the room for photo bytes: each run of bytes is kept once,
// under the SHA-256 of its content.
//
// It exists so that "the same photo" is a question of comparing 64 characters,
// and so that a download that broke goes on where it stopped. It refuses to know
// what the bytes are, whose they are and how often they are used: rows count
// references, and Sweep asks whether a blob is still in use.
package blob
