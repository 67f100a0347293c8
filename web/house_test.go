package web

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"podmove/internal/blob"
	"podmove/internal/markup"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/transfer"
)

// house is a pod on a real database: aurora writes, boreal is her friend,
// cirrus is not.
type house struct {
	t       *testing.T
	moved   map[string]pod.Account // by username
	store   *store.Store
	blobs   *blob.Dir
	site    *Site
	handler http.Handler
	account map[string]pod.Account

	author   *pod.Author
	registry *pod.Registry
	gate     *pod.Gate
}

// library is the store, where some accounts have moved.
type library struct {
	*store.Store
	moved map[string]pod.Account
}

func (l library) after(a pod.Account, err error) (pod.Account, error) {
	if moved, ok := l.moved[a.Username]; ok {
		return moved, err
	}
	return a, err
}

func (l library) Account(ctx context.Context, id int64) (pod.Account, error) {
	return l.after(l.Store.Account(ctx, id))
}

func (l library) AccountNamed(ctx context.Context, username string) (pod.Account, error) {
	return l.after(l.Store.AccountNamed(ctx, username))
}

// Rewrite knows all that was at old.example.
func (l library) Rewrite(_ context.Context, _ int64, here string) (func(string) string, error) {
	return func(address string) string { return strings.Replace(address, "https://old.example", here, 1) }, nil
}

func (h *house) move(username, to, address string) {
	a := h.account[username]
	a.State, a.MovedTo, a.MovedURL = pod.Moved, to, address
	h.moved[username] = a
}

const houseOrigin = "https://pod.example"

func newHouse(t *testing.T, s *store.Store) *house {
	t.Helper()
	h := &house{t: t, store: s, account: map[string]pod.Account{}, moved: map[string]pod.Account{}}
	l := library{s, h.moved}
	var err error
	h.blobs, err = blob.OpenDir(t.TempDir(), time.Now)
	h.must(err)
	images, err := pod.NewImages(h.blobs, t.TempDir())
	h.must(err)
	t.Cleanup(func() { h.blobs.Close(); images.Close() })
	render, err := markup.New(markup.Options{Origin: houseOrigin})
	h.must(err)
	h.site, err = NewSite(Options{
		Origin: houseOrigin, MaxPhoto: 1 << 20, Accounts: l, Log: slog.New(slog.DiscardHandler),
		Sessions: pod.NewSessions(pod.SessionOptions{Origin: houseOrigin, Rows: s, Now: time.Now, Log: slog.New(slog.DiscardHandler)}),
	})
	h.must(err)
	window := pod.Window{Library: l, Host: h.site.Host}
	h.author = &pod.Author{Shelves: s, Library: l, Blobs: h.blobs, MaxPhoto: 1 << 20, Host: h.site.Host, Now: time.Now, Slots: make(chan struct{}, 1)}
	h.registry = &pod.Registry{Accounts: s, Passwords: pod.NewPasswords(), Now: time.Now}
	h.gate = &pod.Gate{Registry: h.registry, Tries: s, Steps: &pod.TwoStep{Rows: s, Now: time.Now}, Secret: []byte("a secret of this house, 32 bytes"), SignUps: 10}
	h.handler = New(h.site, anyone{h.site},
		Public{h.site, window, render, images}, Home{h.site, window, render}, Compose{h.site, h.author, window, render},
		Pictures{h.site, h.author}, Contacts{h.site, h.author}, ProfileForm{h.site, h.author, window},
		Settings{h.site, h.gate, s, time.Now}, Doors{Site: h.site, Gate: h.gate, Now: time.Now})
	for _, name := range []string{"aurora", "boreal", "cirrus"} {
		h.account[name], err = s.AddAccount(t.Context(), pod.Account{
			GUID: pod.NewGUID(), Username: name, Email: name + "@mail.example", State: pod.Active, CreatedAt: time.UnixMilli(1),
		}, "", pod.NewGUID())
		h.must(err)
	}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// post writes a post of aurora's.
func (h *house) post(p transfer.Post) string {
	h.t.Helper()
	if p.CreatedAt == "" {
		p.CreatedAt = transfer.TimeOf(time.UnixMilli(1234567890123))
	}
	guid, err := h.store.CreatePost(h.t.Context(), h.account["aurora"].ID, p)
	h.must(err)
	return guid
}

// photo keeps a picture of aurora's, 800 × 400 pixels of one shade.
func (h *house) photo(shade uint8) (pod.Photo, []byte) {
	h.t.Helper()
	img := image.NewGray(image.Rect(0, 0, 800, 400))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: shade}.Y
	}
	var raw bytes.Buffer
	h.must(png.Encode(&raw, img))
	sum, size, err := h.blobs.Put(h.t.Context(), bytes.NewReader(raw.Bytes()), "", 1<<20)
	h.must(err)
	photo, err := h.store.CreatePhoto(h.t.Context(), h.account["aurora"].ID, transfer.Photo{
		CreatedAt: transfer.TimeOf(time.UnixMilli(1)), SHA256: transfer.Digest(sum), Size: size, Type: "image/png", Text: "a <shade>",
	})
	h.must(err)
	return photo, raw.Bytes()
}

// as answers a GET that an account of that name makes, or a stranger if empty.
func (h *house) as(name, target string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.request(name, http.MethodGet, target, headers...)
}

// request is as for any method without a body.
func (h *house) request(name, method, target string, headers ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	req := httptest.NewRequestWithContext(h.t.Context(), method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	if name != "" {
		h.carry(name, req)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	return w
}

// carry gives a request the cookies of an account's session.
func (h *house) carry(name string, req *http.Request) {
	h.t.Helper()
	in := httptest.NewRecorder()
	h.handler.ServeHTTP(in, httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, "/as/"+strconv.FormatInt(h.account[name].ID, 10), nil))
	for _, c := range in.Result().Cookies() {
		req.AddCookie(c)
	}
}

func (h *house) status(want int, name, target string) string {
	h.t.Helper()
	w := h.as(name, target)
	if w.Code != want {
		h.t.Errorf("%s as %q: %d, want %d", target, name, w.Code, want)
	}
	return w.Body.String()
}

// find is an account as it is stored now.
func (h *house) find(name string) pod.Account {
	h.t.Helper()
	a, err := h.store.AccountNamed(h.t.Context(), name)
	h.must(err)
	return a
}
