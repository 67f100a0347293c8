package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
)

// peoplePage is how many contacts or blocks a page lists.
const peoplePage = 100

// Contacts are the pages about contacts, aspects and blocks.
type Contacts struct {
	Site   *Site
	Author *pod.Author
}

// Mount adds the pages.
func (p Contacts) Mount(r gin.IRouter) {
	in := p.Site.SignedIn()
	r.GET("/contacts", in, p.list)
	r.POST("/contacts", in, p.add)
	r.GET("/contacts/:guid", in, p.one)
	r.POST("/contacts/:guid", in, p.regroup)
	r.POST("/aspects", in, p.name)
	r.POST("/aspects/:guid", in, p.name)
	r.GET("/aspects/:guid/delete", in, p.sure)
	r.POST("/aspects/:guid/delete", in, p.act("/contacts", p.Author.Shelves.DeleteAspect))
	r.POST("/blocks", in, p.block)
	r.POST("/blocks/:guid/delete", in, p.act("/contacts", p.Author.Shelves.DeleteBlock))
}

// contactsPage is what templates/contacts.html shows.
type contactsPage struct {
	Aspect     string // guid of the one that is shown, or empty
	Aspects    []formAspect
	Contacts   []pod.Contact
	More       string // query of the next page
	Blocks     []pod.Block
	MoreBlocks string
	Person     string // typed
	Name       string // typed, of a new aspect
	Field      string // what is wrong
	Message    string // and why
}

func (p Contacts) list(c *gin.Context) { p.show(c, http.StatusOK, contactsPage{}) }

func (p Contacts) show(c *gin.Context, status int, page contactsPage) {
	page.Aspect = c.Query("aspect")
	if err := p.fill(c, &page); err != nil {
		p.Site.Fail(c, err)
		return
	}
	p.Site.Page(c, status, "contacts", page)
}

func (p Contacts) fill(c *gin.Context, page *contactsPage) (err error) {
	a, _ := p.Site.Account(c)
	ctx, s := c.Request.Context(), p.Author.Shelves
	if page.Aspects, err = aspectsFor(ctx, s, a.ID, []string{page.Aspect}); err != nil {
		return err
	}
	for i, a := range page.Aspects { // one that is being renamed
		if name := page.Name; a.GUID == c.Param("guid") && name != "" {
			page.Aspects[i].Typed, page.Name = name, ""
		}
	}
	if page.Contacts, err = s.Contacts(ctx, a.ID, page.Aspect, c.Query("after"), peoplePage+1); err != nil {
		return err
	}
	if len(page.Contacts) > peoplePage {
		page.Contacts = page.Contacts[:peoplePage]
		page.More = "?" + url.Values{"aspect": {page.Aspect}, "after": {page.Contacts[peoplePage-1].Item.ID}}.Encode()
	}
	if page.Blocks, err = s.Blocks(ctx, a.ID, c.Query("blocks"), peoplePage+1); err != nil {
		return err
	}
	if len(page.Blocks) > peoplePage {
		page.Blocks = page.Blocks[:peoplePage]
		page.MoreBlocks = "?" + url.Values{"blocks": {page.Blocks[peoplePage-1].Item.ID}}.Encode()
	}
	return nil
}

// done goes on after a form, or shows the page again with what is wrong.
func (p Contacts) done(c *gin.Context, err error) {
	field, message, status := p.Site.wrong(c, err)
	switch {
	case err == nil:
		c.Redirect(http.StatusSeeOther, "/contacts")
	case status != 0:
		p.show(c, status, contactsPage{Person: c.PostForm("person"), Name: c.PostForm("name"), Field: field, Message: message})
	case errors.Is(err, pod.ErrHidden):
		p.Site.Missing(c)
	default:
		p.Site.Fail(c, err)
	}
}

func (p Contacts) add(c *gin.Context) {
	a, _ := p.Site.Account(c)
	p.done(c, p.Author.Connect(c.Request.Context(), a, c.PostForm("person"), c.PostFormArray("aspect")))
}

func (p Contacts) block(c *gin.Context) {
	a, _ := p.Site.Account(c)
	p.done(c, p.Author.Block(c.Request.Context(), a, c.PostForm("person")))
}

func (p Contacts) name(c *gin.Context) {
	a, _ := p.Site.Account(c)
	p.done(c, p.Author.NameAspect(c.Request.Context(), a.ID, c.Param("guid"), c.PostForm("name")))
}

// contactPage is what templates/contact.html shows.
type contactPage struct {
	Contact pod.Contact
	Aspects []formAspect
	Message string
}

func (p Contacts) one(c *gin.Context) {
	a, _ := p.Site.Account(c)
	ctx := c.Request.Context()
	contact, err := p.Author.Shelves.Contact(ctx, a.ID, c.Param("guid"))
	if err != nil {
		p.done(c, err)
		return
	}
	aspects, err := aspectsFor(ctx, p.Author.Shelves, a.ID, contact.Item.Aspects)
	if err != nil {
		p.done(c, err)
		return
	}
	p.Site.Page(c, http.StatusOK, "contact", contactPage{Contact: contact, Aspects: aspects})
}

func (p Contacts) regroup(c *gin.Context) {
	a, _ := p.Site.Account(c)
	p.done(c, p.Author.Regroup(c.Request.Context(), a.ID, c.Param("guid"), c.PostFormArray("aspect")))
}

// sure asks before an aspect is deleted.
func (p Contacts) sure(c *gin.Context) {
	a, _ := p.Site.Account(c)
	aspects, err := p.Author.Shelves.Aspects(c.Request.Context(), a.ID)
	if err != nil {
		p.done(c, err)
		return
	}
	for _, aspect := range aspects {
		if aspect.GUID == c.Param("guid") {
			p.Site.Page(c, http.StatusOK, "confirm", p.confirmation(c, aspect))
			return
		}
	}
	p.Site.Missing(c)
}

func (p Contacts) confirmation(c *gin.Context, aspect pod.Aspect) confirmation {
	return confirmation{
		Title:  p.Site.say(c, locale.Key("Delete the aspect %s?"), aspect.Item.Name),
		Text:   p.Site.say(c, locale.Key("The people in it stay your contacts. Who could see your posts until now still can.")),
		Button: p.Site.say(c, locale.Key("Delete")), Action: "/aspects/" + aspect.GUID + "/delete", Back: "/contacts",
	}
}

// act does something to one item and goes on.
func (p Contacts) act(next string, do func(ctx context.Context, account int64, guid string) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, _ := p.Site.Account(c)
		if err := do(c.Request.Context(), a.ID, c.Param("guid")); err != nil {
			p.done(c, err)
			return
		}
		c.Redirect(http.StatusSeeOther, next)
	}
}
