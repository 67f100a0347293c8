package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// retry has tried again what did not arrive, or what of it is ticked, and goes to
// the page of the move that does so: of one that is done it is another.
func (m Moves) retry(c *gin.Context) {
	a, _ := m.Site.Account(c)
	move, err := m.Mover.Retry(c.Request.Context(), a.ID, c.Param("id"), chosen(c))
	if err != nil {
		m.Site.Fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/moves/"+move.ID)
}

// chosen is what is ticked: kinds, and single items as "photos guid".
func chosen(c *gin.Context) (choice destination.Choice) {
	for _, kind := range c.PostFormArray("kind") {
		choice.Collections = append(choice.Collections, transfer.Collection(kind))
	}
	for _, item := range c.PostFormArray("item") {
		kind, guid, _ := strings.Cut(item, " ")
		choice.Items = append(choice.Items, transfer.ItemName{Collection: transfer.Collection(kind), GUID: guid})
	}
	return choice
}

// A failing is what of one kind did not arrive, as a person chooses of it.
type failing struct {
	Collection transfer.Collection
	Count      int64 // that may be tried again, listed or not
	Items      []destination.Arrival
}

// retriable reports whether trying again is of use: at once, where the move waits
// for it; of one that is done, with another that brings what failed (Protocol
// §5.5), as long as the person lives here.
func retriable(a pod.Account, r destination.Report) bool {
	switch state := r.Move.State; state {
	case destination.Waiting, destination.NeedsAttention:
		return r.Move.Reason != transfer.ConsentNeeded && r.Move.KeysDiffer.IsZero()
	case destination.Done:
		failed := slices.ContainsFunc(r.Collections, func(p destination.Progress) bool { return p.Failed > 0 })
		underway := slices.ContainsFunc(r.Later, func(m destination.Move) bool { return !m.State.Ended() })
		return a.State == pod.Active && r.Move.Purpose == transfer.Move && failed && !underway
	case destination.Cancelled, destination.Undone:
		return a.State == pod.Active && r.Move.Retries != ""
	}
	return false
}

// Others are the items that did not arrive and that trying again does not help,
// or of which nothing can be chosen now.
func (p movePage) Others() (list []destination.Arrival) {
	for _, a := range p.Trouble {
		if !p.Choose || a.Result != transfer.Failed {
			list = append(list, a)
		}
	}
	return list
}

// Failings are the items that may be tried again, by kind.
func (p movePage) Failings() (list []failing) {
	for _, n := range p.Collections {
		f := failing{Collection: n.Collection, Count: n.Failed}
		for _, a := range p.Trouble {
			if a.Collection == n.Collection && a.Result == transfer.Failed {
				f.Items = append(f.Items, a)
			}
		}
		if f.Count > 0 {
			list = append(list, f)
		}
	}
	return list
}
