package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/transfer"
	"podmove/transfer/client"
	"podmove/transfer/transfertest"
)

func TestReader(t *testing.T) {
	m := transfertest.NewMemory()
	transfertest.Reader(t, func(t *testing.T, f transfertest.Fixture) transfer.Reader {
		return serve(t, account(t, m, f)).client(t)
	})
}

func wantCode(t *testing.T, err error, want transfer.Code) {
	t.Helper()
	if transfer.CodeOf(err) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// replace is a lie that replaces text in answers to paths with that end.
func replace(end, old, new string) func(*http.Request, *answer) {
	return func(r *http.Request, a *answer) {
		if strings.HasSuffix(r.URL.Path, end) {
			a.body = []byte(strings.ReplaceAll(string(a.body), old, new))
		}
	}
}

func header(name, value string) func(*http.Request, *answer) {
	return func(_ *http.Request, a *answer) { a.header.Set(name, value) }
}

func status(n int, headers ...string) func(*http.Request, *answer) {
	return func(_ *http.Request, a *answer) {
		a.status, a.body = n, nil
		for i := 0; i+1 < len(headers); i += 2 {
			a.header.Set(headers[i], headers[i+1])
		}
	}
}

func TestPageFromALiar(t *testing.T) {
	for name, c := range map[string]struct {
		lie  func(*http.Request, *answer)
		want transfer.Code
	}{
		"refuses a page with another transfer nonce": {replace("posts", nonce, "the-nonce-of-another-transfer"), transfer.NonceForeign},
		"refuses a page of another transfer":         {replace("posts", transferID, "transfer-two"), transfer.NonceForeign},
		"refuses the answer to another request":      {header("Transfer-Nonce", "somebody-else"), transfer.NonceForeign},
		"refuses another collection":                 {replace("posts", `"collection":"posts"`, `"collection":"blocks"`), transfer.AnswerInvalid},
		"refuses a wrong digest":                     {replace("posts", `"digest":"`, `"digest":"0`), transfer.DigestWrong},
		"refuses bytes that are not canonical":       {replace("posts", `"item":{`, `"item":{ `), transfer.NotCanonical},
		"refuses what is not JSON":                   {replace("posts", "{", "<"), transfer.AnswerInvalid},
		"refuses a redirect":                         {status(302, "Location", "https://elsewhere.example/"), transfer.AnswerInvalid},
		"refuses an endless page": {func(_ *http.Request, a *answer) { a.body = append(a.body, make([]byte, transfer.MaxPageBytes)...) },
			transfer.AnswerInvalid},
		"knows a token that is gone by its status": {status(401), transfer.TokenInvalid},
		"knows a missing right by its status":      {status(403), transfer.NotGranted},
		"gives a long wait to its caller":          {status(429, "Retry-After", "120"), transfer.RateLimited},
		"gives up on a pod that is down":           {status(503), transfer.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, account(t, transfertest.NewMemory(), transfertest.Made(transfertest.Aurora)))
			p.lies(c.lie)
			_, err := p.client(t).Page(t.Context(), transfer.Posts, "", 10)
			wantCode(t, err, c.want)
		})
	}
	t.Run("refuses more entries than it asked for", func(t *testing.T) {
		p := serve(t, account(t, transfertest.NewMemory(), transfertest.Made(transfertest.Aurora)))
		whole, err := p.reader.Page(t.Context(), transfer.Posts, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		whole.Transfer, whole.Nonce = transferID, nonce
		p.lies(func(_ *http.Request, a *answer) { a.write(whole) })
		_, err = p.client(t).Page(t.Context(), transfer.Posts, "", 5)
		wantCode(t, err, transfer.AnswerInvalid)
	})
}

