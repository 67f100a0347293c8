package store_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/source"
)

// A home is an account with two aspects, a contact and a photo on a post.
type home struct {
	*testing.T
	s       *store.Store
	account int64
	friends string // guids
	family  string
	bob     string
	photo   string
	post    string
}

func newHome(t *testing.T, s *store.Store) home {
	t.Helper()
	return newHomeOf(t, s, "aurora")
}

func newHomeOf(t *testing.T, s *store.Store, name string) home {
	t.Helper()
	h := home{T: t, s: s, account: newAccount(t, s, name).ID}
	var err error
	h.friends, err = s.AddAspect(t.Context(), h.account, transfer.Aspect{Name: "Friends"})
	must(t, err)
	h.family, err = s.AddAspect(t.Context(), h.account, transfer.Aspect{Name: "Family"})
	must(t, err)
	h.bob, err = s.AddContact(t.Context(), h.account, transfer.Contact{ID: "bob@pod.example", Aspects: []string{h.friends, h.family}, Receiving: true})
	must(t, err)
	photo, err := s.CreatePhoto(t.Context(), h.account, transfer.Photo{
		CreatedAt: transfer.TimeOf(day(1)), Type: "image/png", SHA256: transfer.Sum([]byte("bytes")), Size: 5,
	})
	must(t, err)
	h.photo = photo.GUID
	h.post, err = s.CreatePost(t.Context(), h.account, transfer.Post{CreatedAt: transfer.TimeOf(day(2)), Text: "before", Public: true, Photos: []string{h.photo, h.photo}})
	must(t, err)
	return h
}

// since are the guids that changed after a number, "-" before those that went.
func (h home) since(c transfer.Collection, after int64) (list []string) {
	h.Helper()
	for _, change := range changesOf(h.T, h.s, source.Scope{Account: h.account, Limited: true}, c, after, after) {
		mark := ""
		if change.Entry.Deleted {
			mark = "-"
		}
		list = append(list, mark+change.Entry.GUID)
	}
	return list
}

func (h home) mark() int64 {
	h.Helper()
	n, _, err := h.s.Mark(h.Context(), h.account)
	must(h.T, err)
	return n
}

func (h home) wantSince(c transfer.Collection, after int64, want ...string) {
	h.Helper()
	if got := h.since(c, after); !slices.Equal(got, want) {
		h.Errorf("%s changed: %q, want %q", c, got, want)
	}
}

