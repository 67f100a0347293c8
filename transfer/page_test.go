package transfer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"podmove/transfer"
)

func goldenPage(t testing.TB) transfer.Page {
	t.Helper()
	p := transfer.Page{Transfer: "t<&>1", Nonce: "n", Collection: transfer.Posts, Next: "2.abc", Through: 1 << 40, CaughtUp: true}
	at := 0
	for _, item := range golden {
		e, err := transfer.Encode(fmt.Sprintf("%032x", at), item)
		if err != nil {
			t.Fatal(err)
		}
		p.Entries = append(p.Entries, e)
		at++
	}
	p.Entries = append(p.Entries,
		transfer.Entry{GUID: "deleted-0123456789", Deleted: true},
		transfer.Entry{GUID: "short <&>", Unsendable: transfer.GUIDInvalid})
	return p
}

func TestPage(t *testing.T) {
	want := goldenPage(t)
	var wire bytes.Buffer
	if err := transfer.WritePage(&wire, want); err != nil {
		t.Fatal(err)
	}
	t.Run("carries the items' own bytes", func(t *testing.T) {
		for _, e := range want.Entries {
			if !bytes.Contains(wire.Bytes(), e.Item) {
				t.Errorf("%s is not on the page as it was", e.Item)
			}
		}
	})
	t.Run("is read as it was written", func(t *testing.T) {
		got, err := transfer.ReadPage(iotest.OneByteReader(&wire))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v\n%v", got, want, err)
		}
	})
	t.Run("without entries is read as it was written", func(t *testing.T) {
		var wire bytes.Buffer
		want := transfer.Page{Transfer: "t", Nonce: "n", Collection: transfer.Blocks, Next: "1", Entries: []transfer.Entry{}}
		if err := transfer.WritePage(&wire, want); err != nil {
			t.Fatal(err)
		}
		if got, err := transfer.ReadPage(&wire); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v: %v", got, err)
		}
	})
}

