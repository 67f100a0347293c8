package main

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"podmove/internal/audit"
	"podmove/internal/pod"
)

// by says in the context of each request who acts through a face.
func by(who audit.Actor, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(audit.By(r.Context(), who)))
	})
}

// refusedSignIn writes down that somebody was not let in. It knows no address
// but the network, and no username that is not an account's: rows stay for
// ever, and people type passwords into that field.
func (g *ground) refusedSignIn(ctx context.Context, kind audit.Kind, username string, from netip.Addr) {
	r := audit.Record{Kind: kind, Actor: audit.System}
	if network := networkOf(from); network != "" {
		r.Detail = map[string]any{"network": network}
	}
	a, err := g.store.AccountNamed(ctx, strings.ToLower(strings.TrimSpace(username)))
	switch {
	case err == nil:
		r.Account = a.GUID
	case errors.Is(err, pod.ErrNoAccount):
		err = nil
	}
	if err == nil {
		err = g.store.AuditCounted(ctx, r)
	}
	if err != nil {
		g.log.ErrorContext(ctx, "cannot write down a refused sign-in", "error", err)
	}
}

// networkOf is the part of an address that stands for a provider's network and
// not for a person.
func networkOf(at netip.Addr) string {
	bits := 48
	if at.Is4() {
		bits = 24
	}
	network, err := at.Prefix(bits)
	if err != nil || !network.IsValid() {
		return ""
	}
	return network.Masked().String()
}

// tellHead puts the head of the audit log into the log of the program once a
// day. Who keeps that elsewhere can tell a chain that was written anew from the
// one that was.
func (g *ground) tellHead(ctx context.Context) error {
	head, err := g.store.AuditHead(ctx)
	if err == nil {
		g.log.InfoContext(ctx, "the head of the audit log", "noted", head.String())
	}
	return errors.Join(err, g.store.SweepAuditCounts(ctx))
}
