package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strings"
)

// A Kind says what was done. Those of transfers and moves are the kinds of the
// events of which they are made; see OfEvent.
type Kind string

// The kinds that are not events.
const (
	GrantGiven      Kind = "grant-given"
	GrantRevoked    Kind = "grant-revoked"
	GrantStolen     Kind = "grant-stolen" // a code or refresh token came twice
	SignInFailed    Kind = "sign-in-failed"
	SignInThrottled Kind = "sign-in-throttled"
	PasswordChanged Kind = "password-changed"
	EmailChanged    Kind = "email-changed"
	AccountAdded    Kind = "account-added"
	AccountClosed   Kind = "account-closed"
	ArchiveRead     Kind = "archive-read"
	KeyAdded        Kind = "key-added"    // its overlap with the one before begins
	KeyDropped      Kind = "key-dropped"  // it is published no more
	PodRestored     Kind = "pod-restored" // what was done between the backup and this row is gone
)

// ofEvent are the events that are written down: what begins, ends or cannot be
// taken back. That a move waits or goes on is for its page.
var ofEvent = map[Kind]bool{
	"transfer-open":        true,
	"transfer-frozen":      true,
	"transfer-verified":    true,
	"transfer-redirecting": true, // the stubs are up
	"transfer-finished":    true,
	"transfer-cancelled":   true,
	"transfer-expired":     true,
	"transfer-undone":      true,
	"transfer-erase-now":   true,
	"transfer-erasing":     true,
	"transfer-erased":      true,
	"move-planned":         true,
	"move-done":            true,
	"move-cancelled":       true,
	"move-undone":          true,
	"two-step-on":          true,
	"two-step-off":         true,
	"two-step-reset":       true,
	"recovery-code-used":   true,
	"recovery-codes-new":   true,
}

// OfEvent is the kind of an event's record, if there is to be one.
func OfEvent(kind string) (Kind, bool) { return Kind(kind), ofEvent[Kind(kind)] }

// An Actor is who did something.
type Actor string

// Who can do something. Clients and other pods are known by their host, which
// Record.Host adds.
const (
	Person Actor = "person" // in a browser
	Client Actor = "client" // with a token
	Pod    Actor = "pod"    // with a signed message
	Podmin Actor = "podmin" // by a command
	System Actor = "system" // nobody asked
)

type actorKey struct{}

// By says who does what is done under the context. Each edge of the program
// does so once.
func By(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

// actorOf is who acts under a context; where nobody said so it is the system.
func actorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return cmp.Or(a, System)
}

// A Record is what is to be written down. It holds no secret, no text of a
// post, and nothing that could not stay for ever.
type Record struct {
	Kind    Kind
	Account string // GUID of the person whom it is about, or empty
	Subject string // id of a grant, transfer, move or key, or empty
	Actor   Actor  // empty: whoever acts under the context
	Host    string // of the client or pod that it is about, or empty
	Detail  map[string]any
}

// Most bytes of what can come from elsewhere.
const (
	maxText   = 255
	maxDetail = 4096
)

// row is the record as a row has it, without its place in the chain.
func (r Record) row(ctx context.Context) Row {
	row := Row{Account: clip(r.Account), Kind: r.Kind, Subject: clip(r.Subject), Actor: string(cmp.Or(r.Actor, actorOf(ctx)))}
	host := clip(r.Host)
	if host != "" && (row.Actor == string(Client) || row.Actor == string(Pod)) {
		row.Actor += " " + host
	}
	detail := map[string]any{}
	for name, value := range r.Detail {
		if text, ok := value.(string); ok {
			value = clip(text)
		}
		detail[name] = value
	}
	if host != "" {
		detail["host"] = host
	}
	raw, err := json.Marshal(detail)
	if err == nil && len(detail) > 0 && len(raw) <= maxDetail {
		row.Detail = string(raw)
	}
	return row
}

// clip makes text one that both databases keep as it is.
func clip(s string) string {
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
}

// HostOf is what a client is known by: the host of a client id that is an
// address, else the id.
func HostOf(client string) string {
	if u, err := url.Parse(client); err == nil && u.Host != "" {
		return u.Host
	}
	return client
}
