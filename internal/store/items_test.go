package store_test

import (
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"podmove/internal/blob"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/source"
	"podmove/transfer/transfertest"
)

// testPod is a store with accounts that the suites fill.
type testPod struct {
	s        *store.Store
	blobs    *blob.Dir
	accounts map[string]pod.Account
}

func newPod(t *testing.T, dialect string) *testPod {
	t.Helper()
	blobs, err := blob.OpenDir(t.TempDir(), time.Now)
	must(t, err)
	t.Cleanup(func() { must(t, blobs.Close()) })
	return &testPod{storetest.Open(t, dialect), blobs, map[string]pod.Account{}}
}

func (p *testPod) account(t *testing.T, name string) int64 {
	t.Helper()
	if _, there := p.accounts[name]; !there {
		p.accounts[name] = newAccount(t, p.s, name)
	}
	return p.accounts[name].ID
}

func (p *testPod) run(t *testing.T, account, from string) store.Run {
	t.Helper()
	return store.Run{
		ID: account + " from " + from, Account: p.account(t, account), Issuer: "https://old.example", SourceAccount: from,
		URLs: store.URLs{Post: "https://new.example/posts/", Photo: "https://new.example/uploads/images/"},
	}
}

// Writer is transfertest.Pod's.
func (p *testPod) Writer(t *testing.T, account, from string) transfer.Writer {
	t.Helper()
	return p.s.Writer(p.run(t, account, from), p.blobs)
}

// Items is transfertest.Pod's.
func (p *testPod) Items(t *testing.T, account string, c transfer.Collection) []transfer.Entry {
	t.Helper()
	return entriesOf(t, p.s, source.Scope{Account: p.account(t, account), Limited: true}, c)
}

// Author is transfertest.Pod's.
func (p *testPod) Author(t *testing.T, account string, item transfer.Item) string {
	t.Helper()
	guid, err := author(t, p.s, p.account(t, account), item)
	must(t, err)
	return guid
}

// author makes an item as the person would.
func author(t *testing.T, s *store.Store, account int64, item transfer.Item) (guid string, err error) {
	t.Helper()
	switch item := item.(type) {
	case transfer.Profile:
		return "", s.UpdateProfile(t.Context(), account, item)
	case transfer.Block:
		return s.AddBlock(t.Context(), account, item)
	case transfer.Aspect:
		return s.AddAspect(t.Context(), account, item)
	case transfer.Contact:
		return s.AddContact(t.Context(), account, item)
	case transfer.Post:
		return s.CreatePost(t.Context(), account, item)
	case transfer.Photo:
		photo, err := s.CreatePhoto(t.Context(), account, item)
		return photo.GUID, err
	}
	panic(fmt.Sprintf("%T", item))
}

// entriesOf pages a collection from nothing.
func entriesOf(t *testing.T, s *store.Store, sc source.Scope, c transfer.Collection) (list []transfer.Entry) {
	t.Helper()
	for _, change := range changesOf(t, s, sc, c, 0, math.MaxInt64) {
		list = append(list, change.Entry)
	}
	return list
}

// changesOf pages a collection from a number on, seven at a time.
func changesOf(t *testing.T, s *store.Store, sc source.Scope, c transfer.Collection, after, floor int64) (list []source.Change) {
	t.Helper()
	for more := true; more; {
		var page []source.Change
		var err error
		page, more, err = s.Changes(t.Context(), sc, c, after, floor, 7, 1<<20)
		must(t, err)
		if len(page) > 7 || (more && len(page) == 0) {
			t.Fatalf("a page of %d, more %v", len(page), more)
		}
		for _, change := range page {
			if change.Seq <= after {
				t.Fatalf("number %d after %d", change.Seq, after)
			}
			after = change.Seq
		}
		list = append(list, page...)
	}
	return list
}

func TestWriter(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			transfertest.Writer(t, func(t *testing.T) transfertest.Pod { return newPod(t, dialect) })
		})
	}
}

// told is what a client knows of a collection after it followed the changes.
type told map[string]transfer.Digest

func (k told) follow(t *testing.T, list []source.Change) {
	t.Helper()
	for _, change := range list {
		e := change.Entry
		if e.Deleted || e.Unsendable != "" {
			delete(k, e.GUID)
			continue
		}
		if transfer.Sum(e.Item) != e.Digest {
			t.Errorf("%s: the digest is not of the bytes", e.GUID)
		}
		k[e.GUID] = e.Digest
	}
}

// wantManifest wants what a client knows to be what the manifest says.
func wantManifest(t *testing.T, s *store.Store, sc source.Scope, c transfer.Collection, known told) {
	t.Helper()
	last, n := "", 0
	must(t, s.Digests(t.Context(), sc, c, func(guid string, d transfer.Digest) {
		if strings.Compare(last, guid) >= 0 {
			t.Errorf("%s: %q stands after %q", c, guid, last)
		}
		if known[guid] != d {
			t.Errorf("%s: %s is %.8s in the manifest and %.8s in the pages (scope %+v)", c, guid, d, known[guid], sc)
		}
		last = guid
		n++
	}))
	if n != len(known) {
		t.Errorf("%s: the manifest has %d items, the pages had %d (scope %+v)", c, n, len(known), sc)
	}
}

// putBlob keeps content as a copy does.
func putBlob(t *testing.T, p *testPod, content string) transfer.Digest {
	t.Helper()
	sum := transfer.Sum([]byte(content))
	must(t, p.Writer(t, "aurora", "elsewhere").Keep(t.Context(), sum, int64(len(content)), func(from int64) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content[from:])), nil
	}))
	return sum
}
