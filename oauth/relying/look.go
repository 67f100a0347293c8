package relying

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"podmove/internal/outbound"
	"podmove/oauth"
	"podmove/transfer"
)

// What a clock and a certificate may be like. Another provider than ours may
// have no more leeway for an assertion than half a minute.
const (
	clockOff    = 30 * time.Second
	clockWrong  = transfer.ClockSkew
	certificate = 14 * 24 * time.Hour
)

// Look reads what the pod of an ID tells everybody, and says of each thing that
// a move needs whether it is there (Protocol §2.8). The error is that of the
// first obstacle, as it would stop the move; nil if there is none.
func (p *Party) Look(ctx context.Context, id string, purpose transfer.Purpose) ([]transfer.Finding, error) {
	ctx, cancel := p.within(ctx)
	defer cancel()
	w := &witness{next: p.HTTP.Transport, now: p.Now}
	l := look{Party: p.through(w), seen: w}
	peer, err := l.find(ctx, id)
	if err == nil {
		err = errors.Join(l.documents(ctx, peer), l.clock(peer.Issuer))
		l.abilities(peer, purpose)
	}
	if coded, ok := errors.AsType[*transfer.Error](err); ok {
		return l.list, coded
	}
	return l.list, err
}

// through is a Party like this one that remembers nothing but nonces for proofs
// and is watched.
func (p *Party) through(w *witness) *Party {
	o, client := p.Options, *p.HTTP
	client.Transport = w
	o.HTTP = &client
	own := New(o)
	own.prover = p.prover
	return own
}

// A look is one call of Look.
type look struct {
	*Party
	seen *witness
	host string
	list []transfer.Finding
}

func (l *look) add(level transfer.Level, sight transfer.Sight, what string) {
	l.list = append(l.list, transfer.Finding{Sight: sight, Level: level, Host: l.host, What: what})
}

// find goes from the ID to what its pod publishes. One obstacle ends it.
func (l *look) find(ctx context.Context, id string) (Peer, error) {
	l.host = idHost(id)
	issuer, err := l.issuer(ctx, id)
	if err != nil {
		l.add(transfer.Obstacle, sightOf(err), id)
		return Peer{}, err
	}
	l.host = hostOf(issuer)
	l.add(transfer.Fine, transfer.PodFound, id)
	peer, err := l.peer(ctx, issuer)
	l.encryption()
	if err != nil {
		l.add(transfer.Obstacle, sightOf(err), missing(err))
	}
	return peer, err
}

// encryption says how long the certificate is good for. One that is not good
// would not have brought an answer.
func (l *look) encryption() {
	f := transfer.Finding{Sight: transfer.CertificateGood, Level: transfer.Fine, Host: l.host, At: l.seen.ends}
	switch {
	case l.seen.ends.IsZero():
		f.Sight, f.Level = transfer.NotEncrypted, transfer.Warning
	case l.seen.ends.Before(l.Now().Add(certificate)):
		f.Sight, f.Level = transfer.CertificateEnds, transfer.Warning
	}
	l.list = append(l.list, f)
}

// documents compares the two discovery documents, which are to be one (Protocol
// §1.2). A provider that has only OpenID Connect's has no second one to differ.
func (l *look) documents(ctx context.Context, peer Peer) error {
	var raw json.RawMessage
	err := outbound.JSON(ctx, l.HTTP, peer.Issuer+"/.well-known/oauth-authorization-server", maxDocument, &raw)
	if status, ok := errors.AsType[*outbound.StatusError](err); ok && unknown(status.Code) {
		err = nil
	} else if err == nil {
		var second struct {
			Issuer string `json:"issuer"`
			metadata
		}
		if err = json.Unmarshal(raw, &second); err == nil && (second.Issuer != peer.Issuer || !second.same(peer.at)) {
			err = errors.New("discovery: the two documents differ")
		}
	}
	if err != nil {
		l.add(transfer.Obstacle, transfer.DocumentsDiffer, "")
		return broken(l.host, "%w", err)
	}
	l.add(transfer.Fine, transfer.DocumentsAgree, "")
	return nil
}

// same: the same endpoints; what is listed may stand in another order.
func (m metadata) same(o metadata) bool {
	return m.Authorize == o.Authorize && m.Push == o.Push && m.Token == o.Token && m.Revocation == o.Revocation && m.KeySet == o.KeySet
}

// abilities says whether the pod lets accounts go, and in which format. That it
// can do all else was looked at with its documents.
func (l *look) abilities(peer Peer, purpose transfer.Purpose) {
	sight, level := transfer.MovesOffered, transfer.Fine
	if purpose == transfer.Move && !slices.Contains(peer.at.Scopes, oauth.ScopeMove) {
		sight, level = transfer.MovesUnsaid, transfer.Warning
	}
	l.add(level, sight, "")
	sight = transfer.FormatSame
	if len(peer.formats) == 0 {
		sight = transfer.FormatUnsaid
	}
	l.add(transfer.Fine, sight, "")
}

// clock compares the clocks.
func (l *look) clock(issuer string) error {
	f := transfer.Finding{Sight: transfer.ClockRight, Level: transfer.Fine, Host: l.host, Span: l.seen.off.Abs()}
	defer func() { l.list = append(l.list, f) }()
	switch {
	case !l.seen.dated:
		f.Sight, f.Level = transfer.ClockUnsaid, transfer.Warning
	case f.Span > clockWrong:
		f.Sight, f.Level = transfer.ClockWrong, transfer.Obstacle
		return l.seen.late(issuer)
	case f.Span > clockOff:
		f.Sight, f.Level = transfer.ClockOff, transfer.Warning
	}
	return nil
}
