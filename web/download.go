package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
	"podmove/transfer"
	"podmove/transfer/archive"
)

// stall is how long a browser may take nothing of a download. However slow its
// line, a download that goes on goes on.
const stall = time.Minute

// Download gives people all that is theirs as a file. It must not be copied once
// it is mounted.
type Download struct {
	Site *Site
	// Own reads an account, whole.
	Own   func(account int64) transfer.Reader
	Slots chan struct{} // downloads at once: each keeps the database and a core at work
	Now   func() time.Time
	mine  sync.Map // row ids of accounts that are being downloaded
}

// Mount adds the address.
func (d *Download) Mount(r gin.IRouter) {
	r.GET("/settings/download", d.Site.SignedIn(), d.send)
}

// send gives whoever is signed in their account, and never another: no address
// names one.
func (d *Download) send(c *gin.Context) {
	a, _ := d.Site.Account(c)
	leave, ok := d.enter(a.ID)
	if !ok {
		d.Site.Problem(c, http.StatusServiceUnavailable, d.Site.say(c, locale.Key("Not just now")),
			d.Site.say(c, locale.Key("This account is being downloaded already, or this pod is busy with the downloads of others. Try again in a few minutes.")))
		return
	}
	defer leave()
	about := d.about(c, a)
	h := c.Writer.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+fileName(about)+`"`)
	h.Set("Cache-Control", "no-store")
	if onlyLooks(c.Request) {
		c.Status(http.StatusOK)
		return
	}
	out := &patient{w: c.Writer, line: http.NewResponseController(c.Writer)}
	defer out.done()
	if err := archive.Write(c.Request.Context(), out, d.Own(a.ID), about); err != nil {
		d.broken(c, out, err)
	}
}

// enter takes a place; an account has one.
func (d *Download) enter(account int64) (leave func(), ok bool) {
	if _, busy := d.mine.LoadOrStore(account, true); busy {
		return nil, false
	}
	select {
	case d.Slots <- struct{}{}:
		return func() { <-d.Slots; d.mine.Delete(account) }, true
	default:
		d.mine.Delete(account)
		return nil, false
	}
}

// broken says what went wrong. Once something was sent, all that can be said is
// that it is not whole: the connection ends without the end of the answer (RFC
// 9112 §8), and the zip without its list of files.
func (d *Download) broken(c *gin.Context, out *patient, err error) {
	ctx := c.Request.Context()
	if !out.begun {
		c.Writer.Header().Del("Content-Disposition")
		d.failed(c, err)
		return
	}
	if context.Cause(ctx) == nil { // else whoever asked is gone
		d.Site.Log.WarnContext(ctx, "a download broke off", "error", err)
	}
	panic(http.ErrAbortHandler)
}

func (d *Download) failed(c *gin.Context, err error) {
	if transfer.CodeOf(err) == transfer.TooLarge {
		d.Site.Problem(c, http.StatusConflict, d.Site.say(c, refused),
			d.Site.say(c, locale.Key("This account has more photos than one zip file can hold. Ask the people who run this pod for a copy.")))
		return
	}
	d.Site.Fail(c, err)
}

func (d *Download) about(c *gin.Context, a pod.Account) archive.Account {
	l := d.Site.Locale(c)
	about := archive.Account{
		Owner: archive.Owner{ID: d.Site.ID(a), Username: a.Username, Issuer: d.Site.Origin},
		Email: a.Email, Language: l.Tag(), At: d.Now().UTC(),
	}
	about.Readme = readme{l, about.ID, fileName(about), about.At}.text
	return about
}

func fileName(a archive.Account) string {
	return a.Username + "-" + a.At.Format(time.DateOnly) + ".zip"
}

// A patient writer gives up on a reader that stands still, and on no other: the
// server has no bound for answers of this length.
type patient struct {
	w     http.ResponseWriter
	line  *http.ResponseController
	begun bool
}

func (p *patient) Write(b []byte) (int, error) {
	p.begun = true
	_ = p.line.SetWriteDeadline(time.Now().Add(stall)) // what has none needs none
	return p.w.Write(b)
}

// done leaves the connection to the next request as it was.
func (p *patient) done() { _ = p.line.SetWriteDeadline(time.Time{}) }
