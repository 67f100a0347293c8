package pod

import "context"

// A Viewer is who looks at something. The zero Viewer is a stranger.
type Viewer struct {
	Account int64  // row id
	ID      string // diaspora* ID, by which limited posts name their readers
}

// Viewer is who a request's session belongs to. What cannot be read counts as
// a stranger, who sees least.
func (s *Sessions) Viewer(ctx context.Context, w Window) Viewer {
	id, began := s.Account(ctx)
	if id == 0 {
		return Viewer{}
	}
	a, err := w.Account(ctx, id)
	if err != nil || a.State == Closed || began.Before(a.SessionsFrom) {
		return Viewer{}
	}
	return Viewer{Account: a.ID, ID: a.Username + "@" + w.Host}
}
