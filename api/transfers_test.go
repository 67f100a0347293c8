package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"podmove/internal/keys"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer"
)

// TestTransfers walks through the transfer API, and at its end wants to have
// seen every status that the contract documents for it.
func TestTransfers(t *testing.T) {
	r := newRig(t, storetest.SQLite)
	for _, script := range []struct {
		name string
		run  func(*testing.T, *rig)
	}{
		{"asks for a token everywhere", scriptTokens},
		{"tells what a token is good for", scriptIndex},
		{"opens transfers", scriptOpen},
		{"answers pages around the items' bytes", scriptPages},
		{"answers photos whole and in parts", scriptContent},
		{"takes reports", scriptReceipts},
		{"closes a transfer that was cancelled", scriptCancel},
		{"has an account stand still", scriptFreeze},
		{"hides one permission's transfer from the others", scriptHidden},
		{"finishes a move, and has then moved", scriptComplete},
		{"keeps a failure of its own to itself", scriptFailure},
	} {
		t.Run(script.name, func(t *testing.T) { script.run(t, r) })
	}
	t.Run("has answered with every documented status", func(t *testing.T) {
		eachOperation(r.doc, func(_, _ string, _ *openapi3.PathItem, o *openapi3.Operation) {
			for _, status := range o.Responses.Keys() {
				code, err := strconv.Atoi(status)
				if _, seen := r.answered[o.OperationID][code]; err == nil && o.Tags[0] == "Transfers" && !seen {
					t.Errorf("%s never answered %s", o.OperationID, status)
				}
			}
		})
	})
}

// every is one call of each operation, on a transfer that is not there.
func every() []call {
	gone := map[string]string{"id": strings.Repeat("0", 32)}
	return []call{
		{operation: "getIndex"},
		{operation: "openTransfer", body: map[string]any{"purpose": "copy", "nonce": strings.Repeat("n", 22), "format": 1}},
		{operation: "getTransfer", path: gone},
		{operation: "getPage", path: map[string]string{"id": gone["id"], "collection": "posts"}, header: nonce()},
		{operation: "getContent", path: map[string]string{"id": gone["id"], "guid": "0123456789abcdef"}},
		{operation: "getManifest", path: gone},
		{operation: "reportReceipts", path: gone, body: map[string]any{"items": []any{}}},
		{operation: "freezeTransfer", path: gone},
		{operation: "completeTransfer", path: gone, body: map[string]any{}},
		{operation: "cancelTransfer", path: gone},
	}
}

func scriptTokens(t *testing.T, r *rig) {
	const resource = `Bearer resource_metadata="` + podOrigin + `/.well-known/oauth-protected-resource/transfer/v1"`
	none := r.token(t, func(g *oauth.Grant) { g.Scopes = []string{oauth.ScopeOpenID} })
	good := r.token(t, toCopy)
	for _, c := range every() {
		if got := r.want(t, http.StatusUnauthorized, transfer.TokenInvalid, c).Header().Get("WWW-Authenticate"); got != resource {
			t.Errorf("%s: %s", c.operation, got)
		}
		c.token = "unknown"
		if got := r.want(t, http.StatusUnauthorized, transfer.TokenInvalid, c).Header().Get("WWW-Authenticate"); got != resource+`, error="invalid_token"` {
			t.Errorf("%s: %s", c.operation, got)
		}
		c.token = none
		if got := r.want(t, http.StatusForbidden, transfer.ScopeMissing, c).Header().Get("WWW-Authenticate"); !strings.Contains(got, "insufficient_scope") {
			t.Errorf("%s: %s", c.operation, got)
		}
		c.token, c.query = good, "?access_token="+good
		r.want(t, http.StatusUnauthorized, transfer.TokenInvalid, c)
	}
	for _, header := range []string{"", "Bearer", "Bearer  " + good, "Basic " + good, "Bearer a b", good, "Bearer " + strings.Repeat("x", 5000)} {
		r.want(t, http.StatusUnauthorized, transfer.TokenInvalid, call{operation: "getIndex", header: map[string]string{"Authorization": header}})
	}
	r.want(t, http.StatusUnauthorized, transfer.TokenInvalid, call{operation: "openTransfer",
		body: "access_token=" + good, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}})
}

func scriptIndex(t *testing.T, r *rig) {
	w := r.want(t, http.StatusOK, "", call{operation: "getIndex", token: r.token(t, toCopy)})
	if !strings.Contains(w.Body.String(), r.account.GUID) {
		t.Error(w.Body)
	}
}

