package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"podmove"
	"podmove/api"
	"podmove/internal/audit"
	"podmove/internal/markup"
	"podmove/internal/pod"
	"podmove/web"
)

// maxStreams is how many pages are told of progress at once; others look again
// by themselves.
const maxStreams = 500

// maxDownloads is how many people at once are given all that is theirs.
const maxDownloads = 4

// faces are what the pod shows: pages for people, JSON for programs, OAuth, and
// the front door before them.
func (p *podServer) faces(r rooms) (http.Handler, error) {
	sessions := pod.NewSessions(pod.SessionOptions{
		Origin: p.origin, Lifetime: p.config.SessionLifetime.Std(), Rows: p.store, Now: p.now, Log: p.log,
	})
	window := pod.Window{Library: p.store, Host: p.config.Host()}
	budgets := newLimits(p.config, p.now)
	site, err := p.site(sessions, budgets)
	if err != nil {
		return nil, err
	}
	pages, err := p.pages(r, site, window)
	if err != nil {
		return nil, err
	}
	programs := p.programs(r, budgets)
	notices := by(audit.Pod, programs)
	pages, programs = by(audit.Person, pages), by(audit.Client, programs)
	door := p.door(r, pages, p.data(r, sessions, window))
	mux := p.route(by(audit.Client, r.provider.Handler()), pages, programs)
	mux.Handle("/transfer/v1/notices", notices)
	mux.Handle("/", door)
	return headers(p.origin, short(legible(limited(budgets, site, spelled(mux, door))))), nil
}

// route says which face answers where. What ends in a slash is named without
// it, too: the mux would redirect it, a POST by 307 (RFC 9700 §4.12).
func (p *podServer) route(oauth, pages, programs http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", p.readyz)
	for _, path := range []string{"/oauth", "/oauth/", "/.well-known", "/.well-known/"} {
		mux.Handle(path, oauth)
	}
	for _, path := range []string{"/oauth/authorize", "/oauth/interactions", "/oauth/interactions/", "/oauth/callback"} {
		mux.Handle(path, pages)
	}
	for _, once := range []string{"/oauth/authorize", "/oauth/callback"} {
		mux.HandleFunc("HEAD "+once, onlyOnce)
	}
	for _, path := range []string{"/.well-known/webfinger", "/transfer", "/transfer/", "/openapi.yaml", "/docs"} {
		mux.Handle(path, programs)
	}
	return mux
}

// site is what all pages share.
func (p *podServer) site(sessions *pod.Sessions, budgets *limits) (*web.Site, error) {
	return web.NewSite(web.Options{
		Origin: p.origin, Contact: p.config.AdminContact, Proxies: p.config.Proxies(), MaxPhoto: int64(p.config.MaxPhoto),
		Closed: p.config.Registration == "closed", Sessions: sessions, Accounts: p.store, Log: p.log,
		Budget: func(account int64) time.Duration { return budgets.accounts.Take(strconv.FormatInt(account, 10)) },
	})
}

// pages are what people see.
func (p *podServer) pages(r rooms, site *web.Site, window pod.Window) (http.Handler, error) {
	text, err := markup.New(markup.Options{Origin: p.origin})
	if err != nil {
		return nil, err
	}
	return web.New(site, p.groups(site, r, window, text)...), nil
}

// groups are the pages by what they are about.
func (p *podServer) groups(site *web.Site, r rooms, window pod.Window, text *markup.Renderer) []web.Group {
	return []web.Group{
		web.Home{Site: site, Window: window, Markup: text},
		web.Compose{Site: site, Author: r.author, Window: window, Markup: text},
		web.Pictures{Site: site, Author: r.author},
		web.Contacts{Site: site, Author: r.author},
		web.ProfileForm{Site: site, Author: r.author, Window: window},
		web.Settings{Site: site, Keeping: r.gate, Events: p.store, Now: p.now},
		web.Apps{Site: site, Connections: r.provider, Transfers: r.source.List},
		web.Activity{Site: site, Log: p.store},
		web.Delays{Site: site, List: p.store.Delays},
		web.TwoStep{Site: site, Steps: r.steps, Now: p.now},
		&web.Download{Site: site, Own: r.source.Own, Slots: make(chan struct{}, maxDownloads), Now: p.now},
		web.Doors{Site: site, Gate: r.gate, Refused: p.refusedSignIn, Now: p.now},
		web.Public{Site: site, Window: window, Markup: text, Images: p.images},
		web.Consent{Site: site, Interactions: r.provider, Measure: r.source.Measure, Lost: r.source.Lost, Moving: r.source.Moving, Left: r.source.Untransferred, Labels: p.store.Labels, Grace: p.config.Grace.Std(), Now: p.now},
		web.Moves{Site: site, Mover: r.mover, Check: r.mover.Check, Undo: r.keeper.Undo, Now: p.now, Streams: make(chan struct{}, maxStreams), Stopping: p.stopping},
		web.Departures{
			Site: site, Source: r.source, Redirects: r.redirects, Events: p.store, Labels: p.store.Labels, TrustKeys: r.pins.Confirm,
			Initiate: r.provider.Initiate, Suggested: p.config.SuggestedPods, Grace: p.config.Grace.Std(), Now: p.now,
		},
	}
}

// programs are what programs with a token, or with none, read.
func (p *podServer) programs(r rooms, budgets *limits) http.Handler {
	return api.New(api.Options{Log: p.log, Groups: []api.Group{
		api.Transfers{Source: r.source, Tokens: r.provider, Proofs: r.provider.Uses(), Origin: p.origin, Budget: budgets.grants.Take},
		api.Holdings{Keeper: r.keeper},
		api.Notices{Sides: []api.Side{r.redirects, r.keeper}, MovedOn: r.redirects.HearOnward},
		api.WebFinger{Origin: p.origin, Accounts: p.store},
		api.NewDocs(podmove.OpenAPI),
	}})
}

// data are the JSON forms of pages. They know who is signed in, as the pages do.
func (p *podServer) data(r rooms, sessions *pod.Sessions, window pod.Window) http.Handler {
	viewer := func(ctx context.Context) (pod.Viewer, error) { return sessions.Viewer(ctx, window) }
	signedIn := func(ctx context.Context) (int64, error) {
		v, err := viewer(ctx)
		return v.Account, err
	}
	return sessions.Wrap(api.New(api.Options{Log: p.log, Groups: []api.Group{
		api.Public{Origin: p.origin, Window: window, Viewer: viewer, Earlier: p.store.EarlierIDs},
		api.Moves{Reports: r.mover, Account: signedIn},
		api.Departures{Source: r.source, Redirects: r.redirects, Account: signedIn},
	}}))
}

// onlyOnce spares what an address can be used for once from those who only
// look whether it is there.
func onlyOnce(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Allow", http.MethodGet)
	w.WriteHeader(http.StatusMethodNotAllowed)
}
