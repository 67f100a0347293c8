package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/transfer"
)

// lies are what an old pod may send, and what the new pod says about it. came
// is how many posts were good before.
var lies = []struct {
	what string
	as   string // the account that moves
	lie  func(old *ring) func(r *http.Request, answer []byte) []byte
	says string
	came int64
}{
	{"a page with another transfer nonce", "nonce", inPage(otherNonce), "page of another transfer", 0},
	{"a cursor that does not advance", "cursor", inPage(sameCursor), "cursor for posts does not advance", 5},
	{"a page again under a new cursor", "again", inPage(lowThrough), "the same posts over again", 5},
	{"a wrong digest", "digest", inPage(wrongDigest), "digest", 0},
	{"bytes that are not canonical", "bytes", inPage(spaced), "canonical", 0},
	{"a manifest with a bad signature", "signature", inManifest(badSignature), "not signed as a manifest", 20},
	{"a manifest of another typ", "typ", inManifest(otherTyp), "not signed as a manifest", 20},
}

// TestLies has an old pod send one wrong thing. The new pod stops, says why on
// the move's page, and has stored nothing of it; when the old pod sends the
// truth again, the person goes on where the move stopped.
func TestLies(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newPod(t, dialect, "PODMOVE_PAGE_ITEMS=5"), newPod(t, dialect)
		v := behind(t, from)
		for _, l := range lies {
			from.fill(t, l.as, 20)
		}
		start(t, from, to)
		old := from.signing(t)
		for _, l := range lies {
			t.Run(l.what, func(t *testing.T) {
				w := to.signUp(t, l.as)
				before := from.holding(t, l.as)
				v.lie(l.lie(old))
				move := address(w.decide(t, w.consent(t, l.as+"@"+from.Host(), l.as), "allow"))
				m := w.follow(t, move, "needs-attention", "done", "cancelled")
				if m.State != "needs-attention" {
					t.Fatalf("the move is %s", m.State)
				}
				says(t, w.open(t, move), l.says)
				if n := to.holding(t, l.as).Items[transfer.Posts].Count; n != l.came || m.arrived("posts") != l.came {
					t.Errorf("%d posts are here, %d are counted, want %d", n, m.arrived("posts"), l.came)
				}
				if after := from.holding(t, l.as); !after.equal(before) {
					t.Errorf("the old account is\n%s\nand was\n%s", after, before)
				}
				v.lie(nil)
				w.fill(t, w.open(t, move), "/retry")
				if m := w.follow(t, move, "needs-attention", "done", "cancelled"); m.State != "done" {
					t.Errorf("afterwards the move is %s: %s", m.State, m.Message)
				}
				sameItems(t, before, to.holding(t, l.as))
			})
		}
	})
}

// signing are the pod's own keys: a lie that is well signed is the better one.
func (p *testPod) signing(t *testing.T) *ring {
	t.Helper()
	s := p.open(t)
	defer s.Close()
	master, err := keys.LoadOrCreateMaster(filepath.Join(p.dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := openRing(t.Context(), vault{s, master.Box(), time.Now}, purposeSign, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// inPage alters pages of posts; change gets the cursor that was asked for.
func inPage(change func(cursor string, page []byte) []byte) func(*ring) func(*http.Request, []byte) []byte {
	return func(*ring) func(*http.Request, []byte) []byte {
		return func(r *http.Request, answer []byte) []byte {
			if cursor, ok := pageOf(r); ok {
				return change(cursor, answer)
			}
			return answer
		}
	}
}

// inManifest alters the manifest, a compact JWS.
func inManifest(change func(old *ring, manifest string) string) func(*ring) func(*http.Request, []byte) []byte {
	return func(old *ring) func(*http.Request, []byte) []byte {
		return func(r *http.Request, answer []byte) []byte {
			if strings.HasSuffix(r.URL.Path, "/manifest") {
				return []byte(change(old, string(answer)))
			}
			return answer
		}
	}
}

var (
	nonceMember   = regexp.MustCompile(`"nonce":"[^"]*"`)
	nextMember    = regexp.MustCompile(`"next":"[^"]*"`)
	throughMember = regexp.MustCompile(`"through":[0-9]+`)
	digestMember  = regexp.MustCompile(`"digest":"[^"]*"`)
)

func otherNonce(_ string, page []byte) []byte {
	return nonceMember.ReplaceAll(page, []byte(`"nonce":"ABCDEFGHIJKLMNOPQRSTUVWXYZ"`))
}

func sameCursor(cursor string, page []byte) []byte {
	if cursor == "" {
		return page
	}
	return nextMember.ReplaceAll(page, []byte(`"next":"`+cursor+`"`))
}

func lowThrough(cursor string, page []byte) []byte {
	if cursor == "" {
		return page
	}
	return throughMember.ReplaceAll(page, []byte(`"through":1`))
}

func wrongDigest(_ string, page []byte) []byte {
	first := digestMember.Find(page)
	return bytes.Replace(page, first, []byte(`"digest":"`+strings.Repeat("0", 64)+`"`), 1)
}

// spaced puts a space into the first item, and gives it the digest of that.
func spaced(_ string, page []byte) []byte {
	var p struct {
		Entries []struct {
			Digest string          `json:"digest"`
			Item   json.RawMessage `json:"item"`
		} `json:"entries"`
	}
	if err := json.Unmarshal(page, &p); err != nil || len(p.Entries) == 0 {
		return page
	}
	item := append([]byte("{ "), p.Entries[0].Item[1:]...)
	page = bytes.Replace(page, p.Entries[0].Item, item, 1)
	return bytes.Replace(page, []byte(p.Entries[0].Digest), []byte(transfer.Sum(item)), 1)
}

func badSignature(_ *ring, manifest string) string {
	i := strings.LastIndexByte(manifest, '.') + 1
	flipped := byte('A')
	if manifest[i] == flipped {
		flipped = 'B'
	}
	return manifest[:i] + string(flipped) + manifest[i+1:]
}

// otherTyp signs what the manifest says as something else, with the right key.
func otherTyp(old *ring, manifest string) string {
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(manifest, ".")[1])
	if err != nil {
		return err.Error()
	}
	signed, err := old.sign(transfer.TypHoldings, json.RawMessage(claims))
	if err != nil {
		return err.Error()
	}
	return signed
}
