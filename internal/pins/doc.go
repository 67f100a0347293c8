// Package pins follows the keys of other pods (Protocol §1.5). Whatever a pod
// agrees on with another is pinned to the key set that the other published at
// that time. The set may change, as long as it still holds a key that was
// pinned; one that holds none looks like a domain that somebody else bought, and
// is believed in nothing until the person says that it is the same pod.
//
// It refuses to know what a signed message says, where a key set is fetched
// from, what the rows look like, and what stops when keys differ: those who hold
// a pin ask here before they believe.
package pins
