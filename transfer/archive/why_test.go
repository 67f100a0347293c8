package archive_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/archive"
)

// TestWhy holds that whatever cannot travel is spoken of in words, under the
// guid that its entry has.
func TestWhy(t *testing.T) {
	whole := picture(t, 7)
	const guid = "10000000000000000000000000000001"
	with := `"posts":[` + post(postGUID, `,"public":true,"photos":[`+photo(guid, name(1), "")+`]`) + `]`
	locked := zipWith(t, zip.Store, zipFile{name(1), whole})
	setBits(locked, "PK\x01\x02", 8, 1)
	strange := zipWith(t, zip.Store, zipFile{name(1), whole})
	setBits(strange, "PK\x01\x02", 10, 12) // bzip2
	for _, c := range []struct {
		what, member string
		photos       []byte
		of           transfer.Collection
		says         string
	}{
		{"a guid that is none", `"posts":[` + post("short", `,"text":"a"`) + `]`, nil, transfer.Posts, `"short" is not a guid`},
		{"a text that is too long", `"posts":[` + post(postGUID, `,"text":"`+strings.Repeat("x", 65536)+`"`) + `]`, nil, transfer.Posts, "more than 65535 characters"},
		{"a time that is none", `"posts":[{"entity_type":"status_message","entity_data":{"guid":"` + postGUID + `"}}]`, nil, transfer.Posts, "not a time"},
		{"what is no post", `"posts":[7]`, nil, transfer.Posts, "shape"},
		{"a post that comes twice", `"posts":[` + post(postGUID, "") + "," + post(postGUID, "") + `]`, nil, transfer.Posts, "twice"},
		{"a photo without any zip", with, nil, transfer.Photos, "was not given"},
		{"a photo behind a password", with, locked, transfer.Photos, "password"},
		{"a photo packed in a way that is not read", with, strange, transfer.Photos, "packed in a way"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := open(t, []byte(head+","+c.member+"}}"), c.photos)
			p, err := r.Page(t.Context(), c.of, "", 10)
			if err != nil || len(p.Entries) == 0 {
				t.Fatalf("%+v: %v", p, err)
			}
			last := p.Entries[len(p.Entries)-1]
			if why := r.Why(last.GUID); last.Unsendable == "" || !strings.Contains(why, c.says) {
				t.Errorf("%s is %q, because %q; want words that say %q", last.GUID, last.Unsendable, why, c.says)
			}
		})
	}
}

// setBits sets bits in a field of two bytes of each record of a kind.
func setBits(raw []byte, record string, offset int, bits uint16) {
	for at := 0; ; at++ {
		next := bytes.Index(raw[at:], []byte(record))
		if next < 0 {
			return
		}
		at += next
		field := raw[at+offset:]
		binary.LittleEndian.PutUint16(field, binary.LittleEndian.Uint16(field)|bits)
	}
}

func TestByteOrderMark(t *testing.T) {
	raw := []byte("\ufeff" + head + `,"posts":[` + post(postGUID, "") + `]}}`)
	for what, raw := range map[string][]byte{"before JSON": raw, "before packed JSON": gzipped(t, raw)} {
		t.Run("is passed over "+what, func(t *testing.T) {
			p, err := open(t, raw, nil).Page(t.Context(), transfer.Posts, "", 10)
			if err != nil || len(p.Entries) != 1 || p.Entries[0].GUID != postGUID {
				t.Errorf("got %+v: %v", p, err)
			}
		})
	}
	t.Run("alone is no archive", func(t *testing.T) {
		_, err := archive.Open(t.Context(), archive.Options{Archive: section([]byte("\ufeff"))})
		refused(t, err, transfer.RequestInvalid, "neither JSON")
	})
}
