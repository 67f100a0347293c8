package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
	"podmove/transfer/source"
)

// maxLeftovers bounds each list of items on a departure's page.
const maxLeftovers = 200

// States of a transfer in words.
var departureWords = map[transfer.State]locale.Key{
	transfer.Open:        locale.Key("Agreed to, not begun yet"),
	transfer.Copying:     locale.Key("Being copied"),
	transfer.Frozen:      locale.Key("Being copied; nothing can be written here for a moment"),
	transfer.Verified:    locale.Key("Copied and compared; waiting for you"),
	transfer.Redirecting: locale.Key("Moved: old links lead to the new pod"),
	transfer.ErasingOld:  locale.Key("Moved: the old copies are being erased"),
	transfer.Erased:      locale.Key("Moved: the old copies are erased"),
	transfer.Finished:    locale.Key("Copied; nothing changed here"),
	transfer.Cancelled:   locale.Key("Cancelled; nothing changed here"),
	transfer.ExpiredIdle: locale.Key("Given up because nothing happened; nothing changed here"),
	transfer.Undone:      locale.Key("Undone: everything is here as it was"),
}

// restless are the states that end by themselves, mostly within minutes.
var restless = []transfer.State{transfer.Open, transfer.Copying, transfer.Frozen, transfer.ErasingOld}

// Why erasing waits, in words.
var waitWords = map[transfer.Code]locale.Key{
	transfer.HoldingsAbsent:   locale.Key("The new pod does not hold everything that it took. What it does not hold is not erased here, and this pod asks again."),
	transfer.HoldingsListed:   locale.Key("Some things were edited or removed at the new pod. You have some days to look at them before the old copies are erased."),
	transfer.PodUnreachable:   locale.Key("The new pod does not answer. Nothing is erased before it proves what it holds."),
	transfer.SignatureInvalid: locale.Key("The new pod does not answer with the key that you agreed to. Nothing is erased."),
}

// departurePage is what templates/departure.html shows.
type departurePage struct {
	glossary
	source.Transfer
	Words     locale.Key
	Why       locale.Key                // erasing waits
	Absent    bool                      // it does for what the new pod does not hold
	Sizes     []transfer.CollectionPlan // how far each collection is, until the redirects
	Pace      transfer.Pace
	Leftovers []transfer.Outcome
	Labels    map[transfer.Collection]map[string]string // of leftovers
	Asked     []redirects.Tally
	Listed    []transfer.Holding // edited, removed or absent there
	Earliest  time.Time          // to ask for erasing at once
	Events    []pod.Event
	Busy      bool // it goes on by itself soon: look again
	Accept    bool
	Strange   bool             // the new pod has other keys than those agreed on (Protocol §1.5)
	Onward    redirects.Onward // where the account went on to; zero if nowhere
	Cancel    bool
	Undo      bool
	EraseNow  bool
}

// Missing is how many items have not arrived until now: of those that had not
// when the pods compared, others may have since.
func (p departurePage) Missing() int64 {
	if len(p.Leftovers) < maxLeftovers {
		return int64(len(p.Leftovers))
	}
	return p.Leftover
}

// Latest is when the account can be written to again, if the new pod does not
// finish.
func (p departurePage) Latest() time.Time { return p.Frozen().Add(source.FreezeLongest) }

// Host is the new pod's.
func (p departurePage) Host() string { return hostIn(p.Origin()) }

// Seen is how many items were read; what changed meanwhile is read again.
func (departurePage) Seen(p transfer.CollectionPlan) int64 { return min(p.Read, p.Count) }

// Bytes is how many a collection has.
func (departurePage) Bytes(p transfer.CollectionPlan) int64 { return p.Bytes + p.ContentBytes }

// Label is what the person knows an item by that did not arrive.
func (p departurePage) Label(o transfer.Outcome) string { return p.Labels[o.Collection][o.GUID] }

// Address is where it is here; empty if it has none.
func (p departurePage) Address(o transfer.Outcome) string {
	return pathOf(destination.Arrival{Outcome: o, Label: p.Label(o)})
}

func (d Departures) show(c *gin.Context) {
	a, _ := d.Site.Account(c)
	page, err := d.page(c.Request.Context(), a.ID, c.Param("id"))
	if err != nil {
		d.Site.Fail(c, err)
		return
	}
	d.Site.Page(c, http.StatusOK, "departure", page)
}

func (d Departures) page(ctx context.Context, account int64, id string) (p departurePage, err error) {
	if p.Transfer, err = d.Source.Of(ctx, account, id); err != nil {
		return p, err
	}
	if p.Leftovers, err = d.Source.Leftovers(ctx, account, id, transfer.Outcome{}, maxLeftovers); err != nil {
		return p, err
	}
	if p.Labels, err = d.Labels(ctx, account, p.Leftovers); err != nil {
		return p, err
	}
	if p.Events, err = d.Events.EventsOf(ctx, account, id, 50); err != nil {
		return p, err
	}
	p.Words, p.Busy = departureWords[p.State], slices.Contains(restless, p.State)
	p.Accept = p.State == transfer.Verified
	p.Cancel = p.State.Readable()
	p.Strange = !p.KeysDiffer.IsZero() && !slices.Contains([]transfer.State{transfer.Erased, transfer.Finished, transfer.Cancelled, transfer.ExpiredIdle}, p.State)
	if p.Redirected.IsZero() {
		plan, err := d.Source.Progress(ctx, account, id)
		p.Sizes = plan.Collections
		p.Pace = d.pace(p)
		return p, err
	}
	return p, d.left(ctx, account, &p)
}

// pace guesses the bytes from the items: an account is not read byte by byte.
func (d Departures) pace(p departurePage) transfer.Pace {
	var bytes, planned int64
	for _, c := range p.Sizes {
		size := p.Bytes(c)
		planned += size
		if c.Count > 0 {
			bytes += int64(float64(size) * float64(p.Seen(c)) / float64(c.Count))
		}
	}
	return transfer.PaceOf(bytes, planned, d.now().Sub(p.Created))
}

// place is that of a collection in the order in which they travel.
func place(c transfer.Collection) int { return slices.Index(transfer.Collections(), c) }

// left adds what is known of a departure whose stubs went up.
func (d Departures) left(ctx context.Context, account int64, p *departurePage) error {
	departure, err := d.Redirects.Of(ctx, account, p.ID)
	if err != nil {
		return err
	}
	if p.Asked, err = d.Redirects.Asked(ctx, account, p.ID); err != nil {
		return err
	}
	slices.SortFunc(p.Asked, func(a, b redirects.Tally) int { return cmp.Compare(place(a.Collection), place(b.Collection)) })
	if p.Listed, err = d.Redirects.Listed(ctx, account, p.ID, maxLeftovers); err != nil {
		return err
	}
	p.Absent = departure.Reason == transfer.HoldingsAbsent
	if departure.Reason != transfer.KeysDiffer { // that is said at length
		p.Why = whyWaits(departure.Reason)
	}
	p.GraceEnds, p.Earliest = departure.Due(), d.Redirects.Earliest(departure)
	if p.Onward, _, err = d.Redirects.Onward(ctx, account, p.ID); err != nil {
		return err
	}
	p.Undo = p.State == transfer.Redirecting
	p.EraseNow = p.Undo && departure.EraseNow.IsZero() && !d.now().Before(p.Earliest)
	p.Busy = p.Busy || p.Undo && !departure.EraseNow.IsZero() && p.Why == "" && !p.Strange
	return nil
}
