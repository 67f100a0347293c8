// Package transfer is the vocabulary of a move: the items that travel, the
// pages they travel in, the proofs that they arrived, and the two interfaces,
// [Reader] and [Writer], that every end of a transfer is made of.
//
// It stands at the bottom: it imports the standard library only, and refuses
// to know of HTTP, of databases, of tokens, and of which side it is used on.
// The paragraphs cited as "Protocol §…" are those of docs/protocol.md.
package transfer
