package modeltest

import (
	"net/http"
	"strings"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/redirects"
)

// A door answers strangers as far as internal/invariants asks: whether there is
// something at an address, or leads away from it. The real one is cmd/server's.
type door struct{ store *store.Store }

// ServeHTTP is http.Handler.
func (d door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := takeApart(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	answer, found, err := redirects.New(redirects.Options{Book: d.store}).Resolve(r.Context(), a)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case found:
		w.Header().Set("Location", answer.Location)
		w.WriteHeader(answer.Status)
	case d.seen(r, a):
		w.WriteHeader(http.StatusOK)
	default:
		http.NotFound(w, r)
	}
}

func (d door) seen(r *http.Request, a redirects.Address) bool {
	var err error
	if a.Kind == redirects.Post {
		_, err = d.store.VisiblePost(r.Context(), pod.PostKey{GUID: a.Key, Number: a.Number}, pod.Viewer{})
	} else {
		_, err = d.store.VisiblePhoto(r.Context(), a.Key, pod.Viewer{})
	}
	return err == nil
}

// takeApart reads /posts/{key}, /p/{key} and /uploads/images/{variant}{file}.
func takeApart(path string) (a redirects.Address, ok bool) {
	if file, photo := strings.CutPrefix(path, "/uploads/images/"); photo {
		variant, name, ok := pod.ParsePhotoFile(file)
		return redirects.Address{Kind: redirects.Photo, Key: name, Variant: string(variant)}, ok
	}
	for _, room := range []string{"/posts/", "/p/"} {
		if rest, post := strings.CutPrefix(path, room); post {
			name := strings.TrimSuffix(strings.TrimSuffix(rest, ".json"), ".mobile")
			key, ok := pod.ParsePostKey(name)
			return redirects.Address{Kind: redirects.Post, Key: key.GUID, Number: key.Number, Suffix: strings.TrimPrefix(rest, name)}, ok
		}
	}
	return a, false
}
