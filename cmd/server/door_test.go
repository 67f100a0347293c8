package main

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"podmove/api"
	"podmove/internal/blob"
	"podmove/internal/markup"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/source"
	"podmove/web"
)

const (
	doorOrigin = "https://old.example"
	doorTarget = "https://new.example"
	doorMove   = "0123456789abcdef0123456789abcdef"
	guidNobody = "00000000000000000000000000000000"
	fileNobody = "00000000000000000000.png"
)

// A doorway is the front door of a pod with one account: a public and a limited
// post, a deleted one, and a photo on each of the first two.
type doorway struct {
	*testing.T
	handler   http.Handler
	store     *store.Store
	blobs     *blob.Dir
	redirects *redirects.Service
	account   pod.Account
	now       time.Time
	noAddress bool              // the person leaves none
	guid      map[string]string // of the posts: public, limited, deleted
	number    map[string]int64
	file      map[string]string // of the photos
}

func newDoorway(t *testing.T, dialect string) *doorway {
	t.Helper()
	d := &doorway{T: t, now: time.Now(), guid: map[string]string{}, number: map[string]int64{}, file: map[string]string{}}
	clock := func() time.Time { return d.now }
	d.store = storetest.Open(t, dialect, func(o *store.Options) { o.Now = clock })
	var err error
	d.blobs, err = blob.OpenDir(t.TempDir(), time.Now)
	d.must(err)
	t.Cleanup(func() { d.blobs.Close() })
	d.account, err = d.store.AddAccount(t.Context(), pod.Account{GUID: pod.NewGUID(), Username: "aurora", State: pod.Active, CreatedAt: d.now}, "", pod.NewGUID())
	d.must(err)
	d.write()
	d.redirects = redirects.New(redirects.Options{
		Origin: doorOrigin, Book: d.store, Blobs: d.blobs, Event: d.store.Event, Now: clock,
		Revoke:  func(context.Context, string) error { return nil },
		Enqueue: func(context.Context, redirects.Job, time.Time) error { return nil },
		Sign:    func(string, any) (string, error) { return "", errors.New("nobody is asked here") },
	})
	d.open()
	return d
}

func (d *doorway) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// write writes what the account holds.
func (d *doorway) write() {
	d.Helper()
	for i, name := range []string{"public", "limited", "deleted"} {
		var raw bytes.Buffer
		d.must(png.Encode(&raw, image.NewGray(image.Rect(0, 0, 8+i, 8))))
		sum, size, err := d.blobs.Put(d.Context(), &raw, "", 1<<20)
		d.must(err)
		photo, err := d.store.CreatePhoto(d.Context(), d.account.ID, transfer.Photo{
			CreatedAt: transfer.TimeOf(d.now), SHA256: transfer.Digest(sum), Size: size, Type: "image/png",
		})
		d.must(err)
		guid, err := d.store.CreatePost(d.Context(), d.account.ID, transfer.Post{
			Public: name != "limited", Text: name, CreatedAt: transfer.TimeOf(d.now), Photos: []string{photo.GUID},
		})
		d.must(err)
		post, err := d.store.VisiblePost(d.Context(), pod.PostKey{GUID: guid}, pod.Viewer{Account: d.account.ID})
		d.must(err)
		d.guid[name], d.number[name], d.file[name] = guid, post.Number, photo.File
	}
	d.must(d.store.DeletePost(d.Context(), d.account.ID, d.guid["deleted"]))
}

// open puts the pages and their JSON forms behind the door.
func (d *doorway) open() {
	d.Helper()
	quiet := slog.New(slog.DiscardHandler)
	sessions := pod.NewSessions(pod.SessionOptions{Origin: doorOrigin, Rows: d.store, Now: time.Now, Log: quiet})
	window := pod.Window{Library: d.store, Host: pod.Host(doorOrigin)}
	site, err := web.NewSite(web.Options{Origin: doorOrigin, Sessions: sessions, Accounts: d.store, Log: quiet})
	d.must(err)
	text, err := markup.New(markup.Options{Origin: doorOrigin})
	d.must(err)
	images, err := pod.NewImages(d.blobs, d.TempDir())
	d.must(err)
	d.Cleanup(func() { images.Close() })
	d.handler = door{
		resolve: d.redirects.Resolve, log: quiet,
		pages: web.New(site, web.Public{Site: site, Window: window, Markup: text, Images: images}),
		data: sessions.Wrap(api.New(api.Options{Log: quiet, Groups: []api.Group{api.Public{
			Origin: doorOrigin, Window: window, Viewer: func(ctx context.Context) (pod.Viewer, error) { return sessions.Viewer(ctx, window) },
		}}})),
	}
}

