// Package markup is the room where post text, which is Markdown in the dialect
// of diaspora*, becomes HTML that is safe to show on a page of this pod.
//
// It exists so that nothing a stranger wrote runs, loads or misleads: raw HTML
// is shown as the text it is, an image of another origin becomes a link to it
// (loading it would tell its owner who reads), and control characters that turn
// the direction of the text around are left out. It refuses to know whose text
// it is. It changes what is shown and never what is stored (protocol §3.4).
package markup
