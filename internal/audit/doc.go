// Package audit says what is written down of what was done on a pod, and how
// the rows are chained so that a row that was changed, left out or put in shows.
//
// It knows records, hashes and how a chain is checked. It refuses to know where
// the rows are kept, who may read them, and what a person is told.
//
// # The hash
//
// A row's hash is the lower-case hex SHA-256 of eight fields, each written as a
// netstring: its length in bytes in decimal, a colon, its bytes, a comma. They
// are, in this order:
//
//	prev     hash of the row before; 64 zeros before the first
//	number   in decimal; rows count from 1 without gaps
//	at       milliseconds since 1970 in UTC, in decimal
//	account  GUID of the person whom it is about, or empty
//	actor    person, client HOST, pod HOST, podmin or system
//	kind     one word, such as grant-given
//	subject  id of the grant, transfer, move or key, or empty
//	detail   JSON, byte for byte as it is kept, or empty
//
// So whoever has the rows can check them with nothing of ours. The text of the
// columns is UTF-8.
package audit
