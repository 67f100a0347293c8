package client

import (
	"context"
	"io"
	"mime"
	"net/http"

	"podmove/transfer"
)

// Bounds of the manifest, a JWS, and of its identifier, which the receipt
// repeats.
const (
	maxManifest  = 1 << 20 // bytes
	maxMessageID = 128
)

// Manifest is what the source signs that it gave, as of now.
func (c *Client) Manifest(ctx context.Context) (m transfer.Manifest, err error) {
	var raw []byte
	err = c.again(ctx, func() error {
		raw, err = c.jws(ctx, c.here(nil, "manifest"))
		return err
	})
	if err != nil {
		return transfer.Manifest{}, err
	}
	err = c.verify(ctx, string(raw), transfer.TypManifest, &m)
	if transfer.CodeOf(err) == transfer.Unavailable || transfer.CodeOf(err) == transfer.KeysDiffer {
		return transfer.Manifest{}, err
	}
	if err != nil {
		return transfer.Manifest{}, transfer.Errorf(transfer.SignatureInvalid, "the old pod's manifest is not signed as a manifest with its key. Nothing was finished").Because(err)
	}
	return m, c.checkManifest(m)
}

func (c *Client) jws(ctx context.Context, address string) ([]byte, error) {
	response, err := c.send(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "application/jose" {
		return nil, transfer.Errorf(transfer.AnswerInvalid, "the old pod's manifest is not a signed message")
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxManifest+1))
	switch {
	case err != nil:
		return nil, unreachable(ctx, err)
	case len(raw) > maxManifest:
		return nil, transfer.Errorf(transfer.AnswerInvalid, "the old pod's manifest is larger than %d bytes", maxManifest)
	}
	return raw, nil
}

// checkManifest: signed by whom, for whom, about what (Protocol §1.4, §4.3).
func (c *Client) checkManifest(m transfer.Manifest) error {
	switch {
	case m.Issuer != c.issuer || m.Audience != c.audience:
		return transfer.Errorf(transfer.SignatureInvalid, "the manifest is not from the old pod to this one. Nothing was finished")
	case m.Transfer != c.transfer || m.Nonce != c.nonce:
		return transfer.Errorf(transfer.NonceForeign, "the manifest is that of another transfer. Nothing was finished")
	case m.Format != transfer.Format || m.IssuedAt <= 0 || m.AsOf < 0 || m.ID == "" || len(m.ID) > maxMessageID,
		len(m.Tallies) > maxCollections, len(m.Unsendable) > maxCollections:
		return transfer.Errorf(transfer.AnswerInvalid, "the manifest lacks what a manifest has. Nothing was finished")
	}
	seen := make(map[transfer.Collection]bool, len(m.Tallies))
	for _, t := range m.Tallies {
		if seen[t.Collection] || t.Count < 0 || !t.Digest.Valid() {
			return transfer.Errorf(transfer.AnswerInvalid, "the manifest counts %.20q in a way that cannot be", t.Collection)
		}
		seen[t.Collection] = true
	}
	for c, n := range m.Unsendable {
		if n < 0 {
			return transfer.Errorf(transfer.AnswerInvalid, "the manifest counts %.20q in a way that cannot be", c)
		}
	}
	return nil
}
