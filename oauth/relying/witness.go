package relying

import (
	"net/http"
	"sync"
	"time"

	"podmove/transfer"
)

// A witness is a RoundTripper that notes what answers tell beside their bodies.
type witness struct {
	next http.RoundTripper
	now  func() time.Time

	mu    sync.Mutex
	ends  time.Time // of the certificate that ends first; zero if none was shown
	dated bool
	off   time.Duration // how far the other clock is ahead
}

var _ http.RoundTripper = (*witness)(nil)

// RoundTrip is http.RoundTripper.
func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := w.now()
	response, err := w.next.RoundTrip(r)
	if err == nil {
		w.note(response, sent, w.now())
	}
	return response, err
}

func (w *witness) note(r *http.Response, sent, came time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		if ends := r.TLS.PeerCertificates[0].NotAfter; w.ends.IsZero() || ends.Before(w.ends) {
			w.ends = ends
		}
	}
	if at, err := http.ParseTime(r.Header.Get("Date")); err == nil {
		if off := apart(at, sent, came); !w.dated || off.Abs() < w.off.Abs() {
			w.dated, w.off = true, off
		}
	}
}

// late is the error for a clock that is too far off for a move, or nil.
func (w *witness) late(issuer string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.off.Abs() <= clockWrong {
		return nil
	}
	return transfer.Errorf(transfer.AnswerInvalid,
		"the clock of %s and ours are %d minutes apart, so that neither pod would take what the other signs. Nothing was changed. The podmins of both pods can set them right", hostOf(issuer), int(w.off.Abs().Round(time.Minute).Minutes()))
}

// apart is how far a clock is ahead at least that said a whole second (RFC 9110
// §6.6.1) between two moments here; zero if it may be right.
func apart(said, sent, came time.Time) time.Duration {
	switch {
	case said.After(came):
		return said.Sub(came)
	case said.Add(time.Second).Before(sent):
		return said.Add(time.Second).Sub(sent)
	default:
		return 0
	}
}
