package outbound

import (
	"net/http"
	"testing"
)

// A proxy would dial in our place, where no guard looks at the address. The
// environment's is not asked for loopback, so a test over a socket sees nothing.
func TestTransportHasNoProxy(t *testing.T) {
	for _, development := range []bool{false, true} {
		transport := New(Options{Development: development}).Transport.(guarded).next.(*http.Transport)
		if transport.Proxy != nil {
			t.Errorf("development %v: there is a proxy", development)
		}
	}
}
