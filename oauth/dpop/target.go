package dpop

import (
	"net/url"
	"strings"
)

// sameTarget compares "htu" with the address that was asked for, in the public
// words of this pod. RFC 9449 §4.3: query and fragment are passed over, and both
// are normalized by RFC 3986 §6.2.2 and §6.2.3.
func sameTarget(htu, origin string, asked *url.URL) bool {
	u, err := url.Parse(htu)
	own, err2 := url.Parse(origin)
	if err != nil || err2 != nil || u.User != nil || u.Opaque != "" || u.Host == "" {
		return false
	}
	return strings.EqualFold(u.Scheme, own.Scheme) && host(u) == host(own) && path(u) == path(asked)
}

// host is in lower case, without the port that its scheme has anyway.
func host(u *url.URL) string {
	h := strings.ToLower(u.Host)
	if strings.EqualFold(u.Scheme, "https") {
		return strings.TrimSuffix(h, ":443")
	}
	return strings.TrimSuffix(h, ":80")
}

// path decodes what need not be encoded, and writes the rest in one way.
func path(u *url.URL) string {
	raw := u.EscapedPath()
	if raw == "" {
		return "/"
	}
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		if raw[i] != '%' || i+2 >= len(raw) {
			b.WriteByte(raw[i])
			continue
		}
		code := strings.ToUpper(raw[i : i+3])
		if c, err := url.PathUnescape(code); err == nil && unreserved(c[0]) {
			code = c
		}
		b.WriteString(code)
		i += 2
	}
	return b.String()
}

// unreserved: RFC 3986 §2.3.
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
