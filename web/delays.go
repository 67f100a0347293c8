package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/redirects"
	"podmove/transfer"
)

// Delays is the page of moves away whose erasing waits, for those who look after
// the pod (Protocol §7.3): often only they can mend it, with the other pod's.
type Delays struct {
	Site *Site
	// List are those that wait, the longest first, after the one given.
	List func(ctx context.Context, after redirects.Delay, limit int) ([]redirects.Delay, error)
}

// Mount adds the page.
func (d Delays) Mount(r gin.IRouter) { r.GET("/admin/departures", d.Site.admin, d.list) }

// delaysAtOnce is how many moves the page shows.
const delaysAtOnce = 50

// delaysPage is what templates/delays.html shows.
type delaysPage struct {
	List []redirects.Delay
	More string // query of the next page; empty if this is the last
}

// Why is the reason in words.
func (delaysPage) Why(d redirects.Delay) locale.Key { return whyWaits(d.Reason) }

// whyWaits is why erasing waits, in words.
func whyWaits(why transfer.Code) locale.Key {
	switch words := waitWords[why]; {
	case words != "" || why == "":
		return words
	case why == transfer.KeysDiffer:
		return locale.Key("The new pod answers with other keys than when the person agreed. Nothing is erased before they confirm that it is the same pod.")
	}
	return locale.Key("The new pod gives no answer that proves what it holds. Nothing is erased before it does.")
}

func (d Delays) list(c *gin.Context) {
	ms, _ := strconv.ParseInt(c.Query("since"), 10, 64) // what is no number begins at the first
	after := redirects.Delay{}
	after.ID, after.Waits = c.Query("after"), time.UnixMilli(max(ms, 0))
	list, err := d.List(c.Request.Context(), after, delaysAtOnce+1)
	if err != nil {
		d.Site.Fail(c, err)
		return
	}
	page := delaysPage{List: list}
	if len(list) > delaysAtOnce {
		page.List = list[:delaysAtOnce]
		last := list[delaysAtOnce-1]
		page.More = "?" + url.Values{"since": {strconv.FormatInt(last.Waits.UnixMilli(), 10)}, "after": {last.ID}}.Encode()
	}
	d.Site.Page(c, http.StatusOK, "delays", page)
}
