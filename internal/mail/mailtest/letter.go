package mailtest

import (
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
)

// A Letter is one mail as it came.
type Letter struct {
	To    string // of the envelope
	Hello string // how the sender greeted
	Raw   string
}

// Header is a header's value as a person reads it.
func (l Letter) Header(t testing.TB, name string) string {
	t.Helper()
	value, err := new(mime.WordDecoder).DecodeHeader(l.read(t).Header.Get(name))
	if err != nil {
		t.Fatalf("the header %s: %v", name, err)
	}
	return value
}

// Text is the plain text.
func (l Letter) Text(t testing.TB) string { t.Helper(); return l.part(t, "text/plain") }

// HTML is the other alternative.
func (l Letter) HTML(t testing.TB) string { t.Helper(); return l.part(t, "text/html") }

func (l Letter) read(t testing.TB) *mail.Message {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(l.Raw))
	if err != nil {
		t.Fatalf("this is no mail: %v: %s", err, l.Raw)
	}
	return m
}

// part is the alternative of a media type.
func (l Letter) part(t testing.TB, media string) string {
	t.Helper()
	m := l.read(t)
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("it is %q: %v", kind, err)
	}
	for parts := multipart.NewReader(m.Body, parameters["boundary"]); ; {
		p, err := parts.NextPart() // which undoes quoted-printable
		if err != nil {
			t.Fatalf("it has no part %s: %v", media, err)
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), media+";") {
			body, err := io.ReadAll(p)
			if err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(string(body), "\r\n", "\n")
		}
	}
}
