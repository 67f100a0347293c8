// Package mailtest catches mail: an SMTP server on a free loopback port that
// keeps what it gets and refuses what it is told to. It is for tests only.
//
// It refuses to know who sends, and what the mail should say.
package mailtest
