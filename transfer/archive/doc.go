// Package archive reads a diaspora* account archive, version 2.0, and the zip
// of photos beside it, as a transfer.Reader: importing a file, moving live and
// taking a backup are then one loop.
//
// The file is a stranger's, so everything in it is bounded, and it may be
// larger than memory, so it is read as a stream: once to find where the
// collections lie, and again as pages are asked for. What one item gets wrong
// makes that item unsendable and stops nothing; what the file gets wrong is
// told in words for the person who brought it.
//
// The package refuses to know where items go. It passes over the private key
// in the archive without keeping it.
package archive
