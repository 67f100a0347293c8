package invariants

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"podmove/transfer"
)

// Addresses of which nobody ever had one.
const (
	nobodysGUID   = "fedcba9876543210fedcba9876543210"
	nobodysNumber = "999999999"
	nobodysFile   = "00000000000000000000.png"
)

// fewHidden is how many hidden items of a kind are asked for.
const fewHidden = 3

// Outsiders fails the test if a stranger can tell a hidden address from one
// that nobody ever had. It may be called at any time.
func (w *Watch) Outsiders(t TB) {
	t.Helper()
	for _, v := range w.outsiders(t.Context()) {
		t.Error(v)
	}
}

func (w *Watch) outsiders(ctx context.Context) (violations []string) {
	for _, p := range []Pod{w.Old, w.New} {
		for hidden, unknown := range w.hidden(p) {
			got, err := ask(ctx, p.URL+hidden)
			var want string
			if err == nil {
				want, err = ask(ctx, p.URL+unknown)
			}
			if err != nil || got != want || !strings.HasPrefix(want, "404") {
				violations = append(violations, fmt.Sprintf("outsiders learn nothing: %s%s answers %.30q, not %.30q as %s (%v)", p.URL, hidden, got, want, unknown, err))
			}
		}
	}
	return violations
}

// hidden are addresses of what was limited or deleted, each with one of the same
// shape that nobody ever had.
func (w *Watch) hidden(p Pod) map[string]string {
	list := map[string]string{}
	posts, photos := 0, 0
	post := func(guid, number string) {
		if posts++; posts > 2*fewHidden {
			return
		}
		for _, form := range []string{"", ".json", ".mobile"} {
			list["/posts/"+guid+form] = "/posts/" + nobodysGUID + form
			if number != "" && p == w.Old {
				list["/p/"+number+form] = "/p/" + nobodysNumber + form
			}
		}
	}
	for i, r := range w.was.items {
		switch {
		case r.public:
		case i.collection == string(transfer.Posts) && posts < fewHidden:
			post(i.guid, r.number)
		case i.collection == string(transfer.Photos) && photos < fewHidden:
			photos++
			for _, variant := range []string{"", "thumb_small_", "scaled_full_"} {
				list["/uploads/images/"+variant+r.file] = "/uploads/images/" + variant + nobodysFile
			}
		}
	}
	for _, i := range w.was.gone {
		post(i.guid, "")
	}
	return list
}

// ask is peek, again while the pod says that it cannot answer just now.
func ask(ctx context.Context, address string) (answer string, err error) {
	for range 20 {
		if answer, err = peek(ctx, address); err != nil || !strings.HasPrefix(answer, "503") {
			break
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return answer, err
}

// peek is what a stranger gets, but for the time of it.
func peek(ctx context.Context, address string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	still := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := still.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	answer.Header.Del("Date")
	var said bytes.Buffer
	fmt.Fprintf(&said, "%d\n", answer.StatusCode)
	if err := answer.Header.Write(&said); err != nil {
		return "", err
	}
	said.Write(body)
	return said.String(), nil
}
