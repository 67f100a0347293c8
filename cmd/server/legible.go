package main

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

// legible keeps NUL and broken UTF-8 in an address from the database: PostgreSQL
// calls it an error to be asked for them, and SQLite does not. No item has
// U+FFFD in its name, so that the answer is the one for what is not there.
func legible(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := r.URL.Path; !utf8.ValidString(path) || strings.Contains(path, "\x00") {
			r = r.Clone(r.Context())
			r.URL.Path = strings.ReplaceAll(strings.ToValidUTF8(path, "\uFFFD"), "\x00", "\uFFFD")
			r.URL.RawPath = ""
		}
		next.ServeHTTP(w, r)
	})
}
