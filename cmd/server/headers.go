package main

import (
	"net/http"
	"path"
	"strings"
)

// twoYears is what browsers' lists of https-only hosts ask for.
const twoYears = "max-age=63072000"

// headers are on every answer, net/http's own 404 and 405 included. A face may
// replace them: a page needs its styles, a photo may be kept.
func headers(origin string, next http.Handler) http.Handler {
	secure := strings.HasPrefix(origin, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if secure {
			h.Set("Strict-Transport-Security", twoYears) // RFC 6797 §7.2: over https alone
		}
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Frame-Options", "DENY") // RFC 9700 §4.16, for browsers that pass over frame-ancestors
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // RFC 9700 §4.2.4
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// spelled hands an address in another spelling to the front door, where it is
// nobody's. http.ServeMux would redirect it, a POST with its password by 307
// (RFC 9700 §4.12).
func spelled(mux *http.ServeMux, door http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		clean := path.Clean("/" + r.URL.Path)
		if clean != "/" && strings.HasSuffix(r.URL.Path, "/") {
			clean += "/"
		}
		if clean != r.URL.Path {
			door.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// maxAddress bounds an address with its query, in bytes.
const maxAddress = 8 << 10

// short refuses addresses that are longer than any of ours.
func short(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.RequestURI) > maxAddress {
			http.Error(w, "This address is too long.", http.StatusRequestURITooLong) // RFC 9110 §15.5.15
			return
		}
		next.ServeHTTP(w, r)
	})
}