func scriptOpen(t *testing.T, r *rig) {
	token := r.token(t)
	asked := map[string]any{"purpose": "move", "nonce": strings.Repeat("o", 22), "format": 1}
	open := func(body any) call { return call{operation: "openTransfer", token: token, body: body} }
	r.want(t, http.StatusCreated, "", open(asked))
	r.want(t, http.StatusOK, "", open(asked))
	r.want(t, http.StatusConflict, transfer.TransferActive, open(map[string]any{"purpose": "move", "nonce": strings.Repeat("p", 22), "format": 1}))
	for _, bad := range []string{"", "[]", "{", "{} {}", `{"purpose":"copy","nonce":"0123456789abcdef012345","format":1}}`, `{"purpose":7}`, `"move"`, `{"purpose":"move","nonce":"short","format":1}`} {
		r.want(t, http.StatusBadRequest, transfer.RequestInvalid, open(bad))
	}
	c := open(asked)
	c.header = map[string]string{"Content-Type": "text/plain"}
	r.want(t, http.StatusBadRequest, transfer.RequestInvalid, c)
	r.want(t, http.StatusRequestEntityTooLarge, transfer.TooLarge, open(`{"nonce":"`+strings.Repeat("x", maxRequest)+`"}`))
	copies := r.token(t, toCopy)
	c = open(asked)
	c.token = copies
	r.want(t, http.StatusForbidden, transfer.NotGranted, c)
	must(t, withdraw(t, r))
}

// withdraw ends all moves of the account.
func withdraw(t *testing.T, r *rig) error {
	list, err := r.source.List(t.Context(), r.account.ID)
	for _, m := range list {
		if _, err := r.source.Withdraw(t.Context(), r.account.ID, m.ID); err != nil {
			return err
		}
	}
	return err
}

func scriptPages(t *testing.T, r *rig) {
	token := r.token(t, toCopy)
	id, own := r.open(t, token)
	page := func(collection, query string) call {
		return call{operation: "getPage", token: token, path: map[string]string{"id": id, "collection": collection}, query: query, header: nonce()}
	}
	for _, collection := range transfer.Collections() {
		c := page(string(collection), "?limit=1000")
		w := r.want(t, http.StatusOK, "", c)
		p, err := transfer.ReadPage(bytes.NewReader(w.Body.Bytes()))
		must(t, err)
		if p.Nonce != own || p.Transfer != id || w.Header().Get(nonceHeader) != c.header[nonceHeader] || len(p.Entries) == 0 {
			t.Errorf("%s: %s, %s, %d entries", collection, p.Nonce, p.Transfer, len(p.Entries))
		}
		r.want(t, http.StatusConflict, transfer.NonceReplayed, c)
		c.header = nonce()
		if again := r.want(t, http.StatusOK, "", c); !bytes.Equal(again.Body.Bytes(), w.Body.Bytes()) {
			t.Errorf("%s: the same cursor gave other bytes", collection)
		}
	}
	for _, query := range []string{"?limit=0", "?limit=1001", "?limit=many"} {
		r.want(t, http.StatusBadRequest, transfer.RequestInvalid, page("posts", query))
	}
	r.want(t, http.StatusBadRequest, transfer.CursorInvalid, page("posts", "?cursor=garbage"))
	c := page("posts", "")
	c.header = nil
	r.want(t, http.StatusBadRequest, transfer.NonceMissing, c)
	r.want(t, http.StatusNotFound, transfer.NotFound, page("likes", ""))
}