// leave raises the stubs of a move that took everything.
func (d *doorway) leave() {
	d.Helper()
	d.must(d.store.AddTransfer(d.Context(), source.Transfer{
		ID: doorMove, Account: d.account.ID, Grant: "grant", Client: doorTarget + "/oauth/client.json", Purpose: transfer.Move,
		Collections: transfer.Collections(), Limited: true, Destination: "aurora@new.example", State: transfer.Redirecting,
		Profile:   doorTarget + "/people/new",
		Templates: transfer.Templates{Post: doorTarget + "/posts/{guid}", Photo: doorTarget + "/uploads/images/{variant}{name}", Feed: doorTarget + "/public/new.atom"},
		NoAddress: d.noAddress, Created: d.now, Used: d.now, Redirected: d.now, GraceEnds: d.now.Add(time.Hour),
	}))
	var receipts []transfer.Outcome
	for _, h := range d.holdings() {
		receipts = append(receipts, transfer.Outcome{Collection: h.Collection, GUID: h.GUID, Digest: h.Proof, Result: transfer.Imported})
	}
	d.must(d.store.SaveReceipts(d.Context(), doorMove, receipts))
	d.must(d.store.InTx(d.Context(), func(ctx context.Context) error { return d.redirects.Raise(ctx, doorMove) }))
}

// holdings are all items as held, with their digests where a proof would be.
func (d *doorway) holdings() (list []transfer.Holding) {
	d.Helper()
	for _, c := range transfer.Collections() {
		d.must(d.store.Digests(d.Context(), source.Scope{Account: d.account.ID, Limited: true}, c, func(guid string, sum transfer.Digest) {
			list = append(list, transfer.Holding{Collection: c, GUID: guid, State: transfer.Held, Proof: sum})
		}))
	}
	return list
}

// erase lets the grace period run out, with everything proved.
func (d *doorway) erase() {
	d.Helper()
	d.now = d.now.Add(2 * time.Hour)
	departure, err := d.redirects.Of(d.Context(), d.account.ID, doorMove)
	d.must(err)
	d.must(d.store.Answered(d.Context(), departure, d.now, d.holdings()))
	next, err := d.redirects.Run(d.Context(), doorMove)
	d.must(err)
	if !next.Done {
		d.Fatalf("erasing is not over: %+v", next)
	}
}

// ask answers a stranger's request. Accept is optional.
func (d *doorway) ask(method, target string, accept ...string) *httptest.ResponseRecorder {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), method, target, nil)
	for _, a := range accept {
		r.Header.Add("Accept", a)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

// TestNamesAreNotGivenOutAgain: what a moved account's addresses named is never
// something else (Protocol §6.4).
func TestNamesAreNotGivenOutAgain(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			d := newDoorway(t, dialect)
			d.leave()
			d.erase()
			other, err := d.store.AddAccount(t.Context(), pod.Account{GUID: pod.NewGUID(), Username: "boreal", State: pod.Active, CreatedAt: d.now}, "", pod.NewGUID())
			d.must(err)
			into := d.store.Writer(store.Run{
				ID: "again", Account: other.ID, Issuer: "https://older.example", SourceAccount: "boreal",
				URLs: store.URLs{Post: doorOrigin + "/posts/", Photo: doorOrigin + "/uploads/images/"},
			}, d.blobs)
			for _, name := range []string{"public", "limited"} {
				content := []byte("the bytes of another photo")
				photo := transfer.Photo{
					Public: true, CreatedAt: transfer.TimeOf(d.now), Name: d.file[name], SHA256: transfer.Sum(content), Size: int64(len(content)), Type: "image/png",
				}
				d.must(into.Keep(t.Context(), photo.SHA256, photo.Size, func(int64) (io.ReadCloser, error) {
					return io.NopCloser(bytes.NewReader(content)), nil
				}))
				d.again(into, "the "+name+" post", d.guid[name], transfer.Post{Public: true, Text: "another", CreatedAt: transfer.TimeOf(d.now)})
				d.again(into, "the photo of the "+name+" post", "photo-of-another-"+name, photo)
			}
		})
	}
}

