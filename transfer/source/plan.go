package source

import (
	"context"
	"net/url"

	"podmove/oauth"
	"podmove/transfer"
)

// State is the plan with the state and the progress as of now.
func (s *Service) State(ctx context.Context, g oauth.Grant, id string) (transfer.Plan, error) {
	t, err := s.find(ctx, g, id)
	if err != nil {
		return transfer.Plan{}, err
	}
	return s.plan(ctx, t)
}

// measure announces the size of what t carries.
func (s *Service) measure(ctx context.Context, t Transfer) (transfer.Plan, error) {
	p := transfer.Plan{
		Transfer: t.ID, Nonce: t.Nonce, Purpose: t.Purpose, State: t.State, Format: transfer.Format,
		Since: spelled(t.Since), Until: spelled(t.Until), Limited: t.Limited,
		Collections: make([]transfer.CollectionPlan, len(t.Collections)),
		Limits: transfer.Limits{
			PageItems: s.PageItems, PageBytes: transfer.MaxPageBytes, ReceiptItems: transfer.MaxReceipts,
		},
	}
	for i, c := range t.Collections {
		size, err := s.Records.Measure(ctx, t.Scope(), c)
		if err != nil {
			return p, err
		}
		size.Collection = c
		p.Collections[i] = size
	}
	return p, nil
}

// plan is what was announced, brought up to date.
func (s *Service) plan(ctx context.Context, t Transfer) (transfer.Plan, error) {
	p := t.Plan
	p.State, p.Leftover, p.GraceEnds = t.State, t.Leftover, spelled(t.GraceEnds)
	p.Stood = t.Stood.Milliseconds()
	if s.Address != "" {
		p.Page = s.Address + t.ID
	}
	progress, err := s.Transfers.Progress(ctx, t.ID)
	if err != nil {
		return p, err
	}
	p.Collections = make([]transfer.CollectionPlan, len(t.Plan.Collections))
	for i, c := range t.Plan.Collections {
		c.Read, c.Received = progress[c.Collection].Read, progress[c.Collection].Received
		p.Collections[i] = c
	}
	return p, nil
}

// host names the destination pod in a line for the person.
func host(t Transfer) string {
	if u, err := url.Parse(t.Client); err == nil && u.Host != "" {
		return u.Host
	}
	return t.Client
}
