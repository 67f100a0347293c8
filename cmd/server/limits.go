package main

import (
	"net/http"
	"strings"
	"time"

	"podmove/api"
	"podmove/internal/config"
	"podmove/internal/limit"
	"podmove/oauth/provider"
	"podmove/web"
)

// limits are the pod's budgets of requests, by whose they are.
type limits struct {
	proxies limit.Proxies

	all      *limit.Table // of everyone together
	peers    *limit.Table // addresses at the transfer API
	messages *limit.Table // addresses that send signed messages
	strange  *limit.Table // addresses that ask for what needs no account
	signUps  *limit.Table // addresses that make accounts
	visitors *limit.Table // addresses that look at pages and photos
	grants   *limit.Table
	accounts *limit.Table
}

func newLimits(c config.Config, now func() time.Time) *limits {
	part := func(n, of int) *limit.Table {
		if n > 0 {
			n = max(1, n/of)
		}
		return limit.New(n, now)
	}
	return &limits{
		proxies:  c.Proxies(),
		all:      part(c.LimitAll, 1),
		peers:    part(c.LimitPeer, 1),
		messages: part(c.LimitPeer, 10),
		strange:  part(c.LimitStranger, 1),
		signUps:  part(c.LimitStranger, 60),
		visitors: part(c.LimitVisitor, 1),
		grants:   part(c.LimitPeer, 1),
		accounts: part(c.LimitAccount, 1),
	}
}

// take takes a request from its address's budget, and then from everyone's: who
// has nothing left takes nothing from others.
func (l *limits) take(r *http.Request) time.Duration {
	table := l.of(r)
	if table == nil {
		return 0
	}
	if wait := table.Take(limit.Key(l.proxies.From(r))); wait > 0 {
		return wait
	}
	return l.all.Take("")
}

// of is the table that counts a request by its address.
func (l *limits) of(r *http.Request) *limit.Table {
	path, posted := r.URL.Path, r.Method == http.MethodPost
	switch {
	case path == "/healthz" || path == "/readyz":
		return nil // a proxy asks them to know whether to send anybody here
	case strings.HasPrefix(path, "/transfer/v1/holdings"), strings.HasPrefix(path, "/transfer/v1/notices"):
		return l.messages
	case strings.HasPrefix(path, "/transfer/"):
		return l.peers
	case posted && path == "/sign-up":
		return l.signUps
	case posted && (path == "/sign-in" || path == "/move" || path == "/departures"): // the last two ask other pods
		return l.strange
	case strings.HasPrefix(path, "/oauth/"), strings.HasPrefix(path, "/.well-known/"):
		return l.strange
	default:
		return l.visitors
	}
}

// limited lets through what a budget is left for. Others are told to come back,
// each in the form that it reads (Protocol §8).
func limited(l *limits, site *web.Site, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait := l.take(r)
		switch path := r.URL.Path; {
		case wait == 0:
			next.ServeHTTP(w, r)
		case forPeople(path) && !knock(r).json:
			site.Busy(w, r, wait)
		case strings.HasPrefix(path, "/oauth/"):
			provider.Busy(w, wait)
		default:
			api.Busy(w, wait)
		}
	})
}

// forPeople: what a browser shows.
func forPeople(path string) bool {
	for _, page := range []string{"/oauth/authorize", "/oauth/interactions/", "/oauth/callback"} {
		if strings.HasPrefix(path, page) {
			return true
		}
	}
	for _, programs := range []string{"/oauth/", "/.well-known/", "/transfer/", "/openapi.yaml"} {
		if strings.HasPrefix(path, programs) {
			return false
		}
	}
	return true
}
