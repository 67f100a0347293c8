package web

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"podmove/internal/pod"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/archive"
	"podmove/transfer/source"
)

// own reads the accounts of a house.
func (h *house) own(account int64) transfer.Reader {
	return source.New(source.Options{Records: h.store, Transfers: h.store, Blobs: h.blobs, CursorKey: make([]byte, 32)}).Own(account)
}

// downloading mounts a download in the house.
func (h *house) downloading(d *Download) *Download {
	d.Site, d.Now = h.site, func() time.Time { return time.Date(2026, 3, 1, 23, 59, 0, 0, time.UTC) }
	if d.Own == nil {
		d.Own = h.own
	}
	if d.Slots == nil {
		d.Slots = make(chan struct{}, 2)
	}
	h.handler = New(h.site, anyone{h.site}, d)
	return d
}

// archived is what a download holds.
func (h *house) archived(raw []byte) (*archive.Reader, []transfer.Tally) {
	h.t.Helper()
	r, err := archive.Open(h.t.Context(), archive.Options{Archive: io.NewSectionReader(bytes.NewReader(raw), 0, int64(len(raw)))})
	h.must(err)
	m, err := r.Manifest(h.t.Context())
	h.must(err)
	return r, m.Tallies
}

// keeping is what the pod holds of an account.
func (h *house) keeping(name string) []transfer.Tally {
	h.t.Helper()
	m, err := h.own(h.account[name].ID).Manifest(h.t.Context())
	h.must(err)
	return m.Tallies
}

func TestDownload(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			h := newHouse(t, storetest.Open(t, dialect))
			h.downloading(&Download{})
			hung, _ := h.photo(10)
			h.photo(20)
			h.post(transfer.Post{Text: "for boreal <&> \u2028", Audience: []string{"boreal@pod.example"}, Photos: []string{hung.GUID}})
			h.post(transfer.Post{Text: "for everyone", Public: true})
			testDownload(t, h)
		})
	}
}

