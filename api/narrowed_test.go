package api

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/store/storetest"
	"podmove/oauth"
	"podmove/transfer"
)

// TestBeyondConsent: what the person did not agree to is 403 at every call, and
// what they left out within a collection is not there at all (Protocol §2.2).
func TestBeyondConsent(t *testing.T) {
	r := newRig(t, storetest.SQLite)
	token := r.token(t, func(g *oauth.Grant) { g.Details.Collections, g.Details.Limited = []string{"profile", "blocks"}, false })
	t.Run("opening with another collection", func(t *testing.T) {
		r.want(t, http.StatusForbidden, transfer.NotGranted, call{operation: "openTransfer", token: token, body: map[string]any{
			"purpose": "move", "nonce": strings.Repeat("n", 22), "format": 1, "collections": []string{"profile", "blocks", "posts"},
		}})
	})
	t.Run("a move where a copy was agreed to", func(t *testing.T) {
		r.want(t, http.StatusForbidden, transfer.NotGranted, call{operation: "openTransfer", token: r.token(t, toCopy), body: map[string]any{
			"purpose": "move", "nonce": strings.Repeat("n", 22), "format": 1,
		}})
	})
	id, nonceOfIt := r.open(t, token)
	at := func(more ...string) map[string]string {
		path := map[string]string{"id": id}
		for i := 0; i < len(more); i += 2 {
			path[more[i]] = more[i+1]
		}
		return path
	}
	for _, c := range []transfer.Collection{transfer.Aspects, transfer.Contacts, transfer.Posts, transfer.Photos} {
		t.Run("a page of "+string(c), func(t *testing.T) {
			r.want(t, http.StatusForbidden, transfer.NotGranted, call{operation: "getPage", token: token, path: at("collection", string(c)), header: nonce()})
		})
		t.Run("a receipt for "+string(c), func(t *testing.T) {
			e := r.fixture.Entries[c][0]
			line := transfer.Outcome{Collection: c, GUID: e.GUID, Digest: e.Digest, Result: transfer.Imported}
			r.want(t, http.StatusForbidden, transfer.NotGranted, call{operation: "reportReceipts", token: token, path: at(), body: map[string]any{"items": []any{line}}})
		})
		t.Run("completing with "+string(c), func(t *testing.T) {
			r.want(t, http.StatusForbidden, transfer.NotGranted, r.completion(t, token, id, nonceOfIt, c))
		})
	}
	t.Run("the content of a photo", func(t *testing.T) {
		for _, guid := range []string{r.fixture.Entries[transfer.Photos][0].GUID, "0123456789abcdef"} { // there or not
			r.want(t, http.StatusForbidden, transfer.NotGranted, call{operation: "getContent", token: token, path: at("guid", guid)})
		}
	})
	t.Run("the plan and the manifest name nothing of it", func(t *testing.T) {
		manifest := r.want(t, http.StatusOK, "", call{operation: "getManifest", token: token, path: at()})
		var m transfer.Manifest
		must(t, keys.Peek(manifest.Body.String(), &m))
		var plan transfer.Plan
		must(t, json.Unmarshal(r.want(t, http.StatusOK, "", call{operation: "getTransfer", token: token, path: at()}).Body.Bytes(), &plan))
		if len(m.Tallies) != 2 || len(plan.Collections) != 2 {
			t.Errorf("%+v, %+v", m.Tallies, plan.Collections)
		}
	})
	t.Run("a move completed by who may only read", func(t *testing.T) {
		reads := r.grants[token]
		reads.Scopes = []string{oauth.ScopeRead}
		r.grants["reads"] = reads
		r.want(t, http.StatusForbidden, transfer.ScopeMissing, r.completion(t, "reads", id, nonceOfIt))
	})
}

// completion completes with a receipt that tallies what the manifest does, and
// these collections as well.
func (r *rig) completion(t *testing.T, token, id, nonceOfIt string, more ...transfer.Collection) call {
	t.Helper()
	var m transfer.Manifest
	must(t, keys.Peek(r.want(t, http.StatusOK, "", call{operation: "getManifest", token: token, path: map[string]string{"id": id}}).Body.String(), &m))
	for _, c := range more {
		m.Tallies = append(m.Tallies, transfer.NewTallier(c).Tally())
	}
	signed, err := keys.Sign(r.theirs, transfer.TypReceipt, transfer.Receipt{
		Envelope: transfer.Envelope{Issuer: newPod, Audience: podOrigin, Transfer: id, Nonce: nonceOfIt, IssuedAt: time.Now().Unix(), ID: rand.Text()},
		AsOf:     m.AsOf, Tallies: m.Tallies, Account: "aurora@new.example", Profile: newPod + "/u/aurora",
		Templates: transfer.Templates{Post: newPod + "/posts/{guid}", Photo: newPod + "/uploads/images/{variant}{name}", Feed: newPod + "/public/aurora.atom"},
	})
	must(t, err)
	return call{operation: "completeTransfer", token: token, path: map[string]string{"id": id}, body: map[string]any{"receipt": signed}}
}