func TestPageAgain(t *testing.T) {
	for name, trouble := range map[string]func(*http.Request, *answer){
		"asks again with the same cursor and a fresh nonce when the nonce was replayed": func(r *http.Request, a *answer) {
			a.problem(transfer.Errorf(transfer.NonceReplayed, "seen"))
		},
		"asks again with the same cursor and a fresh nonce when the answer broke off": func(_ *http.Request, a *answer) {
			a.header.Set("Content-Length", "100000")
		},
		"asks again when the pod was down for a moment": status(502),
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, account(t, transfertest.NewMemory(), transfertest.Made(transfertest.Aurora)))
			p.lies(func(r *http.Request, a *answer) {
				if len(p.asked) < 3 {
					trouble(r, a)
				}
			})
			page, err := p.client(t).Page(t.Context(), transfer.Posts, "", 10)
			if err != nil || len(page.Entries) != 10 {
				t.Fatalf("got %d entries, %v", len(page.Entries), err)
			}
			nonces := map[string]bool{}
			for _, r := range p.asked {
				nonces[r.Header.Get("Transfer-Nonce")] = true
				if r.URL.RawQuery != p.asked[0].URL.RawQuery {
					t.Errorf("asked for %s and then for %s", p.asked[0].URL, r.URL)
				}
			}
			if len(p.asked) != 3 || len(nonces) != 3 {
				t.Errorf("asked %d times with %d nonces, want 3 and 3", len(p.asked), len(nonces))
			}
		})
	}
	t.Run("stops at once when its context ends", func(t *testing.T) {
		p := serve(t, account(t, transfertest.NewMemory(), transfertest.Made(transfertest.Aurora)))
		p.lies(status(503))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := p.client(t).Page(ctx, transfer.Posts, "", 10); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestManifestFromALiar(t *testing.T) {
	stranger, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	good := transfer.Manifest{Format: transfer.Format}
	other := func(change func(*transfer.Manifest)) func(*lyingPod, *answer) {
		return func(p *lyingPod, a *answer) {
			m := good
			m.Envelope = transfer.Envelope{Issuer: p.URL, Audience: reader, Transfer: transferID, Nonce: nonce, IssuedAt: 1, ID: "one"}
			change(&m)
			p.sign(a, transfer.TypManifest, m)
		}
	}
	for name, c := range map[string]struct {
		lie  func(*lyingPod, *answer)
		want transfer.Code
	}{
		"takes a good one": {other(func(*transfer.Manifest) {}), ""},
		"refuses a bad signature": {func(_ *lyingPod, a *answer) {
			jws, _ := keys.Sign(stranger, transfer.TypManifest, good)
			a.body = []byte(jws)
		}, transfer.SignatureInvalid},
		"refuses a receipt's typ":          {func(p *lyingPod, a *answer) { p.sign(a, transfer.TypReceipt, good) }, transfer.SignatureInvalid},
		"refuses the typ of holdings":      {func(p *lyingPod, a *answer) { p.sign(a, transfer.TypHoldings, good) }, transfer.SignatureInvalid},
		"refuses the typ of an undo":       {func(p *lyingPod, a *answer) { p.sign(a, transfer.TypUndo, good) }, transfer.SignatureInvalid},
		"refuses the typ of an ID token":   {func(p *lyingPod, a *answer) { p.sign(a, "JWT", good) }, transfer.SignatureInvalid},
		"refuses an unsigned one":          {func(_ *lyingPod, a *answer) { a.body, _ = json.Marshal(good) }, transfer.SignatureInvalid},
		"refuses another type of answer":   {func(_ *lyingPod, a *answer) { a.header.Set("Content-Type", "text/html") }, transfer.AnswerInvalid},
		"refuses an endless one":           {func(_ *lyingPod, a *answer) { a.body = make([]byte, 2<<20) }, transfer.AnswerInvalid},
		"refuses another issuer":           {other(func(m *transfer.Manifest) { m.Issuer = "https://elsewhere.example" }), transfer.SignatureInvalid},
		"refuses one for another pod":      {other(func(m *transfer.Manifest) { m.Audience = "https://elsewhere.example" }), transfer.SignatureInvalid},
		"refuses one of another transfer":  {other(func(m *transfer.Manifest) { m.Transfer = "transfer-two" }), transfer.NonceForeign},
		"refuses another transfer's nonce": {other(func(m *transfer.Manifest) { m.Nonce = "another" }), transfer.NonceForeign},
		"refuses another format":           {other(func(m *transfer.Manifest) { m.Format++ }), transfer.AnswerInvalid},
		"refuses a collection counted twice": {other(func(m *transfer.Manifest) {
			m.Tallies = []transfer.Tally{transfer.NewTallier(transfer.Posts).Tally(), transfer.NewTallier(transfer.Posts).Tally()}
		}), transfer.AnswerInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, account(t, transfertest.NewMemory(), transfertest.Made(transfertest.Aurora)))
			p.lies(func(_ *http.Request, a *answer) { c.lie(p, a) })
			_, err := p.client(t).Manifest(t.Context())
			wantCode(t, err, c.want)
		})
	}
}

