package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"podmove/internal/blob"
	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/source"
	"podmove/transfer/transfertest"
)

const newPod = "https://new.example"

// A rig is the transfer API over a real store, with an account in it, and the
// contract that each of its answers is held to.
type rig struct {
	handler  http.Handler
	store    *store.Store
	source   *source.Service
	account  pod.Account
	fixture  transfertest.Fixture
	blobs    *blob.Dir
	ours     keys.Key                  // this pod's
	theirs   keys.Key                  // the new pod's
	grants   map[string]oauth.Grant    // by token
	doc      *openapi3.T               // the contract
	answered map[string]map[int]string // operation → status → the content type seen
}

// Introspect makes the rig an oauth.Introspector.
func (r *rig) Introspect(_ context.Context, token string) (oauth.Grant, error) {
	g, ok := r.grants[token]
	if !ok {
		return g, oauth.ErrToken
	}
	return g, nil
}

func newRig(t *testing.T, dialect string) *rig {
	t.Helper()
	r := &rig{
		store: storetest.Open(t, dialect), fixture: transfertest.Made(transfertest.Aurora), doc: contractOf(t),
		grants: make(map[string]oauth.Grant), answered: make(map[string]map[int]string),
	}
	var err error
	r.ours, err = keys.Generate()
	must(t, err)
	r.theirs, err = keys.Generate()
	must(t, err)
	r.blobs, err = blob.OpenDir(t.TempDir(), time.Now)
	must(t, err)
	t.Cleanup(func() { r.blobs.Close() })
	r.source = source.New(source.Options{
		Origin: podOrigin, Records: r.store, Transfers: r.store, Blobs: r.blobs,
		Sign: func(typ string, claims any) (string, error) { return keys.Sign(r.ours, typ, claims) },
		Peek: keys.Peek,
		Verify: func(_ context.Context, p transfer.Pin, jws, typ string, claims any) error {
			set, err := keys.ParseSet(p.Keys)
			if err != nil {
				return err
			}
			return keys.Verify(jws, typ, set, claims)
		},
		Raise:  func(context.Context, source.Transfer) error { return nil },
		Revoke: func(context.Context, string) error { return nil },
		Event:  r.store.Event, CursorKey: []byte("0123456789abcdef0123456789abcdef"), Grace: time.Hour,
	})
	r.handler = New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{
		Transfers{Source: r.source, Tokens: r, Proofs: r.proofs(), Origin: podOrigin},
	}})
	r.account = addAccount(t, r.store, "aurora")
	r.fill(t, r.account, r.fixture)
	return r
}

// fill stores a fixture's items in an account.
func (r *rig) fill(t *testing.T, a pod.Account, f transfertest.Fixture) {
	t.Helper()
	into := r.store.Writer(store.Run{ID: a.Username, Account: a.ID, Issuer: "https://older.example", SourceAccount: a.Username}, r.blobs)
	for _, e := range f.Entries[transfer.Photos] {
		photo, err := transfer.Decode[transfer.Photo](e)
		must(t, err)
		must(t, into.Keep(t.Context(), photo.SHA256, photo.Size, func(from int64) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(f.Content[e.GUID][from:])), nil
		}))
	}
	for _, c := range transfer.Collections() {
		_, err := into.Write(t.Context(), transfer.Page{Collection: c, Next: "1", Through: 1, CaughtUp: true, Entries: f.Entries[c]})
		must(t, err)
	}
}

// token gives out a token for all that a move carries; change may make it less.
func (r *rig) token(t *testing.T, change ...func(*oauth.Grant)) string {
	t.Helper()
	jwks, err := json.Marshal(r.theirs.Public())
	must(t, err)
	g := oauth.Grant{
		ID: rand.Text(), Account: r.account.GUID, Client: newPod + "/oauth/client.json", Keys: jwks,
		Scopes:  []string{oauth.ScopeRead, oauth.ScopeMove},
		Details: oauth.Details{Type: oauth.DetailsType, Purpose: "move", Limited: true, Destination: "aurora@new.example"},
	}
	for _, c := range transfer.Collections() {
		g.Details.Collections = append(g.Details.Collections, string(c))
	}
	for _, c := range change {
		c(&g)
	}
	token := rand.Text()
	r.grants[token] = g
	return token
}

