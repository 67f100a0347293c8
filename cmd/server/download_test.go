package main

import (
	"bytes"
	"strings"
	"testing"

	"podmove/transfer"
	"podmove/transfer/source"
)

// TestDownload takes an account away as a file, after it has moved and while all
// of it is still here, and brings it to a third pod.
func TestDownload(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		s, from, to := newStory(t, dialect, "sample")
		third := newQuickPod(t, dialect)
		start(t, from, to)
		before, _ := moved(t, s, from, to)
		profile := from.profile(t, s.Name)
		owner := person{s.Name, from, s.Browser()}
		for _, address := range []string{s.Departure(), from.URL + "/settings"} {
			if page := owner.open(t, address); !bytes.Contains(page.Body, []byte(`href="/settings/download"`)) {
				t.Errorf("%s has no link to the download", address)
			}
		}
		page := owner.open(t, from.URL+"/settings/download")
		if page.Status != 200 || page.Header.Get("Content-Type") != "application/zip" {
			t.Fatalf("the download answers %d %s", page.Status, page.Text())
		}
		file := written(t, page.Body)
		third.addAccount(t, s.Name)
		out := third.execute(t, "", "import", "--account", s.Name, file)
		if strings.Contains(out, "not taken") || strings.Contains(out, "failed:") {
			t.Errorf("not everything was imported: %s", out)
		}
		after := third.holding(t, s.Name)
		sameItems(t, before, after)
		if got := third.profile(t, s.Name); got != profile {
			t.Errorf("the profile is %s and not %s", got, profile)
		}
		again := third.execute(t, "", "import", "--account", s.Name, file)
		if !strings.Contains(again, "nothing was changed") || !third.holding(t, s.Name).equal(after) {
			t.Errorf("imported once more, it changed something: %s", again)
		}
		if now := from.holding(t, s.Name); now.Items[transfer.Posts] != before.Items[transfer.Posts] {
			t.Error("the download changed the account")
		}
		if page := peek(t, from.URL+"/settings/download"); page.Status != 303 {
			t.Errorf("a stranger gets %d", page.Status)
		}
	})
}

// profile is the digest of a profile, whose guid differs from pod to pod.
func (p *testPod) profile(t *testing.T, name string) (digest transfer.Digest) {
	t.Helper()
	s := p.open(t)
	defer s.Close()
	a, err := s.AccountNamed(t.Context(), name)
	if err == nil {
		err = s.Digests(t.Context(), source.Scope{Account: a.ID, Limited: true}, transfer.Profiles, func(_ string, d transfer.Digest) { digest = d })
	}
	if err != nil {
		t.Fatal(err)
	}
	return digest
}