// again brings an item under a name that was another's, and wants it to have
// got a name of its own.
func (d *doorway) again(into transfer.Writer, what, guid string, item transfer.Item) {
	d.Helper()
	e, err := transfer.Encode(guid, item)
	d.must(err)
	at, err := into.Progress(d.Context(), item.Collection())
	d.must(err)
	outcomes, err := into.Write(d.Context(), transfer.Page{Collection: item.Collection(), After: at, Next: at + "+", Entries: []transfer.Entry{e}})
	d.must(err)
	if o := outcomes[0]; o.Result != transfer.Imported || o.URL == "" {
		d.Errorf("%s: %+v, want an address of its own", what, o)
	}
}

func TestDoor(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			d := newDoorway(t, dialect)
			post, photo := "/posts/"+d.guid["public"], "/uploads/images/thumb_small_"+d.file["public"]
			number := "/p/" + strconv.FormatInt(d.number["public"], 10)
			addresses := map[string]string{
				post: post, post + "?x=1#y": post, "/p/" + d.guid["public"]: post, number: post,
				post + ".json": post + ".json", number + ".json": post + ".json", post + ".mobile": post + ".mobile", photo: photo,
				"/u/aurora": "/people/new", "/u/aurora.json": "/people/new.json", "/people/" + d.account.GUID: "/people/new",
				"/people/" + d.account.GUID + ".json": "/people/new.json", "/public/aurora.atom": "/public/new.atom",
				"/posts/%" + strconv.FormatInt(int64(d.guid["public"][0]), 16) + d.guid["public"][1:]: post, post + "%2Ejson": post + ".json",
			}
			t.Run("shows what is here before the move", func(t *testing.T) {
				for address := range addresses {
					if w := d.ask(http.MethodGet, address); w.Code != http.StatusOK {
						t.Errorf("%s: %d", address, w.Code)
					}
				}
				if w := d.ask(http.MethodGet, post, "application/json"); !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
					t.Errorf("as JSON: %v", w.Header())
				}
				if w := d.ask(http.MethodHead, post+".json"); w.Code != http.StatusOK {
					t.Errorf("HEAD of JSON: %d", w.Code)
				}
			})
			d.leave()
			t.Run("leads away by one exact hop while the grace period lasts", func(t *testing.T) {
				for address, target := range addresses {
					for _, method := range []string{http.MethodGet, http.MethodHead} {
						w := d.ask(method, address)
						h := w.Header()
						if w.Code != http.StatusFound || h.Get("Location") != doorTarget+target || h.Get("Cache-Control") != "no-store" || h.Get("Link") != "<"+doorTarget+target+`>; rel="canonical"` {
							t.Errorf("%s %s: %d %v", method, address, w.Code, h)
						}
					}
				}
			})
			t.Run("takes nothing else for an old address", func(t *testing.T) {
				for _, address := range []string{
					post + "/", "/posts/" + d.guid["public"] + "/x", "/posts//" + d.guid["public"], "/Posts/" + d.guid["public"], "/x" + post,
					"/posts/%2f" + d.guid["public"], "/posts/" + d.guid["public"] + "%00", "/posts/" + d.guid["public"] + ".xml", "/p/0" + number[3:],
					"/uploads/images/huge_" + d.file["public"], "/uploads/images/../images/" + d.file["public"], "/u/aurora.atom", "/public/aurora",
					"/u/aurora%00", "/u/%ff.json", "/people/%00", "/people/%ed%a0%80.mobile", "/public/%00.atom",
				} {
					if w := d.ask(http.MethodGet, address); w.Code != http.StatusNotFound {
						t.Errorf("%s: %d to %q", address, w.Code, w.Header().Get("Location"))
					}
				}
				if w := d.ask(http.MethodPost, post); w.Code == http.StatusFound {
					t.Error("POST is led away")
				}
			})
			d.erase()
			t.Run("is gone and names the new profile after erasing", func(t *testing.T) {
				for address := range addresses {
					w := d.ask(http.MethodGet, address)
					if w.Code != http.StatusGone || !strings.Contains(w.Body.String(), doorTarget+"/people/new") || w.Header().Get("Cache-Control") != "max-age=3600" || w.Header().Get("Location") != "" {
						t.Errorf("%s: %d %v", address, w.Code, w.Header())
					}
				}
				if w := d.ask(http.MethodGet, post+".json"); w.Header().Get("Content-Type") != "application/problem+json" {
					t.Errorf("as JSON: %v", w.Header())
				}
			})
			t.Run("leads on for good where the podmin forwards", func(t *testing.T) {
				d.redirects.Forward = true
				for address, target := range addresses {
					if w := d.ask(http.MethodGet, address); w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != doorTarget+target || w.Header().Get("Cache-Control") != "max-age=3600" {
						t.Errorf("%s: %d %v", address, w.Code, w.Header())
					}
				}
			})
		})
	}
}
