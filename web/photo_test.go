package web

import (
	"bytes"
	"image"
	"image/png"
	"testing"

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
				"Content-Security-Policy": "default-src 'none'; sandbox",
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
