package pod

import (
	"net/url"
	"strings"
)

// Host is the part of a diaspora* ID after the @ for a pod's public URL. It has
// a port only where that is not the scheme's own: 127.0.0.1:4001.
func Host(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return host
}