func TestEdits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := newHome(t, s), t.Context()
		t.Run("an edited post takes a change number", func(t *testing.T) {
			before := h.mark()
			must(t, s.EditPost(ctx, h.account, h.post, func(p transfer.Post) (transfer.Post, error) {
				p.Text = "after"
				return p, nil
			}))
			h.wantSince(transfer.Posts, before, h.post)
		})
		t.Run("a post that stays as it was takes none", func(t *testing.T) {
			before := h.mark()
			must(t, s.EditPost(ctx, h.account, h.post, func(p transfer.Post) (transfer.Post, error) { return p, nil }))
			if after := h.mark(); after != before {
				t.Errorf("the number went from %d to %d", before, after)
			}
		})
		t.Run("a described photo keeps its address", func(t *testing.T) {
			before, err := s.OwnPhotos(ctx, h.account, pod.Mark{}, 10)
			must(t, err)
			must(t, s.EditPhoto(ctx, h.account, h.photo, func(p transfer.Photo) (transfer.Photo, error) {
				p.Text = "a lake"
				return p, nil
			}))
			after, err := s.OwnPhotos(ctx, h.account, pod.Mark{}, 10)
			must(t, err)
			if len(after) != 1 || after[0].File != before[0].File || after[0].Item.Text != "a lake" || after[0].Posts != 1 {
				t.Errorf("%+v", after)
			}
		})
		t.Run("a contact's aspects may come in any order", func(t *testing.T) {
			must(t, s.EditContact(ctx, h.account, h.bob, func(c transfer.Contact) (transfer.Contact, error) {
				slices.Reverse(c.Aspects)
				return c, nil
			}))
		})
		t.Run("an error of the change leaves all as it was", func(t *testing.T) {
			no := errors.New("no")
			before := h.mark()
			err := s.EditPost(ctx, h.account, h.post, func(p transfer.Post) (transfer.Post, error) { return p, no })
			if !errors.Is(err, no) || h.mark() != before {
				t.Errorf("got %v", err)
			}
		})
		t.Run("another account's post is not there", func(t *testing.T) {
			other := newAccount(t, s, "boreal").ID
			err := s.EditPost(ctx, other, h.post, func(p transfer.Post) (transfer.Post, error) { return p, nil })
			if !errors.Is(err, pod.ErrHidden) {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestDiscards(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := newHome(t, s), t.Context()
		t.Run("a deleted aspect leaves its contacts, which change", func(t *testing.T) {
			before := h.mark()
			must(t, s.DeleteAspect(ctx, h.account, h.family))
			h.wantSince(transfer.Aspects, before, "-"+h.family)
			h.wantSince(transfer.Contacts, before, h.bob)
			c, err := s.Contact(ctx, h.account, h.bob)
			must(t, err)
			if !slices.Equal(c.Item.Aspects, []string{h.friends}) {
				t.Errorf("%+v", c)
			}
		})
		t.Run("a deleted photo leaves the posts that showed it", func(t *testing.T) {
			before := h.mark()
			must(t, s.DeletePhoto(ctx, h.account, h.photo))
			h.wantSince(transfer.Photos, before, "-"+h.photo)
			h.wantSince(transfer.Posts, before, h.post)
		})
		t.Run("a blocked person is no contact any more", func(t *testing.T) {
			before := h.mark()
			must(t, s.Block(ctx, h.account, "bob@pod.example"))
			h.wantSince(transfer.Contacts, before, "-"+h.bob)
			contact, block, err := s.Known(ctx, h.account, "bob@pod.example")
			must(t, err)
			if contact != "" || block == "" {
				t.Errorf("contact %q, block %q", contact, block)
			}
			must(t, s.DeleteBlock(ctx, h.account, block))
			h.wantSince(transfer.Blocks, before, "-"+block)
		})
		t.Run("nothing of another account goes", func(t *testing.T) {
			other := newAccount(t, s, "boreal").ID
			for name, discard := range map[string]func(context.Context, int64, string) error{
				h.post: s.DeletePost, h.friends: s.DeleteAspect, h.photo: s.DeletePhoto,
			} {
				if err := discard(ctx, other, name); !errors.Is(err, pod.ErrHidden) {
					t.Errorf("got %v", err)
				}
			}
		})
		t.Run("every digest is that of the row", func(t *testing.T) {
			for _, c := range transfer.Collections() {
				for _, e := range changesOf(t, s, source.Scope{Account: h.account, Limited: true}, c, 0, math.MaxInt64) {
					if e.Entry.Unsendable != "" || transfer.Sum(e.Entry.Item) != e.Entry.Digest {
						t.Errorf("%s %s: %+v", c, e.Entry.GUID, e.Entry)
					}
				}
			}
		})
	})
}

func TestWritingAfterTheMove(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := newHome(t, s), t.Context()
		must(t, s.DB(ctx).Exec("UPDATE accounts SET state = 'moved' WHERE id = ?", h.account).Error)
		for name, write := range map[string]func() error{
			"no post is written": func() error {
				_, err := s.CreatePost(ctx, h.account, transfer.Post{CreatedAt: transfer.TimeOf(day(3)), Text: "late", Public: true})
				return err
			},
			"no post is edited": func() error {
				return s.EditPost(ctx, h.account, h.post, func(p transfer.Post) (transfer.Post, error) { return p, nil })
			},
			"no profile is changed": func() error { return s.UpdateProfile(ctx, h.account, transfer.Profile{}) },
			"nobody is blocked":     func() error { return s.Block(ctx, h.account, "eve@pod.example") },
			"nothing is closed, as old links must go on answering": func() error { return s.CloseAccount(ctx, h.account, day(9)) },
		} {
			t.Run(name, func(t *testing.T) {
				if err := write(); !errors.Is(err, pod.ErrNotActive) {
					t.Errorf("got %v", err)
				}
			})
		}
		t.Run("what stayed may be deleted", func(t *testing.T) { must(t, s.DeletePost(ctx, h.account, h.post)) })
	})
}

func TestPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, ctx := newHome(t, s), t.Context()
		_, err := s.AddContact(ctx, h.account, transfer.Contact{ID: "ann@pod.example", Aspects: []string{h.friends}, Receiving: true})
		must(t, err)
		_, err = s.AddContact(ctx, h.account, transfer.Contact{ID: "eve@pod.example", Aspects: []string{h.friends}})
		must(t, err)
		for _, c := range []struct {
			name    string
			aspects []string
			want    []string
		}{
			{"those shared with, once each, in order", []string{h.friends, h.family}, []string{"ann@pod.example", "bob@pod.example"}},
			{"those in one aspect", []string{h.family}, []string{"bob@pod.example"}},
			{"nobody in none", nil, nil},
			{"nobody in a stranger's aspect", []string{guidOf("elsewhere")}, nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				got, err := s.People(ctx, h.account, c.aspects)
				must(t, err)
				if !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
		t.Run("aspects say how many are in them", func(t *testing.T) {
			list, err := s.Aspects(ctx, h.account)
			must(t, err)
			if len(list) != 2 || list[0].Item.Name != "Family" || list[0].Contacts != 1 || list[1].Contacts != 3 {
				t.Errorf("%+v", list)
			}
		})
		t.Run("contacts come page by page", func(t *testing.T) {
			list, err := s.Contacts(ctx, h.account, h.friends, "ann@pod.example", 1)
			must(t, err)
			if len(list) != 1 || list[0].Item.ID != "bob@pod.example" || len(list[0].Item.Aspects) != 2 {
				t.Errorf("%+v", list)
			}
		})
	})
}
