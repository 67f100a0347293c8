package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/archive"
)

// picture is a PNG of that many pixels wide.
func picture(t *testing.T, width int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, width, 2))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type zipFile struct {
	name string
	raw  []byte
}

func zipWith(t testing.TB, method uint16, files ...zipFile) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		in, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: method, Modified: time.Unix(1_700_000_000, 0)})
		if err == nil {
			_, err = in.Write(f.raw)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func name(i int) string { return fmt.Sprintf("%020x.png", i) }

func photo(guid, name, rest string) string {
	return `{"entity_type":"photo","entity_data":{"guid":"` + guid + `","created_at":"2012-03-01T22:48:44Z","remote_photo_name":"` + name + `"` + rest + `}}`
}

func TestPhotos(t *testing.T) {
	const guid = "10000000000000000000000000000001"
	whole := picture(t, 7)
	wide := []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00;")
	for _, c := range []struct {
		what, photo string
		content     []byte
		code        transfer.Code
	}{
		{"whose bytes are missing", photo(guid, name(9), ""), whole, transfer.ContentMissing},
		{"whose name is none", photo(guid, "../x.png", ""), whole, transfer.NameInvalid},
		{"whose guid is none", photo("x", name(1), ""), whole, transfer.GUIDInvalid},
		{"whose text cannot travel", photo(guid, name(1), `,"text":"\ud83c"`), whole, transfer.TextInvalid},
		{"that is no image", photo(guid, name(1), ""), []byte("<svg onload=alert(1)>"), transfer.ContentRefused},
		{"that is empty", photo(guid, name(1), ""), nil, transfer.ContentRefused},
		{"that is too large", photo(guid, name(1), ""), bytes.Repeat([]byte("x"), 2000), transfer.ContentTooLarge},
		{"with more pixels than memory", photo(guid, name(1), ""), wide, transfer.ContentRefused},
		{"that is all right", photo(guid, name(1), ""), whole, ""},
	} {
		t.Run("a photo "+c.what, func(t *testing.T) {
			member := `"posts":[` + post(postGUID, `,"public":true,"photos":[`+c.photo+`]`) + `]`
			list := read(t, member, zipWith(t, zip.Deflate, zipFile{name(1), c.content}), archive.Limits{PhotoBytes: 1999}, transfer.Photos)
			if list[0].Unsendable != c.code {
				t.Errorf("got %q, want %q", list[0].Unsendable, c.code)
			}
		})
	}
}

func TestPhotosOfOneFile(t *testing.T) {
	const guid = "10000000000000000000000000000001"
	whole := picture(t, 7)
	t.Run("say what their bytes are, and are seen by no more than their post", func(t *testing.T) {
		limited := photo(guid, name(1), `,"public":true,"width":1,"height":null,"text":"<alt>"`)
		member := `"posts":[` + post(postGUID, `,"public":false,"photos":[`+limited+`,`+limited+`]`) + `]`
		list := read(t, member, zipWith(t, zip.Store, zipFile{name(1), whole}, zipFile{name(2), whole}), archive.Limits{}, transfer.Photos)
		want := []string{
			`{"created_at":"2012-03-01T22:48:44.000Z","height":2,"name":"` + name(1) + `","public":false,"sha256":"` + string(transfer.Sum(whole)) + `","size":` + fmt.Sprint(len(whole)) + `,"text":"<alt>","type":"image/png","width":7}`,
			"duplicate",
			`{"created_at":"2023-11-14T22:13:20.000Z","height":2,"name":"` + name(2) + `","public":false,"sha256":"` + string(transfer.Sum(whole)) + `","size":` + fmt.Sprint(len(whole)) + `,"type":"image/png","width":7}`,
		}
		for i := range want {
			if i >= len(list) || string(list[i].Item)+string(list[i].Unsendable) != want[i] {
				t.Fatalf("photo %d of %d:\ngot  %+v\nwant %s", i, len(list), list, want[i])
			}
		}
	})
	t.Run("travel where their post cannot", func(t *testing.T) {
		member := `"posts":[` + post(postGUID, `,"text":"\u0000","photos":[`+photo(guid, name(1), "")+`]`) + `]`
		list := read(t, member, zipWith(t, zip.Deflate, zipFile{name(1), whole}), archive.Limits{}, transfer.Photos)
		if len(list) != 1 || list[0].GUID != guid || list[0].Unsendable != "" {
			t.Errorf("got %+v", list)
		}
	})
	t.Run("are damaged where the zip says so", func(t *testing.T) {
		raw := zipWith(t, zip.Store, zipFile{name(1), whole})
		raw[bytes.Index(raw, whole)+len(whole)-1] ^= 1
		list := read(t, `"x":1`, raw, archive.Limits{}, transfer.Photos)
		if len(list) != 1 || list[0].Unsendable != transfer.ContentDiffers {
			t.Errorf("got %+v", list)
		}
	})
	t.Run("stop when the context ends in the middle of their bytes", func(t *testing.T) {
		r := open(t, []byte(minimal), zipWith(t, zip.Deflate, zipFile{name(1), append(whole, make([]byte, 1<<20)...)}))
		p, err := r.Page(t.Context(), transfer.Photos, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		in, err := r.Content(ctx, p.Entries[0].GUID, 1)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := io.ReadAll(in); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		_ = in.Close()
	})
}

func TestAvatar(t *testing.T) {
	whole := picture(t, 7)
	const guid = "10000000000000000000000000000001"
	photos := `"posts":[` + post(postGUID, `,"photos":[`+photo(guid, name(1), "")+`]`) + `]`
	files := zipWith(t, zip.Deflate, zipFile{name(1), whole}, zipFile{name(2), whole})
	for what, address := range map[string]string{
		"a photo of a post":        "https://old.example/uploads/images/thumb_large_" + name(1),
		"a photo no post names":    "/uploads/images/" + name(2),
		"a photo that is not here": "https://old.example/uploads/images/thumb_large_" + name(3),
		"the default":              "/assets/user/default.png",
		"no address":               "::",
	} {
		t.Run("is "+what, func(t *testing.T) {
			profile := strings.Replace(head, `"author":`, `"image_url":"`+address+`","author":`, 1) + "," + photos + "}}"
			r := open(t, []byte(profile), files)
			p, err := r.Page(t.Context(), transfer.Profiles, "", 1)
			if err != nil {
				t.Fatal(err)
			}
			item, err := transfer.Decode[transfer.Profile](p.Entries[0])
			_, cerr := r.Content(t.Context(), item.Avatar, 0)
			if err != nil || (item.Avatar != "") != strings.HasPrefix(what, "a photo ") && !strings.HasSuffix(what, "here") {
				t.Errorf("the avatar is %q: %v", item.Avatar, err)
			}
			if (item.Avatar == "") != (cerr != nil) || (strings.HasSuffix(what, "not here") && item.Avatar != "") {
				t.Errorf("the avatar is %q, and its bytes: %v", item.Avatar, cerr)
			}
		})
	}
}

func TestAvatarWithoutTheZip(t *testing.T) {
	profile := strings.Replace(head, `"author":`, `"image_url":"/uploads/images/`+name(2)+`","author":`, 1) + "}}"
	digest := func(files []byte) transfer.Digest {
		p, err := open(t, []byte(profile), files).Page(t.Context(), transfer.Profiles, "", 1)
		if err != nil {
			t.Fatal(err)
		}
		return p.Entries[0].Digest
	}
	t.Run("is the same as with it, so that reading the archive again changes nothing", func(t *testing.T) {
		if with := digest(zipWith(t, zip.Deflate, zipFile{name(2), picture(t, 7)})); digest(nil) != with {
			t.Error("the profile differs")
		}
	})
}