func scriptContent(t *testing.T, r *rig) {
	token := r.token(t, toCopy)
	id, _ := r.open(t, token)
	entry := r.fixture.Entries[transfer.Photos][0]
	photo, err := transfer.Decode[transfer.Photo](entry)
	must(t, err)
	bytesOf := r.fixture.Content[entry.GUID]
	sum := sha256.Sum256(bytesOf)
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	etag := `"` + string(photo.SHA256) + `"`
	for _, tt := range []struct {
		name   string
		header map[string]string
		status int
		body   []byte
	}{
		{"whole", nil, http.StatusOK, bytesOf},
		{"never compressed", map[string]string{"Accept-Encoding": "gzip"}, http.StatusOK, bytesOf},
		{"from the middle", map[string]string{"Range": "bytes=10-"}, http.StatusPartialContent, bytesOf[10:]},
		{"from the middle of the same", map[string]string{"Range": "bytes=10-19", "If-Range": etag}, http.StatusPartialContent, bytesOf[10:20]},
		{"whole where several parts are asked for", map[string]string{"Range": "bytes=0-9,20-29"}, http.StatusOK, bytesOf},
		{"whole when it is another", map[string]string{"Range": "bytes=10-", "If-Range": `"` + strings.Repeat("0", 64) + `"`}, http.StatusOK, bytesOf},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := r.want(t, tt.status, "", call{operation: "getContent", token: token, header: tt.header,
				path: map[string]string{"id": id, "guid": entry.GUID}})
			h := w.Header()
			if !bytes.Equal(w.Body.Bytes(), tt.body) || h.Get("ETag") != etag || h.Get("Repr-Digest") != digest ||
				h.Get("Content-Type") != photo.Type || h.Get("Content-Encoding") != "" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%d bytes, %v", w.Body.Len(), h)
			}
		})
	}
	for status, header := range map[int]map[string]string{
		http.StatusNotModified: {"If-None-Match": etag}, http.StatusPreconditionFailed: {"If-Match": `"another"`},
	} {
		c := call{operation: "getContent", token: token, header: header, path: map[string]string{"id": id, "guid": entry.GUID}}
		if w := r.do(t, c); w.Code != status || w.Body.Len() > 0 || w.Header().Get("Repr-Digest") != digest {
			t.Errorf("%v: %d %v", header, w.Code, w.Header())
		}
	}
	r.want(t, http.StatusRequestedRangeNotSatisfiable, "", call{operation: "getContent", token: token,
		path: map[string]string{"id": id, "guid": entry.GUID}, header: map[string]string{"Range": "bytes=99999999-"}})
	r.want(t, http.StatusNotFound, transfer.NotFound, call{operation: "getContent", token: token,
		path: map[string]string{"id": id, "guid": "0123456789abcdef"}})
	few := r.token(t, toCopy, func(g *oauth.Grant) { g.Details.Collections = []string{"posts"} })
	other, _ := r.open(t, few)
	r.want(t, http.StatusForbidden, transfer.NotGranted, call{operation: "getContent", token: few,
		path: map[string]string{"id": other, "guid": entry.GUID}})
}