func TestContent(t *testing.T) {
	f := transfertest.Made(transfertest.Aurora)
	p := serve(t, account(t, transfertest.NewMemory(), f))
	c := p.client(t)
	page, err := c.Page(t.Context(), transfer.Photos, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	guid := page.Entries[0].GUID
	photo, err := transfer.Decode[transfer.Photo](page.Entries[0])
	if err != nil {
		t.Fatal(err)
	}
	tag := `"` + string(photo.SHA256) + `"`
	t.Run("asks for the rest of the very bytes that the page named", func(t *testing.T) {
		body, err := c.Content(t.Context(), guid, 3)
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		got, err := io.ReadAll(body)
		if err != nil || string(got) != string(f.Content[guid][3:]) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		asked := p.asked[len(p.asked)-1].Header
		if asked.Get("Range") != "bytes=3-" || asked.Get("If-Range") != tag {
			t.Errorf("asked with %v", asked)
		}
	})
	t.Run("skips what it has when the pod knows no ranges", func(t *testing.T) {
		p.lies(func(_ *http.Request, a *answer) {
			a.status, a.body = http.StatusOK, f.Content[guid]
		})
		body, err := c.Content(t.Context(), guid, 3)
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		if got, err := io.ReadAll(body); err != nil || string(got) != string(f.Content[guid][3:]) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
	for name, bad := range map[string]struct {
		lie  func(*http.Request, *answer)
		want transfer.Code
	}{
		"refuses the bytes of another version":        {header("ETag", `"another"`), transfer.ContentDiffers},
		"refuses another part than it asked for":      {header("Content-Range", "bytes 0-9/10"), transfer.AnswerInvalid},
		"refuses a coding that it did not ask for":    {header("Content-Encoding", "gzip"), transfer.AnswerInvalid},
		"knows that there are fewer bytes than said":  {status(416), transfer.ContentDiffers},
		"knows a photo that is gone":                  {status(404), transfer.NotFound},
		"does not follow the bytes to another server": {status(307, "Location", "https://elsewhere.example/"), transfer.AnswerInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			p.lies(bad.lie)
			_, err := c.Content(t.Context(), guid, 3)
			wantCode(t, err, bad.want)
		})
	}
	t.Run("says that the pod broke off when it did", func(t *testing.T) {
		p.lies(header("Content-Length", "1000000"))
		body, err := c.Content(t.Context(), guid, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		_, err = io.ReadAll(body)
		wantCode(t, err, transfer.PodUnreachable)
	})
}

func TestPlanFromALiar(t *testing.T) {
	opening := transfer.Opening{Purpose: transfer.Move, Collections: transfer.Collections(), Nonce: nonce, Format: transfer.Format}
	for name, c := range map[string]struct {
		lie  func(*http.Request, *answer)
		want transfer.Code
	}{
		"takes a good one":                  {nil, ""},
		"refuses another nonce":             {replace("transfers", nonce, "another"), transfer.AnswerInvalid},
		"refuses an id that is a path":      {replace("transfers", transferID, "../../../oauth"), transfer.AnswerInvalid},
		"refuses another purpose":           {replace("transfers", `"move"`, `"copy"`), transfer.AnswerInvalid},
		"refuses another format":            {replace("transfers", `"format":1`, `"format":2`), transfer.AnswerInvalid},
		"refuses a negative count":          {replace("transfers", `"count":`, `"count":-`), transfer.AnswerInvalid},
		"refuses a collection twice":        {replace("transfers", `"posts"`, `"photos"`), transfer.AnswerInvalid},
		"refuses a plan without end":        {func(_ *http.Request, a *answer) { a.body = append(make([]byte, 1<<20), a.body...) }, transfer.AnswerInvalid},
		"refuses an address instead of one": {status(303, "Location", "https://elsewhere.example/"), transfer.AnswerInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, account(t, transfertest.NewMemory(), transfertest.Made(transfertest.Aurora)))
			p.lies(c.lie)
			_, err := p.client(t).Open(t.Context(), opening)
			wantCode(t, err, c.want)
		})
	}
	t.Run("refuses the state of another transfer", func(t *testing.T) {
		p := serve(t, account(t, transfertest.NewMemory(), transfertest.Made(transfertest.Aurora)))
		p.lies(replace(transferID, nonce, "another"))
		_, err := p.client(t).Plan(t.Context())
		wantCode(t, err, transfer.NonceForeign)
	})
}

func TestAddresses(t *testing.T) {
	for _, base := range []string{"", "not a url", "https://", "https://user:secret@old.example/", "https://old.example/?a=b", "https://old.example/#f"} {
		if _, err := client.New(client.Options{HTTP: http.DefaultClient, Base: base}); err == nil {
			t.Errorf("%q was taken as the address of a transfer API", base)
		}
	}
	t.Run("never asks for what would leave its segment", func(t *testing.T) {
		p := serve(t, account(t, transfertest.NewMemory(), transfertest.Made(transfertest.Aurora)))
		_, err := p.client(t).Content(t.Context(), "../../../../oauth/token", 0)
		wantCode(t, err, transfer.NotFound)
		if len(p.asked) != 0 {
			t.Errorf("asked for %s", p.asked[0].URL)
		}
	})
}
