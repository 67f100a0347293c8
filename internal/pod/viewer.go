package pod

// A Viewer is who looks at something. The zero Viewer is a stranger.
type Viewer struct {
	Account int64  // row id
	ID      string // diaspora* ID, by which limited posts name their readers
}
