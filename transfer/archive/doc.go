// Package archive reads a diaspora* account archive, version 2.0, and the zip
// of photos beside it, as a transfer.Reader: importing a file, moving live and
// taking a backup are then one loop. It also writes any transfer.Reader as such
// an archive, JSON and photos in one zip, and reads that again to the same items.
//
// The file is a stranger's, so everything in it is bounded, and it may be
// larger than memory, so it is read as a stream: once to find where the
// collections lie, and again as pages are asked for. What one item gets wrong
// makes that item unsendable and stops nothing; what the file gets wrong is
// told in words for the person who brought it. It is written as a stream as
// well, and what breaks off does not look whole.
//
// The package refuses to know where items go and whose they are in the pod's
// books: what it writes is what the Reader that it is given gives. It passes over
// the private key in an archive without keeping it, and writes none.
package archive