func scriptReceipts(t *testing.T, r *rig) {
	token := r.token(t, toCopy)
	id, _ := r.open(t, token)
	report := func(body any) call {
		return call{operation: "reportReceipts", token: token, path: map[string]string{"id": id}, body: body}
	}
	line := map[string]any{"collection": "posts", "guid": "0123456789abcdef", "outcome": "failed", "reason": "text-invalid"}
	r.want(t, http.StatusOK, "", report(map[string]any{"items": []any{line, line}}))
	for _, bad := range []string{"[]", "null", "{}", `{"items":null}`, `{"lines":[]}`, `{"items":[]}]`, `{"items":{}}`, `{"items":[{}]}`, `{"items":[{"collection":"posts","guid":"0123456789abcdef","outcome":"eaten"}]}`} {
		if w := r.do(t, report(bad)); w.Code != http.StatusBadRequest && w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	r.want(t, http.StatusRequestEntityTooLarge, transfer.TooLarge, report(map[string]any{"items": slices.Repeat([]any{line}, transfer.MaxReceipts+1)}))
	r.want(t, http.StatusRequestEntityTooLarge, transfer.TooLarge, report(`{"items":"`+strings.Repeat("x", maxReceipts)+`"}`))
}

func scriptCancel(t *testing.T, r *rig) {
	token := r.token(t)
	id, _ := r.open(t, token)
	for range 2 {
		w := r.want(t, http.StatusOK, "", call{operation: "cancelTransfer", token: token, path: map[string]string{"id": id}})
		if !strings.Contains(w.Body.String(), `"state":"cancelled"`) {
			t.Error(w.Body)
		}
	}
	for _, c := range every() {
		if c.path == nil {
			continue
		}
		c.token, c.path["id"] = token, id
		switch c.operation {
		case "getTransfer", "freezeTransfer", "completeTransfer", "cancelTransfer":
			r.want(t, http.StatusOK, "", c)
		default:
			r.want(t, http.StatusConflict, transfer.TransferClosed, c)
		}
	}
}

func scriptFreeze(t *testing.T, r *rig) {
	token, reader := r.token(t), r.token(t, toCopy)
	id, _ := r.open(t, token)
	at := map[string]string{"id": id}
	freeze := call{operation: "freezeTransfer", token: token, path: at}
	r.want(t, http.StatusConflict, transfer.TransferClosed, freeze) // nothing was read yet
	r.want(t, http.StatusOK, "", call{operation: "getPage", token: token, path: map[string]string{"id": id, "collection": "posts"}, header: nonce()})
	for range 2 {
		if w := r.want(t, http.StatusOK, "", freeze); !strings.Contains(w.Body.String(), `"state":"frozen"`) {
			t.Error(w.Body)
		}
	}
	other, _ := r.open(t, reader)
	w := r.want(t, http.StatusConflict, transfer.AccountFrozen, call{operation: "completeTransfer", token: reader, path: map[string]string{"id": other}, body: map[string]any{}})
	if after := w.Header().Get("Retry-After"); after != "60" {
		t.Errorf("come back after %q", after)
	}
	r.want(t, http.StatusForbidden, transfer.ScopeMissing, call{operation: "freezeTransfer", token: reader, path: map[string]string{"id": other}})
	r.want(t, http.StatusOK, "", call{operation: "cancelTransfer", token: token, path: at})
}

func scriptHidden(t *testing.T, r *rig) {
	owner, other := r.token(t, toCopy), r.token(t, toCopy)
	id, _ := r.open(t, owner)
	for _, c := range every() {
		if c.path == nil {
			continue
		}
		c.token = other
		there := r.want(t, http.StatusNotFound, transfer.NotFound, c).Body.String()
		c.path["id"], c.header = id, nonce()
		if here := r.want(t, http.StatusNotFound, transfer.NotFound, c).Body.String(); here != there {
			t.Errorf("%s tells another's transfer from none:\n%s\n%s", c.operation, here, there)
		}
	}
}

func scriptComplete(t *testing.T, r *rig) {
	token := r.token(t, func(g *oauth.Grant) { g.Details.Collections = []string{"posts"} })
	id, own := r.open(t, token)
	at := map[string]string{"id": id}
	finish := func(receipt string) call {
		return call{operation: "completeTransfer", token: token, path: at, body: map[string]any{"receipt": receipt}}
	}
	r.want(t, http.StatusBadRequest, transfer.SignatureInvalid, finish("a.b.c"))
	r.want(t, http.StatusBadRequest, transfer.SignatureInvalid, finish(""))
	r.want(t, http.StatusRequestEntityTooLarge, transfer.TooLarge, finish(strings.Repeat("x", maxSigned)))

	manifest := r.want(t, http.StatusOK, "", call{operation: "getManifest", token: token, path: at})
	var m transfer.Manifest
	must(t, keys.Peek(manifest.Body.String(), &m))
	receipt := transfer.Receipt{
		Envelope: transfer.Envelope{Issuer: newPod, Audience: podOrigin, Transfer: id, Nonce: own, IssuedAt: time.Now().Unix(), ID: "1"},
		AsOf:     m.AsOf, Tallies: m.Tallies, Account: "aurora@new.example", Profile: newPod + "/u/aurora",
		Templates: transfer.Templates{Post: newPod + "/posts/{guid}", Photo: newPod + "/uploads/images/{variant}{name}", Feed: newPod + "/public/aurora.atom"},
	}
	signed, err := keys.Sign(r.theirs, transfer.TypReceipt, receipt)
	must(t, err)
	if w := r.want(t, http.StatusConflict, transfer.Incomplete, finish(signed)); !strings.Contains(w.Body.String(), `"guids":["`) {
		t.Error(w.Body)
	}
	var lines []transfer.Outcome
	for _, e := range r.fixture.Entries[transfer.Posts] {
		lines = append(lines, transfer.Outcome{Collection: transfer.Posts, GUID: e.GUID, Digest: e.Digest, Result: transfer.Imported})
	}
	r.want(t, http.StatusOK, "", call{operation: "reportReceipts", token: token, path: at, body: map[string]any{"items": lines}})
	for range 2 {
		if w := r.want(t, http.StatusOK, "", finish(signed)); !strings.Contains(w.Body.String(), `"state":"redirecting"`) {
			t.Error(w.Body)
		}
	}
	for _, c := range every() {
		if c.path == nil {
			continue
		}
		c.token, c.path["id"] = token, id
		switch c.operation {
		case "getTransfer", "freezeTransfer", "completeTransfer", "cancelTransfer":
			r.want(t, http.StatusOK, "", c)
		default:
			r.want(t, http.StatusGone, transfer.AccountMoved, c)
		}
	}
	scriptMoved(t, r)
}

// scriptMoved: an account that has moved opens no transfer.
func scriptMoved(t *testing.T, r *rig) {
	gone := addMoved(t, r)
	token := r.token(t, toCopy, func(g *oauth.Grant) { g.Account = gone })
	r.want(t, http.StatusGone, transfer.AccountMoved, call{operation: "openTransfer", token: token,
		body: map[string]any{"purpose": "copy", "nonce": strings.Repeat("g", 22), "format": 1}})
}

func scriptFailure(t *testing.T, r *rig) {
	token := r.token(t, toCopy)
	must(t, r.store.Close())
	w := r.want(t, http.StatusInternalServerError, transfer.Internal, call{operation: "getTransfer", token: token,
		path: map[string]string{"id": strings.Repeat("0", 32)}})
	if strings.Contains(w.Body.String(), "sql") || strings.Contains(w.Body.String(), "database") {
		t.Error(w.Body)
	}
}
