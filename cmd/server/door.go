package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"podmove/api"
	"podmove/internal/pod"
	"podmove/redirects"
	"podmove/web"
)

// A door is what every request to a page comes through. It takes old addresses
// apart, asks first whether they lead elsewhere, and then picks the face that
// answers in the format asked for. (A router cannot hold /posts/:guid and
// /posts/:guid.json side by side.)
type door struct {
	resolve func(ctx context.Context, a redirects.Address) (redirects.Answer, bool, error)
	pages   http.Handler // for people
	data    http.Handler // the JSON forms of the same addresses, without ".json"
	log     *slog.Logger
}

// door is the front door of this pod.
func (p *podServer) door(r rooms, pages, data http.Handler) http.Handler {
	return door{resolve: r.redirects.Resolve, pages: pages, data: data, log: p.log}
}

// ServeHTTP answers a request.
func (d door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k := knock(r)
	if k.old && (r.Method == http.MethodGet || r.Method == http.MethodHead) && d.away(w, r, k) {
		return
	}
	if k.path != r.URL.Path || k.json {
		r = k.inside(r)
	}
	if k.json {
		d.data.ServeHTTP(w, r)
		return
	}
	d.pages.ServeHTTP(w, r)
}

// away answers an old address that leads elsewhere, or is gone.
func (d door) away(w http.ResponseWriter, r *http.Request, k knocking) bool {
	answer, found, err := d.resolve(r.Context(), k.Address)
	if err != nil {
		d.log.ErrorContext(r.Context(), "an old address cannot be looked up", "kind", k.Kind, "error", err)
		w.Header().Set("Retry-After", "60")
		http.Error(w, "This pod cannot answer now. Try again in a minute.", http.StatusServiceUnavailable)
		return true
	}
	if !found {
		return false
	}
	h := w.Header()
	h.Set("Cache-Control", "max-age=3600") // Protocol §6.2
	if k.either {
		h.Set("Vary", "Accept")
	}
	switch {
	case answer.Status != http.StatusGone:
		if answer.Status == http.StatusFound {
			h.Set("Cache-Control", "no-store")
		}
		h.Set("Link", "<"+answer.Location+`>; rel="canonical"`)
		http.Redirect(w, r, answer.Location, answer.Status)
	case k.json:
		api.Gone(w, answer.Profile)
	default:
		web.Gone(w, r, answer.Profile)
	}
	return true
}

// A knocking is a request's address, taken apart.
type knocking struct {
	redirects.Address
	old    bool   // it is an address that may lead elsewhere
	path   string // without the format
	json   bool   // asked for as JSON
	either bool   // the Accept header decided that
}

// The formats that an address may spell out, as in diaspora*.
const (
	suffixJSON   = ".json"
	suffixMobile = ".mobile"
)

// knock takes an address apart. It goes by the decoded path, which is what the
// routers go by: however a character is encoded, all see the same address.
func knock(r *http.Request) knocking {
	k := knocking{path: r.URL.Path}
	room, rest, _ := strings.Cut(strings.TrimPrefix(k.path, "/"), "/")
	if room == "uploads" {
		k.photo(rest)
		return k
	}
	if rest == "" || strings.Contains(rest, "/") {
		return k
	}
	switch room {
	case "posts", "p", "people", "u":
		k.format(r)
		k.name(room, strings.TrimSuffix(rest, k.Suffix))
	case "public":
		k.Key, k.old = strings.CutSuffix(rest, ".atom")
		k.Kind = redirects.Feed
	case "moves", "departures":
		if stripped, ok := strings.CutSuffix(k.path, suffixJSON); ok {
			k.path, k.json = stripped, true
		}
	}
	return k
}

// format takes the format off the path; without one the Accept header says.
func (k *knocking) format(r *http.Request) {
	for _, suffix := range []string{suffixJSON, suffixMobile} {
		if stripped, ok := strings.CutSuffix(k.path, suffix); ok {
			k.path, k.Suffix, k.json = stripped, suffix, suffix == suffixJSON
			return
		}
	}
	accept := strings.ToLower(strings.Join(r.Header.Values("Accept"), ","))
	k.either = true
	k.json = strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// name says which post or person an address names.
func (k *knocking) name(room, key string) {
	k.Key = key
	switch room {
	case "people":
		k.Kind, k.old = redirects.Person, key != ""
	case "u":
		k.Kind, k.old = redirects.Named, key != ""
	default:
		named, ok := pod.ParsePostKey(key)
		k.Kind, k.old, k.Key, k.Number = redirects.Post, ok, named.GUID, named.Number
	}
}

// photo reads /uploads/images/{variant}{file}.
func (k *knocking) photo(rest string) {
	last, ok := strings.CutPrefix(rest, "images/")
	variant, file, valid := pod.ParsePhotoFile(last)
	if ok && valid {
		k.old, k.Kind, k.Key, k.Variant = true, redirects.Photo, file, string(variant)
	}
}

// inside is the request as the face behind the door sees it.
func (k knocking) inside(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = k.path, ""
	return r
}