func TestReadPageRefuses(t *testing.T) {
	line := func(item string) string {
		return fmt.Sprintf(`{"guid":"%s","digest":"%s","item":%s}`, guid, transfer.Sum([]byte(item)), item)
	}
	good := line(`{"name":"<&>"}`)
	digest := string(transfer.Sum([]byte(`{"name":"<&>"}`)))
	var many strings.Builder
	for i := range 1001 {
		fmt.Fprintf(&many, `{"guid":"%032x","deleted":true},`, i)
	}
	for what, c := range map[string]struct {
		entries string
		code    transfer.Code
	}{
		"a digest of other bytes":     {strings.Replace(good, "<", "[", 1), transfer.DigestWrong},
		"a digest in capitals":        {strings.Replace(good, digest, strings.ToUpper(digest), 1), transfer.DigestWrong},
		"bytes that Go has escaped":   {line(`{"name":"\u003c"}`), transfer.NotCanonical},
		"space inside an item":        {line(`{"name": "a"}`), transfer.NotCanonical},
		"a name twice inside an item": {line(`{"name":"a","name":"a"}`), transfer.NotCanonical},
		"NUL":                         {line(`{"name":"\u0000"}`), transfer.NotCanonical},
		"half a surrogate pair":       {line(`{"name":"\ud800"}`), transfer.NotCanonical},
		"bytes that are not UTF-8":    {line("{\"name\":\"\xff\"}"), transfer.NotCanonical},
		"a guid twice":                {good + "," + good, transfer.AnswerInvalid},
		"an entry without a guid":     {`{"deleted":true}`, transfer.AnswerInvalid},
		"an entry that is nothing":    {`{"guid":"` + guid + `"}`, transfer.AnswerInvalid},
		"an entry that is two things": {strings.Replace(good, `"item"`, `"deleted":true,"item"`, 1), transfer.AnswerInvalid},
		"an item that is null":        {`{"guid":"` + guid + `","item":null}`, transfer.NotCanonical},
		"a guid beyond bounds":        {`{"guid":"` + strings.Repeat("a", 256) + `","deleted":true}`, transfer.AnswerInvalid},
		"a reason of any text":        {`{"guid":"` + guid + `","unsendable":"Buy here\u0000"}`, transfer.AnswerInvalid},
		"a reason without end":        {`{"guid":"` + guid + `","unsendable":"` + strings.Repeat("a", 500) + `"}`, transfer.AnswerInvalid},
		"a deletion with a digest":    {`{"guid":"` + guid + `","deleted":true,"digest":"\u0000"}`, transfer.AnswerInvalid},
		"1,001 entries":               {strings.TrimSuffix(many.String(), ","), transfer.AnswerInvalid},
		"entries that are no list":    {`]},{[`, transfer.AnswerInvalid},
		"nesting without end":         {`{"item":` + strings.Repeat("[", 1<<20), transfer.AnswerInvalid},
	} {
		t.Run(what, func(t *testing.T) {
			wire := `{"caught_up":true,"collection":"aspects","next":"1","nonce":"n","through":1,"transfer":"t","entries":[` + c.entries + `]}`
			if _, err := transfer.ReadPage(strings.NewReader(wire)); transfer.CodeOf(err) != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	t.Run("a cursor beyond bounds", func(t *testing.T) {
		_, err := transfer.ReadPage(strings.NewReader(`{"next":"` + strings.Repeat("x", 513) + `","entries":[]}`))
		if transfer.CodeOf(err) != transfer.AnswerInvalid {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a cursor that no database stores", func(t *testing.T) {
		_, err := transfer.ReadPage(strings.NewReader(`{"next":"1\u0000","entries":[]}`))
		if transfer.CodeOf(err) != transfer.AnswerInvalid {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a page full of nothing, in little memory", func(t *testing.T) {
		wire := `{"entries":[` + strings.Repeat("{},", transfer.MaxPageBytes/3-10) + `{}]}`
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := transfer.ReadPage(strings.NewReader(wire))
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; transfer.CodeOf(err) != transfer.AnswerInvalid || used > 64<<20 {
			t.Errorf("got %v after %d MB", err, used>>20)
		}
	})
	t.Run("a page beyond bounds, without reading on", func(t *testing.T) {
		endless := &endless{}
		if _, err := transfer.ReadPage(endless); transfer.CodeOf(err) != transfer.AnswerInvalid || endless.read > 2*transfer.MaxPageBytes {
			t.Errorf("got %v after %d bytes", err, endless.read)
		}
	})
	t.Run("an answer that breaks off", func(t *testing.T) {
		_, err := transfer.ReadPage(io.MultiReader(strings.NewReader(`{"entries":[`), iotest.ErrReader(errors.New("reset"))))
		if transfer.CodeOf(err) != transfer.PodUnreachable {
			t.Errorf("got %v", err)
		}
	})
}

type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// FuzzReadPage holds that a page that is read is written and read the same.
func FuzzReadPage(f *testing.F) {
	var wire bytes.Buffer
	if err := transfer.WritePage(&wire, goldenPage(f)); err != nil {
		f.Fatal(err)
	}
	f.Add(wire.Bytes())
	f.Add([]byte(`{"entries":[{"guid":"a","deleted":true}]}`))
	f.Add([]byte(`{"entries":null,"through":-1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := transfer.ReadPage(bytes.NewReader(raw))
		if err != nil {
			return
		}
		for _, e := range p.Entries {
			if err := e.CheckWire(); err != nil {
				t.Fatalf("%+v was read: %v", e, err)
			}
		}
		var wire bytes.Buffer
		if err := transfer.WritePage(&wire, p); err != nil {
			t.Fatal(err)
		}
		if again, err := transfer.ReadPage(&wire); err != nil || !reflect.DeepEqual(p, again) {
			t.Fatalf("%+v was read as %+v: %v", p, again, err)
		}
	})
}
