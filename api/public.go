package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
	"podmove/transfer"
)

// Public are the JSON forms of posts and people. The door in front has taken
// the ".json" off their addresses.
type Public struct {
	Origin string // the pod's public URL, without a slash at the end
	Window pod.Window
	// Viewer is who asks. It runs where the session has been loaded.
	Viewer func(ctx context.Context) (pod.Viewer, error)
	// Earlier are the IDs that an account had at other pods (Protocol §6.5). Nil
	// names none.
	Earlier func(ctx context.Context, account int64) ([]string, error)
}

// Mount adds the routes.
func (p Public) Mount(r gin.IRouter) {
	r.GET("/posts/:key", p.post)
	r.GET("/p/:key", p.post)
	r.GET("/people/:guid", p.withGUID)
	r.GET("/u/:username", p.named)
}

// postJSON is a post in the words that diaspora* uses for one.
type postJSON struct {
	ID        int64              `json:"id"` // the number in /p/{id}
	GUID      string             `json:"guid"`
	CreatedAt transfer.Time      `json:"created_at"`
	Public    bool               `json:"public"`
	Author    personJSON         `json:"author"`
	Text      string             `json:"text"` // Markdown, as it was written
	Photos    []photoJSON        `json:"photos"`
	Poll      *transfer.Poll     `json:"poll,omitempty"`
	Location  *transfer.Location `json:"location,omitempty"`
	Root      *transfer.Root     `json:"root,omitempty"`
}

type personJSON struct {
	GUID   string `json:"guid"`
	ID     string `json:"diaspora_id"`
	Name   string `json:"name"`
	Avatar string `json:"avatar,omitempty"` // URL
	// AlsoKnownAs are the IDs that they had at other pods, of a person shown alone.
	AlsoKnownAs []string `json:"also_known_as,omitempty"`
}

type photoJSON struct {
	GUID  string    `json:"guid"`
	Text  string    `json:"text,omitempty"`
	Sizes sizesJSON `json:"sizes"`
}

// sizesJSON are the addresses of a photo.
type sizesJSON struct {
	Raw        string `json:"raw"`
	Small      string `json:"small"`
	Medium     string `json:"medium"`
	Large      string `json:"large"`
	ScaledFull string `json:"scaled_full"`
}

func (p Public) post(c *gin.Context) {
	ctx := c.Request.Context()
	key, ok := pod.ParsePostKey(c.Param("key"))
	if !ok {
		Fail(c, hidden(pod.ErrHidden))
		return
	}
	viewer, err := p.Viewer(ctx)
	if err != nil {
		Fail(c, err)
		return
	}
	shown, err := p.Window.Post(ctx, key, viewer)
	if err != nil {
		Fail(c, hidden(err))
		return
	}
	c.JSON(http.StatusOK, p.postJSON(shown))
}

func (p Public) withGUID(c *gin.Context) {
	ctx := c.Request.Context()
	p.person(c, func(v pod.Viewer) (pod.Person, error) { return p.Window.WithGUID(ctx, c.Param("guid"), v) })
}

func (p Public) named(c *gin.Context) {
	ctx := c.Request.Context()
	p.person(c, func(v pod.Viewer) (pod.Person, error) { return p.Window.Named(ctx, c.Param("username"), v) })
}

func (p Public) person(c *gin.Context, find func(pod.Viewer) (pod.Person, error)) {
	viewer, err := p.Viewer(c.Request.Context())
	if err != nil {
		Fail(c, err)
		return
	}
	person, err := find(viewer)
	if err != nil {
		Fail(c, hidden(err))
		return
	}
	v := p.personJSON(person)
	if p.Earlier != nil {
		if v.AlsoKnownAs, err = p.Earlier(c.Request.Context(), person.Account.ID); err != nil {
			Fail(c, err)
			return
		}
	}
	c.JSON(http.StatusOK, v)
}

func (p Public) personJSON(person pod.Person) personJSON {
	v := personJSON{GUID: person.GUID, ID: person.ID, Name: person.Name}
	if person.Avatar != "" {
		v.Avatar = p.photoURL(pod.ThumbLarge, person.Avatar)
	}
	return v
}

func (p Public) postJSON(s pod.Shown) postJSON {
	v := postJSON{
		ID: s.Number, GUID: s.GUID, CreatedAt: s.Item.CreatedAt, Public: s.Item.Public, Author: p.personJSON(s.Author),
		Text: s.Item.Text, Photos: []photoJSON{}, Poll: s.Item.Poll, Location: s.Item.Location, Root: s.Item.Root,
	}
	for _, photo := range s.Photos {
		v.Photos = append(v.Photos, photoJSON{GUID: photo.GUID, Text: photo.Item.Text, Sizes: sizesJSON{
			Raw:        p.photoURL(pod.Original, photo.File),
			Small:      p.photoURL(pod.ThumbSmall, photo.File),
			Medium:     p.photoURL(pod.ThumbMedium, photo.File),
			Large:      p.photoURL(pod.ThumbLarge, photo.File),
			ScaledFull: p.photoURL(pod.ScaledFull, photo.File),
		}})
	}
	return v
}

func (p Public) photoURL(v pod.Variant, file string) string {
	return p.Origin + "/uploads/images/" + string(v) + file
}

// hidden says no more of what is not for the viewer than of what is not there:
// it is the answer for an address that nothing has (Protocol §6.1).
func hidden(err error) error {
	if errors.Is(err, pod.ErrHidden) {
		return transfer.Errorf(transfer.NotFound, "there is nothing here")
	}
	return err
}
