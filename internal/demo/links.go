package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// shown is how many old links the demo prints; it follows all of them.
const shown = 10

// unknownPost and unknownPhoto have the shapes of addresses, and nobody's.
const (
	unknownPost  = "/posts/00000000000000000000000000000000"
	unknownPhoto = "/uploads/images/00000000000000000000.png"
)

// FollowLinks opens every old address of the archive as a stranger would:
// public ones lead to the same content at the new pod, limited ones answer like
// addresses that never were.
func (s *Story) FollowLinks(ctx context.Context) error {
	stranger := NewBrowser()
	for i, post := range s.Truth.Posts {
		var err error
		if post.Public {
			err = s.followPost(ctx, stranger, post)
		} else {
			err = s.hidden(ctx, stranger, "/posts/"+post.GUID, unknownPost)
		}
		if err != nil {
			return err
		}
		s.Tell.Bar("old addresses of posts", int64(i+1), int64(len(s.Truth.Posts)))
	}
	for i, photo := range s.Truth.Photos {
		var err error
		if photo.Public {
			err = s.followPhoto(ctx, stranger, photo)
		} else {
			err = s.hidden(ctx, stranger, "/uploads/images/"+photo.Name, unknownPhoto)
		}
		if err != nil {
			return err
		}
		s.Tell.Bar("old addresses of photos", int64(i+1), int64(len(s.Truth.Photos)))
	}
	s.Tell.Step("%d public old addresses lead to the same content at the new pod; %d limited ones look like nothing was ever there", s.Report.Links, s.Report.Hidden)
	return nil
}

// lead follows one redirect from the old pod to the new one.
func (s *Story) lead(ctx context.Context, b *Browser, address string) (*Page, error) {
	first, err := b.Peek(ctx, s.Old.URL+address)
	if err != nil {
		return nil, err
	}
	target := first.Header.Get("Location")
	if first.Status != http.StatusFound || !strings.HasPrefix(target, s.New.URL+"/") {
		s.Report.problem("%s answers %d to %q, not 302 to the new pod", address, first.Status, target)
		return nil, nil
	}
	second, err := b.Peek(ctx, target)
	if err != nil {
		return nil, err
	}
	if second.Status != http.StatusOK {
		s.Report.problem("%s leads to %s, which answers %d", address, target, second.Status)
		return nil, nil
	}
	if s.Report.Links < shown {
		s.Tell.Step("  302 %s → %s", address, target)
	}
	s.Report.Links++
	return second, nil
}

func (s *Story) followPost(ctx context.Context, b *Browser, post OldPost) error {
	address := "/posts/" + post.GUID
	if page, err := s.lead(ctx, b, address); page == nil {
		return err
	}
	page, err := s.lead(ctx, b, address+".json")
	if page == nil {
		return err
	}
	var here struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(page.Body, &here); err != nil || here.Text != post.Text {
		s.Report.problem("%s.json is not what it was at the old pod", address)
	}
	return nil
}

func (s *Story) followPhoto(ctx context.Context, b *Browser, photo OldPhoto) error {
	for _, variant := range []string{"thumb_small_", "thumb_medium_", "thumb_large_", "scaled_full_"} {
		if _, err := s.lead(ctx, b, "/uploads/images/"+variant+photo.Name); err != nil {
			return err
		}
	}
	page, err := s.lead(ctx, b, "/uploads/images/"+photo.Name)
	if page == nil {
		return err
	}
	if sum := sha256.Sum256(page.Body); hex.EncodeToString(sum[:]) != photo.SHA256 {
		s.Report.problem("%s has other bytes at the new pod", photo.Name)
	}
	return nil
}

// hidden compares a limited address with one that never was, byte for byte.
func (s *Story) hidden(ctx context.Context, b *Browser, address, unknown string) error {
	limited, err := b.Peek(ctx, s.Old.URL+address)
	if err != nil {
		return err
	}
	nothing, err := b.Peek(ctx, s.Old.URL+unknown)
	if err != nil {
		return err
	}
	if limited.Status != nothing.Status || !bytes.Equal(limited.Body, nothing.Body) || !sameHeaders(limited.Header, nothing.Header) {
		s.Report.problem("%s (limited) answers otherwise than an address that never was", address)
	}
	s.Report.Hidden++
	return nil
}

func sameHeaders(a, b http.Header) bool {
	a, b = a.Clone(), b.Clone()
	a.Del("Date")
	b.Del("Date")
	return maps.EqualFunc(a, b, slices.Equal)
}

// departure is the old pod's page about the move, as JSON.
type departure struct {
	State       string          `json:"state"`
	Reason      string          `json:"reason"`
	Collections []departureSide `json:"collections"`
}

type departureSide struct {
	Collection string `json:"collection"`
	Arrived    int64  `json:"arrived"`
	Digest     string `json:"digest"`
	Erased     int64  `json:"erased"`
}

func (d departure) count(collection string) departureSide {
	for _, c := range d.Collections {
		if c.Collection == collection {
			return c
		}
	}
	return departureSide{}
}

func (s *Story) readDeparture(ctx context.Context) (d departure, err error) {
	page, err := s.browser.Open(ctx, s.leaving+".json")
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(page.Body, &d); err != nil {
		return d, fmt.Errorf("%s answers %d: %w", page.URL, page.Status, err)
	}
	return d, nil
}

// EraseNow asks the old pod to wait no longer, as soon as it lets people ask.
func (s *Story) EraseNow(ctx context.Context) error {
	for {
		page, err := fine(s.browser.Open(ctx, s.leaving))
		if err != nil {
			return err
		}
		if _, err := page.Form("/erase"); err == nil {
			return s.press(ctx, page, "/erase")
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s never offers to erase: %w", s.leaving, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// WaitForErasing lets the grace period run out and looks that the old copies
// are gone, and that old addresses name the new profile.
func (s *Story) WaitForErasing(ctx context.Context) error {
	s.Tell.Step("waiting for the grace period to run out at the old pod (%s)", relative(s.leaving))
	for last := ""; ; {
		d, err := s.readDeparture(ctx)
		if err != nil {
			return err
		}
		if said := d.State + " " + d.Reason; said != last {
			s.Tell.Step("  the old pod says: %s", said)
			last = said
		}
		if d.State == "erased" {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
	return s.gone(ctx)
}

func (s *Story) gone(ctx context.Context) error {
	stranger := NewBrowser()
	for _, post := range s.Truth.Posts {
		if !post.Public {
			if err := s.hidden(ctx, stranger, "/posts/"+post.GUID, unknownPost); err != nil {
				return err
			}
			continue
		}
		if err := s.goneAt(ctx, stranger, "/posts/"+post.GUID); err != nil {
			return err
		}
	}
	for _, photo := range s.Truth.Photos {
		if photo.Public {
			if err := s.goneAt(ctx, stranger, "/uploads/images/"+photo.Name); err != nil {
				return err
			}
		}
	}
	s.Tell.Step("erased: %d old addresses answer 410 and name the new profile", s.Report.Gone)
	return nil
}

func (s *Story) goneAt(ctx context.Context, b *Browser, address string) error {
	page, err := b.Peek(ctx, s.Old.URL+address)
	if err != nil {
		return err
	}
	if page.Status != http.StatusGone || !bytes.Contains(page.Body, []byte(s.New.URL+"/")) {
		s.Report.problem("%s answers %d after the grace period, not 410 with the new profile", address, page.Status)
	}
	s.Report.Gone++
	return nil
}
