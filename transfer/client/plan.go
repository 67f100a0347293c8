package client

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"podmove/transfer"
)

// Bounds of a plan, which a stranger writes.
const (
	maxPlan        = 64 << 10
	maxCollections = 32
)

// Open opens the transfer, or finds the one that this grant opened with the
// same nonce; the Client speaks with that one from now on.
func (c *Client) Open(ctx context.Context, o transfer.Opening) (transfer.Plan, error) {
	plan, err := c.plan(ctx, http.MethodPost, c.address(nil, "transfers"), o)
	if err != nil {
		return transfer.Plan{}, err
	}
	if !idShape.MatchString(plan.Transfer) || plan.Nonce != o.Nonce || plan.Purpose != o.Purpose {
		return transfer.Plan{}, transfer.Errorf(transfer.AnswerInvalid, "the old pod opened another transfer than was asked for")
	}
	c.transfer, c.nonce = plan.Transfer, plan.Nonce
	return plan, nil
}

// Plan reads the transfer: its plan, its state, how far it is.
func (c *Client) Plan(ctx context.Context) (transfer.Plan, error) {
	return c.mine(c.plan(ctx, http.MethodGet, c.here(nil), nil))
}

// Receipts tells the source what became of items, at most
// transfer.MaxReceipts of them.
func (c *Client) Receipts(ctx context.Context, list []transfer.Outcome) error {
	body := struct {
		Items []transfer.Outcome `json:"items"`
	}{list}
	return c.again(ctx, func() error {
		response, err := c.send(ctx, http.MethodPost, c.here(nil, "receipts"), body)
		if err != nil {
			return err
		}
		return response.Body.Close()
	})
}

// Freeze has the account at the source stand still, and answers the state
// reached. A source that cannot do that answers with NotFound or MethodRefused.
func (c *Client) Freeze(ctx context.Context) (transfer.Plan, error) {
	return c.mine(c.plan(ctx, http.MethodPost, c.here(nil, "freeze"), struct{}{}))
}

// Complete hands over the signed receipt and answers the state reached.
func (c *Client) Complete(ctx context.Context, receipt string) (transfer.Plan, error) {
	body := map[string]string{"receipt": receipt}
	return c.mine(c.plan(ctx, http.MethodPost, c.here(nil, "complete"), body))
}

// Cancel ends the transfer if that is still possible, and answers the state
// reached.
func (c *Client) Cancel(ctx context.Context) (transfer.Plan, error) {
	return c.mine(c.plan(ctx, http.MethodPost, c.here(nil, "cancel"), struct{}{}))
}

// mine refuses the plan of another transfer.
func (c *Client) mine(p transfer.Plan, err error) (transfer.Plan, error) {
	switch {
	case err != nil:
		return transfer.Plan{}, err
	case p.Transfer != c.transfer || p.Nonce != c.nonce:
		return transfer.Plan{}, transfer.Errorf(transfer.NonceForeign, "the old pod answered for another transfer than ours")
	}
	return p, nil
}

func (c *Client) plan(ctx context.Context, method, address string, body any) (plan transfer.Plan, err error) {
	err = c.again(ctx, func() error {
		response, err := c.send(ctx, method, address, body)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		raw, err := io.ReadAll(io.LimitReader(response.Body, maxPlan+1))
		if err != nil {
			return unreachable(ctx, err)
		}
		plan, err = parsePlan(raw)
		return err
	})
	return plan, err
}

// send makes a request with a JSON body, or without one if it is nil.
func (c *Client) send(ctx context.Context, method, address string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return c.exchange(request, http.StatusOK, http.StatusCreated)
}

// parsePlan reads a plan and refuses one that cannot be kept to.
func parsePlan(raw []byte) (transfer.Plan, error) {
	var p transfer.Plan
	if len(raw) > maxPlan || json.Unmarshal(raw, &p) != nil {
		return transfer.Plan{}, transfer.Errorf(transfer.AnswerInvalid, "the old pod's plan is not JSON of the agreed shape")
	}
	if p.Format != transfer.Format {
		return transfer.Plan{}, transfer.Errorf(transfer.AnswerInvalid, "the old pod sends items of format %d, and this pod reads format %d", p.Format, transfer.Format)
	}
	seen := make(map[transfer.Collection]bool, len(p.Collections))
	for _, c := range p.Collections {
		if c.Count < 0 || c.Bytes < 0 || c.ContentBytes < 0 || seen[c.Collection] || len(seen) == maxCollections {
			return transfer.Plan{}, transfer.Errorf(transfer.AnswerInvalid, "the old pod's plan counts %.20q in a way that cannot be", c.Collection)
		}
		seen[c.Collection] = true
	}
	return p, nil
}
