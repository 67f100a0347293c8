package main

import (
	"bytes"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"podmove/internal/pod"
	"podmove/internal/store/storetest"
)

// forms are all addresses of a post and its photo, in every format.
func forms(guid string, number int64, file string) (list []string) {
	for _, path := range []string{"/posts/" + guid, "/p/" + guid, "/posts/" + strconv.FormatInt(number, 10), "/p/" + strconv.FormatInt(number, 10)} {
		for _, suffix := range []string{"", ".json", ".mobile", "?max_time=1", ".json?x=/posts/" + guid} {
			list = append(list, path+suffix)
		}
	}
	for _, v := range pod.Variants() {
		list = append(list, "/uploads/images/"+string(v)+file)
	}
	return list
}

// answers are what unknown addresses get, by method, Accept header and address.
type answers map[string]*httptest.ResponseRecorder

// unknown asks for what never was, in every form.
func (d *doorway) unknown() answers {
	d.Helper()
	first := answers{}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for _, accept := range []string{"", "application/json", "text/html,application/json;q=0.9"} {
			for _, address := range nowhere() {
				first[method+accept+address] = d.ask(method, address, accept)
			}
		}
	}
	return first
}

// nowhere are the addresses of a post and a photo that never were.
func nowhere() []string { return forms(guidNobody, 987654321, fileNobody) }

// compare holds every address of what is limited, deleted and unknown to what
// the unknown ones got first.
func (d *doorway) compare(when string, first answers) {
	d.Helper()
	for _, name := range []string{"limited", "deleted", "unknown"} {
		hidden := nowhere()
		if name != "unknown" {
			hidden = forms(d.guid[name], d.number[name], d.file[name])
		}
		d.Run(name+" "+when, func(t *testing.T) {
			outer := d.T
			d.T = t
			defer func() { d.T = outer }()
			for key, want := range first {
				d.same(key, name, hidden, nowhere(), want)
			}
		})
	}
}

// TestNoOracle: limited, deleted and unknown addresses answer the same bytes
// before, during and after a move (Protocol §6.1).
func TestNoOracle(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			d := newDoorway(t, dialect)
			first := d.unknown()
			d.compare("before", first)
			d.leave()
			d.compare("during", first)
			d.erase()
			d.compare("after", first)
			d.redirects.Forward = true
			d.compare("where the podmin forwards", first)
		})
	}
}

// TestNoOracleOtherwise: so they do when the move ends otherwise, or leaves no
// address (Protocol §6.1, §6.3).
func TestNoOracleOtherwise(t *testing.T) {
	t.Run("an undo", func(t *testing.T) {
		d := newDoorway(t, storetest.SQLite)
		first := d.unknown()
		d.leave()
		_, err := d.redirects.Undo(d.Context(), d.account.ID, doorMove)
		d.must(err)
		d.compare("after an undo", first)
	})
	t.Run("no address", func(t *testing.T) {
		d := newDoorway(t, storetest.SQLite)
		d.noAddress = true
		first := d.unknown()
		d.leave()
		d.compare("without an address", first)
		if w := d.ask(http.MethodGet, "/posts/"+d.guid["public"]); w.Code != http.StatusGone || strings.Contains(w.Body.String(), doorTarget) {
			t.Errorf("what was public: %d %s", w.Code, w.Body)
		}
		d.erase()
		d.compare("without an address, after", first)
	})
}

// same asks for the hidden address that has the form of the unknown one of key.
func (d *doorway) same(key, name string, hidden, unknown []string, want *httptest.ResponseRecorder) {
	d.Helper()
	slash := strings.Index(key, "/posts")
	for _, room := range []string{"/p/", "/uploads/"} {
		if i := strings.Index(key, room); i >= 0 && (slash < 0 || i < slash) {
			slash = i
		}
	}
	place := slices.Index(unknown, key[slash:])
	method, accept := http.MethodGet, strings.TrimPrefix(key[:slash], http.MethodGet)
	if strings.HasPrefix(key, http.MethodHead) {
		method, accept = http.MethodHead, strings.TrimPrefix(key[:slash], http.MethodHead)
	}
	got := d.ask(method, hidden[place], accept)
	if got.Code != http.StatusNotFound || got.Code != want.Code || !bytes.Equal(got.Body.Bytes(), want.Body.Bytes()) || !sameHeader(got.Header(), want.Header()) {
		d.Errorf("%s %s (%s, %q) answers %d %v, an unknown address %d %v", method, hidden[place], name, accept, got.Code, got.Header(), want.Code, want.Header())
	}
}

func sameHeader(a, b http.Header) bool {
	a, b = a.Clone(), b.Clone()
	a.Del("Date")
	b.Del("Date")
	return maps.EqualFunc(a, b, slices.Equal)
}
