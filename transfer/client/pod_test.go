package client_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/transfer"
	"podmove/transfer/client"
	"podmove/transfer/transfertest"
)

const (
	transferID = "transfer-one"
	nonce      = "a-transfer-nonce-of-its-client"
	reader     = "https://new.example"
)

// A lyingPod is a transfer API in front of a Reader. It tells the truth, unless its
// lie is set: that sees each answer before it leaves.
type lyingPod struct {
	*httptest.Server
	reader transfer.Reader
	key    keys.Key

	mu    sync.Mutex
	lie   func(r *http.Request, a *answer)
	seen  map[string]bool // request nonces
	asked []*http.Request
}

// An answer is what a pod is about to send.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func serve(t *testing.T, r transfer.Reader) *lyingPod {
	t.Helper()
	key, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	p := &lyingPod{reader: r, key: key, seen: map[string]bool{}}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

// client is one that has the transfer open.
func (p *lyingPod) client(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{
		HTTP: p.Client(), Base: p.URL + "/transfer/v1", Issuer: p.URL, Audience: reader,
		Transfer: transferID, Nonce: nonce, Verify: p.verify, Patience: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *lyingPod) verify(_ context.Context, jws, typ string, claims any) error {
	return keys.Verify(jws, typ, p.key.Public(), claims)
}

// lies makes the pod change its answers from now on.
func (p *lyingPod) lies(lie func(r *http.Request, a *answer)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lie = lie
}

func (p *lyingPod) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r)
	a := &answer{status: http.StatusOK, header: http.Header{}}
	if err := p.answer(r, a); err != nil {
		a.problem(err)
	}
	if p.lie != nil {
		p.lie(r, a)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}

func (a *answer) problem(err error) {
	a.status = map[transfer.Code]int{transfer.NotFound: 404, transfer.NonceReplayed: 409, transfer.CursorInvalid: 400}[transfer.CodeOf(err)]
	if a.status == 0 {
		a.status = http.StatusInternalServerError
	}
	a.header.Set("Content-Type", "application/problem+json")
	a.body, _ = json.Marshal(map[string]any{"type": "urn:podmove:problem:" + string(transfer.CodeOf(err)), "detail": err.Error()})
}

func (p *lyingPod) answer(r *http.Request, a *answer) error {
	rest, mine := strings.CutPrefix(r.URL.Path, "/transfer/v1/transfers/"+transferID)
	parts := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	switch {
	case r.URL.Path == "/transfer/v1/transfers":
		return p.plan(r, a)
	case !mine:
		return transfer.Errorf(transfer.NotFound, "no such transfer")
	case rest == "" || rest == "/cancel" || rest == "/complete" || rest == "/freeze":
		return p.plan(r, a)
	case rest == "/receipts":
		return nil
	case rest == "/manifest":
		return p.manifest(r, a)
	case len(parts) == 3 && parts[2] == "content":
		return p.content(r, a, parts[1])
	}
	return p.page(r, a, transfer.Collection(parts[0]))
}

func (p *lyingPod) plan(r *http.Request, a *answer) (err error) {
	plan, err := p.reader.Plan(r.Context())
	plan.Transfer, plan.Nonce, plan.Purpose = transferID, nonce, transfer.Move
	a.body, _ = json.Marshal(plan)
	return err
}

func (p *lyingPod) manifest(r *http.Request, a *answer) error {
	m, err := p.reader.Manifest(r.Context())
	if err != nil {
		return err
	}
	m.Envelope = transfer.Envelope{Issuer: p.URL, Audience: reader, Transfer: transferID, Nonce: nonce, IssuedAt: 1, ID: "one"}
	a.header.Set("Content-Type", "application/jose")
	return p.sign(a, transfer.TypManifest, m)
}

func (p *lyingPod) sign(a *answer, typ string, claims any) error {
	jws, err := keys.Sign(p.key, typ, claims)
	a.body = []byte(jws)
	return err
}

func (p *lyingPod) content(r *http.Request, a *answer, guid string) error {
	from := int64(0)
	if ranged, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, _ = strconv.ParseInt(strings.TrimSuffix(ranged, "-"), 10, 64)
		a.status = http.StatusPartialContent
		a.header.Set("Content-Range", "bytes "+strconv.FormatInt(from, 10)+"-/*")
	}
	body, err := p.reader.Content(r.Context(), guid, from)
	if err != nil {
		return err
	}
	defer body.Close()
	a.body, err = io.ReadAll(body)
	return err
}

func (p *lyingPod) page(r *http.Request, a *answer, c transfer.Collection) error {
	asked := r.Header.Get("Transfer-Nonce")
	if p.seen[asked] {
		return transfer.Errorf(transfer.NonceReplayed, "seen")
	}
	p.seen[asked] = true
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	page, err := p.reader.Page(r.Context(), c, transfer.Cursor(r.URL.Query().Get("cursor")), limit)
	if err != nil {
		return err
	}
	page.Transfer, page.Nonce = transferID, nonce
	a.header.Set("Transfer-Nonce", asked)
	return a.write(page)
}

func (a *answer) write(page transfer.Page) error {
	var b strings.Builder
	err := transfer.WritePage(&b, page)
	a.body = []byte(b.String())
	return err
}

// account is a pod's account that holds the fixture, in memory.
func account(t *testing.T, m *transfertest.Memory, f transfertest.Fixture) transfer.Reader {
	t.Helper()
	transfertest.Fill(t, m.Writer(t, f.Owner, f.Owner), f)
	return m.Reader(f.Owner)
}
