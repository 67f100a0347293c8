// Package problem is the envelope of an error on the wire: the problem document
// of RFC 9457, written at one end and read at the other.
//
// It exists so that an error has one shape on every face of the pod and so that
// reading a stranger's error is bounded like reading anything else of a
// stranger's. It refuses to know which codes there are and which status each
// has: api writes the codes of transfer, and transfer/client reads them back.
package problem
