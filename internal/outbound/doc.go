// Package outbound is the room for every request that this pod makes to a host
// that a stranger named.
//
// It exists so that there is one HTTP client for strangers, and one place that
// says where it may not go: not into the local network, not along redirects that
// nobody asked for, not through a proxy that the environment names, not to one
// host more than a few times at once, not without an end. What comes back is read
// through bounds. It refuses to know what is asked and why.
package outbound
