// Package backup is the form of a backup of a pod: a directory that any program
// which can read JSON and check SHA-256 can judge.
//
//	manifest.json              what there is, written last
//	database-….jsonl.gz        rows, as internal/store writes them down
//	photos-….sha256            which photos' bytes, as sha256sum -c reads it
//	photos/ab/ab12…            those bytes, each named by its SHA-256
//	master.key                 if it was asked for
//
// The manifest names each other file with its SHA-256, and is put in its place
// when all of them are on the disk: a backup that was broken off is not taken
// for a whole one, and the one before it stays whole until the new one is.
//
// The package refuses to know what a row or a photo is, and whose they are: rows
// come from a function and go to one, bytes lie in an internal/blob.
package backup
