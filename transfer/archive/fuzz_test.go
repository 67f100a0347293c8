package archive_test

import (
	"archive/zip"
	"errors"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/archive"
	"podmove/transfer/transfertest"
)

// given is nil where the fuzzer gives nothing, so that it also reads archives
// without a second file.
func given(photos []byte) []byte {
	if len(photos) == 0 {
		return nil
	}
	return photos
}

// FuzzArchive holds that whatever a file is, it is refused in words or read by
// the rules of the wire, and that plan and pages agree.
func FuzzArchive(f *testing.F) {
	f.Add([]byte(minimal), []byte(nil))
	f.Add([]byte(head+`,"posts":[`+post(postGUID, `,"photos":[`+photo("", name(1), "")+`]`)+`,{}],"blocks":["a@b.example",7]}}`), []byte("PK\x05\x06"))
	f.Add([]byte(head+`,"contacts":[{"account_id":"a@b.example","contact_groups_membership":["x"]}],"contact_groups":[{"name":"x"}]}}`), []byte(nil))
	f.Add([]byte(strings.ReplaceAll(minimal, `:`, " : \n")), []byte(nil))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), []byte(nil))
	whole := []zipFile{{"account.json", []byte(ownArchive)}, {"photos/" + name(1), []byte("\x89PNG\r\n\x1a\n")}, {"README.txt", nil}}
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		f.Add(zipWith(f, method, whole...), []byte(nil))
		f.Add([]byte(ownArchive), zipWith(f, method, whole...))
	}
	f.Fuzz(func(t *testing.T, raw, photos []byte) {
		r, err := archive.Open(t.Context(), archive.Options{
			Archive: section(append([]byte{}, raw...)), Photos: section(given(photos)), Limits: archive.Limits{Unpacked: 1 << 20, PhotoBytes: 1 << 16, ItemBytes: 1 << 14},
		})
		if err != nil {
			if e, ok := errors.AsType[*transfer.Error](err); !ok || e.Message == "" {
				t.Fatalf("refused without words: %v", err)
			}
			return
		}
		m := transfertest.NewMemory()
		w := m.Writer(t, "here", "archive")
		plan, err := r.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, sum := range plan.Collections {
			count := int64(0)
			for after := transfer.Cursor(""); ; {
				p, err := r.Page(t.Context(), sum.Collection, after, 3)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range p.Entries {
					if err := e.CheckWire(); err != nil || !transfer.ValidGUID(e.GUID) {
						t.Fatalf("%+v: %v", e, err)
					}
				}
				if _, err := w.Write(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				count += int64(len(p.Entries))
				if p.CaughtUp {
					break
				}
				after = p.Next
			}
			if count != sum.Count {
				t.Fatalf("planned %+v, and %d came", sum, count)
			}
		}
		if _, err := r.Manifest(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