// toCopy makes a grant one for a copy.
func toCopy(g *oauth.Grant) { g.Details.Purpose, g.Scopes = "copy", []string{oauth.ScopeRead} }

// A call is one request by the name of its operation.
type call struct {
	operation string
	token     string
	path      map[string]string
	query     string
	header    map[string]string
	body      any // a string is sent as it is
}

// do makes the call, holds the answer to the contract, and the request as well if
// it was answered with success, and remembers the status.
func (r *rig) do(t *testing.T, c call) *httptest.ResponseRecorder {
	t.Helper()
	route := r.route(t, c.operation)
	request := r.request(t, route, c)
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, request)
	input := &openapi3filter.RequestValidationInput{
		Request: r.request(t, route, c), PathParams: c.path, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if w.Code < 300 {
		must(t, openapi3filter.ValidateRequest(t.Context(), input))
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: w.Code, Header: w.Header(), Options: input.Options,
	}
	output.SetBodyBytes(w.Body.Bytes())
	if err := openapi3filter.ValidateResponse(t.Context(), output); err != nil {
		t.Errorf("%s answers %d: %v", c.operation, w.Code, err)
	}
	if r.answered[c.operation] == nil {
		r.answered[c.operation] = make(map[int]string)
	}
	r.answered[c.operation][w.Code] = w.Header().Get("Content-Type")
	return w
}

func (r *rig) route(t *testing.T, operation string) *routers.Route {
	t.Helper()
	var found *routers.Route
	eachOperation(r.doc, func(name, path string, item *openapi3.PathItem, o *openapi3.Operation) {
		if o.OperationID == operation {
			method, _, _ := strings.Cut(name, " ")
			found = &routers.Route{Spec: r.doc, Path: path, PathItem: item, Method: method, Operation: o}
		}
	})
	if found == nil {
		t.Fatalf("there is no operation %s", operation)
	}
	return found
}

func (r *rig) request(t *testing.T, route *routers.Route, c call) *http.Request {
	t.Helper()
	path := route.Path
	for name, value := range c.path {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	var body io.Reader
	if text, ok := c.body.(string); ok {
		body = strings.NewReader(text)
	} else if c.body != nil {
		raw, err := json.Marshal(c.body)
		must(t, err)
		body = bytes.NewReader(raw)
	}
	request := httptest.NewRequestWithContext(t.Context(), route.Method, path+c.query, body)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	for name, value := range c.header {
		request.Header.Set(name, value)
	}
	return request
}

// want is do, and wants a status and, of a problem, a code.
func (r *rig) want(t *testing.T, status int, code transfer.Code, c call) *httptest.ResponseRecorder {
	t.Helper()
	w := r.do(t, c)
	var got struct{ Code transfer.Code }
	if w.Code >= 400 && w.Code != http.StatusRequestedRangeNotSatisfiable {
		must(t, json.Unmarshal(w.Body.Bytes(), &got))
	}
	if w.Code != status || got.Code != code {
		t.Errorf("%s: got %d %s, want %d %s\n%.500s", c.operation, w.Code, got.Code, status, code, w.Body)
	}
	return w
}

// open opens a transfer and answers its id and nonce.
func (r *rig) open(t *testing.T, token string) (id, nonce string) {
	t.Helper()
	nonce = rand.Text()
	w := r.want(t, http.StatusCreated, "", call{operation: "openTransfer", token: token, body: map[string]any{
		"purpose": r.grants[token].Details.Purpose, "nonce": nonce, "format": 1,
	}})
	var plan transfer.Plan
	must(t, json.Unmarshal(w.Body.Bytes(), &plan))
	return plan.Transfer, nonce
}

// nonce is a header with a fresh request nonce.
func nonce() map[string]string { return map[string]string{nonceHeader: rand.Text()} }

// addMoved makes an account that has moved, and answers its GUID.
func addMoved(t *testing.T, r *rig) string {
	t.Helper()
	a, err := r.store.AddAccount(t.Context(), pod.Account{
		GUID: pod.NewGUID(), Username: "gone", State: pod.Moved, CreatedAt: time.UnixMilli(1),
	}, "", pod.NewGUID())
	must(t, err)
	return a.GUID
}
