package client

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"strconv"

	"podmove/transfer"
)

// nonceHeader carries the request nonce there and back (Protocol §4.3).
const nonceHeader = "Transfer-Nonce"

// Page is what lies after the cursor. A lost answer is asked for again with
// the same cursor and a fresh nonce (Protocol §4.3).
func (c *Client) Page(ctx context.Context, of transfer.Collection, after transfer.Cursor, limit int) (page transfer.Page, err error) {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if after != "" {
		query.Set("cursor", string(after))
	}
	address := c.here(query, string(of))
	err = c.again(ctx, func() error {
		page, err = c.page(ctx, address)
		return err
	})
	if err != nil {
		return transfer.Page{}, err
	}
	if page.Collection != of {
		return transfer.Page{}, transfer.Errorf(transfer.AnswerInvalid, "the old pod was asked for %s and sent %.20q", of, page.Collection)
	}
	if len(page.Entries) > limit {
		return transfer.Page{}, transfer.Errorf(transfer.AnswerInvalid, "the old pod was asked for %d %s and sent %d", limit, of, len(page.Entries))
	}
	if of == transfer.Photos {
		c.tags.learn(page.Entries)
	}
	page.After = after
	return page, nil
}

func (c *Client) page(ctx context.Context, address string) (transfer.Page, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return transfer.Page{}, err
	}
	nonce := rand.Text() // at least 128 random bits
	request.Header.Set(nonceHeader, nonce)
	response, err := c.exchange(request, http.StatusOK)
	if err != nil {
		return transfer.Page{}, err
	}
	defer response.Body.Close()
	if response.Header.Get(nonceHeader) != nonce {
		return transfer.Page{}, transfer.Errorf(transfer.NonceForeign, "the old pod sent a page that answers another request")
	}
	page, err := transfer.ReadPage(response.Body)
	switch {
	case ctx.Err() != nil:
		return transfer.Page{}, ctx.Err()
	case err != nil:
		return transfer.Page{}, err
	case page.Transfer != c.transfer || page.Nonce != c.nonce:
		return transfer.Page{}, transfer.Errorf(transfer.NonceForeign, "the old pod sent a page of another transfer")
	}
	return page, nil
}
