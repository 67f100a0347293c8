package web

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
)

func TestPhotos(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		photo, raw := h.photo(30)
		h.post(transfer.Post{Public: true, Photos: []string{photo.GUID}})
		path := "/uploads/images/"

		t.Run("serves the original byte for byte, sandboxed", func(t *testing.T) {
			w := h.as("", path+photo.File)
			if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), raw) {
				t.Fatalf("%d, %d bytes of %d", w.Code, w.Body.Len(), len(raw))
			}
			for name, want := range map[string]string{
				"Content-Type": "image/png", "ETag": `"` + string(photo.Item.SHA256) + `"`, "X-Content-Type-Options": "nosniff",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
		t.Run("answers 304 and ranges", func(t *testing.T) {
			if w := h.as("", path+photo.File, "If-None-Match", `"`+string(photo.Item.SHA256)+`"`); w.Code != 304 {
				t.Errorf("%d, want 304", w.Code)
			}
			if w := h.as("", path+photo.File, "Range", "bytes=1-3"); w.Code != 206 || w.Body.String() != "PNG" {
				t.Errorf("%d %q", w.Code, w.Body)
			}
		})
		t.Run("serves every variant in its size under an ETag of its own", func(t *testing.T) {
			tags := map[string]bool{}
			for v, want := range map[pod.Variant]image.Point{
				pod.Original: {800, 400}, pod.ThumbSmall: {50, 50}, pod.ThumbMedium: {100, 100}, pod.ThumbLarge: {300, 150}, pod.ScaledFull: {700, 350},
			} {
				w := h.as("", path+string(v)+photo.File)
				config, err := png.DecodeConfig(w.Body)
				if err != nil || image.Pt(config.Width, config.Height) != want || w.Header().Get("Content-Type") != "image/png" {
					t.Errorf("%q: %d %v %v", v, w.Code, config, err)
				}
				tags[w.Header().Get("ETag")] = true
			}
			if len(tags) != 5 {
				t.Errorf("ETags: %v", tags)
			}
		})
	})
}

// TestDisguise: a page or a drawing with a script, called a photo, is none to a
// browser.
func TestDisguise(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		for name, c := range map[string]struct{ content, kind string }{
			"a page called PNG":    {"<!doctype html><script>alert(1)</script>", "image/png"},
			"a drawing called GIF": {`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "image/gif"},
			"GIF and script alike": {"GIF89a/*\x00\x00*/=1;alert(1)", "image/gif"},
			"a script called JPEG": {"alert(1)", "image/jpeg"},
			"a PDF called WebP":    {"%PDF-1.7 /JavaScript", "image/webp"},
		} {
			t.Run(name, func(t *testing.T) {
				sum, size, err := h.blobs.Put(t.Context(), strings.NewReader(c.content), "", 1<<20)
				h.must(err)
				photo, err := s.CreatePhoto(t.Context(), h.account["aurora"].ID, transfer.Photo{
					Public: true, CreatedAt: transfer.TimeOf(time.UnixMilli(1)), SHA256: transfer.Digest(sum), Size: size, Type: c.kind,
				})
				h.must(err)
				for _, v := range pod.Variants() {
					harmless(t, h.as("", "/uploads/images/"+string(v)+photo.File), c.kind)
				}
			})
		}
	})
	for _, kind := range []string{"image/svg+xml", "text/html", "text/html; charset=utf-8", "application/xhtml+xml", "text/javascript", "IMAGE/PNG", ""} {
		t.Run("what is stored as "+kind+" is for saving", func(t *testing.T) {
			w := httptest.NewRecorder()
			c, _ := gin.CreateTestContext(w)
			c.Header("X-Content-Type-Options", "nosniff") // set for all pages
			sandboxed(c, kind)
			harmless(t, w, "application/octet-stream")
			if w.Header().Get("Content-Disposition") != "attachment" {
				t.Errorf("%v", w.Header())
			}
		})
	}
}

func harmless(t *testing.T, w *httptest.ResponseRecorder, kind string) {
	t.Helper()
	h := w.Header()
	if w.Code != http.StatusOK || h.Get("Content-Type") != kind || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; frame-ancestors 'none'; sandbox" {
		t.Errorf("%d %v", w.Code, h)
	}
}
