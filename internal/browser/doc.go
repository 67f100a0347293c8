// Package browser shows pages to tests as a person sees them: in Chromium,
// without a window. A test names what is on the page by the words that stand on
// it, and every tab watches over what the test does not ask about: that no
// request leaves for another host, that no policy is broken, and that no script
// fails. It is for tests only.
//
// Chromium is started once per test binary, from the program found on this
// machine. A small shell waits for its end, which comes with that of the test
// binary, however that ended, and removes every trace.
//
// The package refuses to know any page of the pod: words, addresses and the
// order of things are the test's.
package browser
