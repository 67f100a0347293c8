package web

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/oauth/provider"
	"podmove/transfer"
)

// consentPage is what templates/consent.html shows.
type consentPage struct {
	glossary
	provider.Interaction
	ID      string // the person's diaspora* ID
	Other   string // another account that the client asked for, or empty
	Refusal string // why this account cannot be granted, or empty
	Move    bool
	Lost    int64    // photos that cannot go along
	Total   int64    // bytes, of posts and photos
	Moving  string   // where the account is on its way to already, or empty
	Always  []string // what a move takes along in any case
	Ticks   []tick
	Limited *tick     // posts for chosen people, if they were asked for
	Erased  time.Time // about when the old copies go
	Path    string

	Left   []transfer.Outcome // what an earlier move left that is asked for once more
	labels map[transfer.Collection]map[string]string
}

// Label is what the person knows an item by that an earlier move left.
func (p consentPage) Label(o transfer.Outcome) string { return p.labels[o.Collection][o.GUID] }

// A tick is one thing that the person may carry or leave.
type tick struct {
	Value, Label, Amount string
	On                   bool // ticked at first
}

func (s Consent) page(c *gin.Context, i provider.Interaction) (consentPage, error) {
	ctx := c.Request.Context()
	a, _ := s.Site.Account(c)
	page := consentPage{
		Interaction: i, ID: s.Site.ID(a), Path: consentPath + i.ID,
		Move:   i.Details.Purpose == string(transfer.Move),
		Erased: s.Now().Add(s.Grace),
	}
	if i.Hint != "" && i.Hint != page.ID {
		page.Other = i.Hint
	}
	if err := s.Interactions.Refusal(ctx, a.GUID, i.Client, i.Details); err != nil {
		refusal, ok := errors.AsType[*transfer.Error](err)
		if !ok {
			return page, err
		}
		page.Refusal = s.Site.coded(c, refusal.Code, refusal.Message)
		return page, nil
	}
	if page.Move {
		var err error
		if page.Moving, err = s.Moving(ctx, a.ID, i.Client, i.Details.Destination); err != nil {
			return page, err
		}
	}
	if i.Details.Retry != "" {
		var err error
		if page.Left, err = s.Left(ctx, a.ID, i.Details, maxLeftovers); err == nil {
			page.labels, err = s.Labels(ctx, a.ID, page.Left)
		}
		return page, err
	}
	amounts, err := s.Measure(ctx, a.ID, i.Details)
	if err == nil && s.Lost != nil {
		page.Lost, err = s.Lost(ctx, a.ID, i.Details)
	}
	if err == nil {
		page.offer(s.Site.Locale(c), amounts)
	}
	return page, err
}

// offer sets the ticks. Protocol §2.3: for a client that is not the new pod,
// contacts and limited posts are off at first.
func (p *consentPage) offer(l *locale.Locale, amounts []transfer.CollectionPlan) {
	size := map[transfer.Collection]transfer.CollectionPlan{}
	for _, a := range amounts {
		size[a.Collection] = a
		p.Total += a.Bytes + a.ContentBytes
	}
	for _, c := range transfer.Collections() {
		t := tick{Value: string(c), Label: l.Text(labels[c]), Amount: amount(l, size, c), On: p.Move || c != transfer.Contacts}
		switch {
		case !slices.Contains(p.Details.Collections, string(c)):
		case p.Move && (c == transfer.Profiles || c == transfer.Blocks):
			p.Always = append(p.Always, strings.TrimSpace(t.Label+" "+t.Amount))
		case p.Move && c == transfer.Posts: // Protocol §2.4: posts and photos are one
			t.Value, t.Label, t.Amount = both, l.Text(locale.Key("Posts and photos")), amount(l, size, c, transfer.Photos)
			p.Ticks = append(p.Ticks, t)
		case p.Move && c == transfer.Photos:
		default:
			p.Ticks = append(p.Ticks, t)
		}
	}
	if p.Details.Limited && slices.Contains(p.Details.Collections, string(transfer.Posts)) {
		p.Limited = &tick{Value: "yes", Label: l.Text(locale.Key("Posts that only people you chose can see, too")), On: p.Move}
	}
}

// labels are the collections in people's words.
var labels = map[transfer.Collection]locale.Key{
	transfer.Profiles: locale.Key("Your profile"),
	transfer.Blocks:   locale.Key("Whom you block"),
	transfer.Aspects:  locale.Key("Your aspects"),
	transfer.Contacts: locale.Key("Your contacts"),
	transfer.Posts:    locale.Key("Your posts"),
	transfer.Photos:   locale.Key("Your photos"),
}

// amount is what stands behind a label, such as "(312 posts · 40 photos · 8.1 MB)".
// Only posts and photos weigh anything that a person would want to know.
func amount(l *locale.Locale, size map[transfer.Collection]transfer.CollectionPlan, of ...transfer.Collection) string {
	var parts []string
	var bytes int64
	for _, c := range of {
		switch n := size[c].Count; c {
		case transfer.Profiles: // there is one
		case transfer.Posts:
			parts = append(parts, l.Text(locale.Key("%d posts"), n))
			bytes += size[c].Bytes
		case transfer.Photos:
			parts = append(parts, l.Text(locale.Key("%d photos"), n))
			bytes += size[c].Bytes + size[c].ContentBytes
		default:
			parts = append(parts, l.Number(n))
		}
	}
	if bytes > 0 {
		parts = append(parts, l.Bytes(bytes))
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, " · ") + ")"
}
