// Package mail brings one message to one server, over SMTP.
//
// It exists so that there is one place that knows how a message is put together
// and what an SMTP server's answers mean: that it took the message, that it never
// will, or that it may later. The rest of the program sees no library and no
// server's words, which like to repeat the address that nobody should log.
//
// It refuses to know what is said, to whom, and when it is tried again.
package mail