func testDownload(t *testing.T, h *house) {
	t.Run("gives whoever is signed in all that is theirs", func(t *testing.T) {
		w := h.as("aurora", "/settings/download")
		r, got := h.archived(w.Body.Bytes())
		if want := h.keeping("aurora"); !slices.Equal(got, want) || r.Owner().ID != "aurora@pod.example" {
			t.Errorf("of %s: got %v, want %v", r.Owner().ID, got, want)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/zip", "Cache-Control": "no-store",
			"Content-Disposition": `attachment; filename="aurora-2026-03-01.zip"`,
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})
	t.Run("gives nobody what is another's", func(t *testing.T) {
		id := strconv.FormatInt(h.account["aurora"].ID, 10)
		for _, query := range []string{"", "?account=" + id, "?id=aurora@pod.example&username=aurora"} {
			w := h.as("boreal", "/settings/download"+query)
			r, got := h.archived(w.Body.Bytes())
			if r.Owner().ID != "boreal@pod.example" || !slices.Equal(got, h.keeping("boreal")) || got[4].Count != 0 || got[5].Count != 0 {
				t.Errorf("%s: of %s: %v", query, r.Owner().ID, got)
			}
		}
	})
	t.Run("sends strangers to the sign-in page, and those whose account is closed", func(t *testing.T) {
		closed := h.account["cirrus"]
		closed.State = pod.Closed
		h.moved["cirrus"] = closed
		for _, name := range []string{"", "cirrus"} {
			w := h.as(name, "/settings/download")
			if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in") || w.Body.Len() > 200 {
				t.Errorf("%q: %d to %s", name, w.Code, w.Header().Get("Location"))
			}
		}
	})
	t.Run("gives those who moved away what is still here", func(t *testing.T) {
		h.move("aurora", "aurora@new.example", "https://new.example/people/a")
		if _, got := h.archived(h.as("aurora", "/settings/download").Body.Bytes()); !slices.Equal(got, h.keeping("aurora")) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("names a photo that is lost, in the person's language", func(t *testing.T) {
		lost, _ := h.photo(30)
		h.must(h.blobs.Delete(t.Context(), string(lost.Item.SHA256)))
		w := h.as("aurora", "/settings/download", "Accept-Language", "de")
		if text := h.readme(w.Body.Bytes()); !strings.Contains(text, lost.Item.Name+"): die Datei fehlt") {
			t.Errorf("got %s", text)
		}
	})
	t.Run("works in no way for one who only looks", func(t *testing.T) {
		h.downloading(&Download{Own: func(int64) transfer.Reader { t.Error("the account was read"); return nil }})
		w := h.request("aurora", http.MethodHead, "/settings/download")
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/zip" || w.Body.Len() > 0 {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
}

// readme is the text in a zip.
func (h *house) readme(raw []byte) string {
	h.t.Helper()
	files, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	h.must(err)
	text, err := fs.ReadFile(files, "README.txt")
	h.must(err)
	return string(text)
}

// cracked is an account whose contacts cannot be read.
type cracked struct {
	transfer.Reader
	at transfer.Collection
}

func (c cracked) Page(ctx context.Context, of transfer.Collection, after transfer.Cursor, limit int) (transfer.Page, error) {
	if of == c.at {
		return transfer.Page{}, errors.New("the database is away")
	}
	return c.Reader.Page(ctx, of, after, limit)
}

func (c cracked) Content(ctx context.Context, photo string, from int64) (io.ReadCloser, error) {
	if c.at == "" {
		return nil, errors.New("the disk is away")
	}
	return c.Reader.Content(ctx, photo, from)
}

func TestDownloadBreaksOff(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	h.photo(10)
	for i := range 40 {
		text := "" // that cannot be packed away
		for j := range 50 {
			text += string(transfer.Sum([]byte{byte(i), byte(j)}))
		}
		h.post(transfer.Post{Text: text, Public: true})
	}
	crack := cracked{at: transfer.Profiles}
	d := h.downloading(&Download{Own: func(account int64) transfer.Reader { crack.Reader = h.own(account); return crack }})
	server := httptest.NewServer(h.handler)
	defer server.Close()
	ask := func(t *testing.T) (*http.Response, []byte, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/settings/download", nil)
		h.must(err)
		h.carry("aurora", r)
		resp, err := server.Client().Do(r)
		h.must(err)
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		return resp, raw, err
	}
	t.Run("with a page that says so, before anything was sent", func(t *testing.T) {
		resp, body, err := ask(t)
		if err != nil || resp.StatusCode != http.StatusInternalServerError || resp.Header.Get("Content-Disposition") != "" || bytes.Contains(body, []byte("database")) {
			t.Errorf("%d %v: %v", resp.StatusCode, resp.Header, err)
		}
	})
	t.Run("so that the browser knows, in the middle", func(t *testing.T) {
		crack.at = ""
		resp, body, err := ask(t)
		if !errors.Is(err, io.ErrUnexpectedEOF) || len(body) == 0 || resp.StatusCode != http.StatusOK {
			t.Errorf("%d, %d bytes: %v", resp.StatusCode, len(body), err)
		}
	})
	t.Run("and leaves its place", func(t *testing.T) {
		crack.at = "nothing"
		resp, body, err := ask(t)
		if err != nil || resp.StatusCode != http.StatusOK || len(d.Slots) != 0 {
			t.Fatalf("%d, %d places taken: %v", resp.StatusCode, len(d.Slots), err)
		}
		if _, got := h.archived(body); !slices.Equal(got, h.keeping("aurora")) {
			t.Errorf("got %v", got)
		}
	})
}

func TestDownloadHasPlaces(t *testing.T) {
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	d := h.downloading(&Download{Slots: make(chan struct{}, 1)})
	refuses := func(t *testing.T, name string) {
		t.Helper()
		w := h.as(name, "/settings/download")
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || w.Header().Get("Content-Disposition") != "" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
	t.Run("one for each account", func(t *testing.T) {
		d.Slots = make(chan struct{}, 2)
		leave, ok := d.enter(h.account["aurora"].ID)
		if !ok {
			t.Fatal("there was no place")
		}
		refuses(t, "aurora")
		if w := h.as("boreal", "/settings/download"); w.Code != http.StatusOK {
			t.Errorf("another account got %d", w.Code)
		}
		leave()
		if w := h.as("aurora", "/settings/download"); w.Code != http.StatusOK {
			t.Errorf("then it got %d", w.Code)
		}
	})
	t.Run("and some for all", func(t *testing.T) {
		d.Slots = make(chan struct{}, 1)
		d.Slots <- struct{}{}
		refuses(t, "aurora")
		<-d.Slots
		if w := h.as("aurora", "/settings/download"); w.Code != http.StatusOK {
			t.Errorf("then it got %d", w.Code)
		}
	})
}

// wire records the deadlines of a connection.
type wire struct {
	http.ResponseWriter
	deadlines []time.Time
}

func (l *wire) SetWriteDeadline(at time.Time) error {
	l.deadlines = append(l.deadlines, at)
	return nil
}

func TestPatient(t *testing.T) {
	l := &wire{ResponseWriter: httptest.NewRecorder()}
	p := &patient{w: l, line: http.NewResponseController(l)}
	for range 2 {
		if _, err := p.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	p.done()
	if len(l.deadlines) != 3 || l.deadlines[0].Before(time.Now()) || l.deadlines[1].Before(l.deadlines[0]) || !l.deadlines[2].IsZero() {
		t.Errorf("the deadlines were %v", l.deadlines)
	}
}
