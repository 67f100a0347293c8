package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/api/contract"
	"podmove/oauth"
	"podmove/transfer"
	"podmove/transfer/source"
)

// Bounds of what a client sends, in bytes.
const (
	maxRequest  = 64 << 10
	maxReceipts = 8 << 20 // transfer.MaxReceipts lines with long addresses
	maxSigned   = 1<<20 + 4<<10
)

// Source is the giving side of this pod.
type Source interface {
	Open(ctx context.Context, g oauth.Grant, o transfer.Opening) (source.Opened, error)
	State(ctx context.Context, g oauth.Grant, id string) (transfer.Plan, error)
	Page(ctx context.Context, g oauth.Grant, id string, r source.PageRequest) (transfer.Page, error)
	Content(ctx context.Context, g oauth.Grant, id, photo string) (source.Photo, error)
	SignedManifest(ctx context.Context, g oauth.Grant, id string) (string, error)
	Receipts(ctx context.Context, g oauth.Grant, id string, list []transfer.Outcome) error
	Freeze(ctx context.Context, g oauth.Grant, id string) (transfer.Plan, error)
	Complete(ctx context.Context, g oauth.Grant, id, receipt string) (transfer.Plan, error)
	Cancel(ctx context.Context, g oauth.Grant, id string) (transfer.Plan, error)
}

// Transfers is the transfer API (Protocol §4).
type Transfers struct {
	Source Source
	Tokens oauth.Introspector
	Proofs oauth.Proofs
	Origin string // the pod's public URL, without a slash at the end
	Budget Budget // of a grant
}

var (
	_ contract.ServerInterface = Transfers{}
	_ Source                   = (*source.Service)(nil)
)

// Mount adds the routes of the contract, all behind the token.
func (t Transfers) Mount(r gin.IRouter) {
	inside := r.Group("", guard{tokens: t.Tokens, proofs: t.Proofs, origin: t.Origin}.admit, within(t.Budget))
	contract.RegisterHandlersWithOptions(inside, t, contract.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) {
			what, _, _ := strings.Cut(err.Error(), ": ") // what follows speaks of Go
			Fail(c, transfer.Errorf(transfer.RequestInvalid, "%s", what).Because(err))
		},
	})
}

// GetIndex tells a client what its token is good for.
func (t Transfers) GetIndex(c *gin.Context) {
	g := grantOf(c)
	answer(c, http.StatusOK, map[string]any{
		"account": g.Account, "format": transfer.Format, "scopes": g.Scopes, "collections": g.Details.Collections,
	}, nil)
}

// OpenTransfer opens a transfer: 201, or 200 when it was opened before.
func (t Transfers) OpenTransfer(c *gin.Context) {
	var o transfer.Opening
	if err := body(c, maxRequest, &o); err != nil {
		Fail(c, err)
		return
	}
	opened, err := t.Source.Open(c.Request.Context(), grantOf(c), o)
	status := http.StatusOK
	if opened.New {
		status = http.StatusCreated
	}
	answer(c, status, opened.Plan, err)
}

// GetTransfer answers the plan, the state and the progress.
func (t Transfers) GetTransfer(c *gin.Context, id contract.TransferID) {
	plan, err := t.Source.State(c.Request.Context(), grantOf(c), id)
	answer(c, http.StatusOK, plan, err)
}

// ReportReceipts stores what became of single items.
func (t Transfers) ReportReceipts(c *gin.Context, id contract.TransferID) {
	var request struct {
		Items []transfer.Outcome `json:"items"`
	}
	if err := body(c, maxReceipts, &request); err != nil {
		Fail(c, err)
		return
	}
	if request.Items == nil { // a misspelt member would else report nothing, and be thanked for it
		Fail(c, transfer.Errorf(transfer.RequestInvalid, "items is missing"))
		return
	}
	err := t.Source.Receipts(c.Request.Context(), grantOf(c), id, request.Items)
	answer(c, http.StatusOK, map[string]int{"received": len(request.Items)}, err)
}

// GetManifest answers the signed manifest.
func (t Transfers) GetManifest(c *gin.Context, id contract.TransferID) {
	signed, err := t.Source.SignedManifest(c.Request.Context(), grantOf(c), id)
	if err != nil {
		Fail(c, err)
		return
	}
	c.Data(http.StatusOK, "application/jose", []byte(signed))
}

// FreezeTransfer has the account stand still and answers the state reached.
func (t Transfers) FreezeTransfer(c *gin.Context, id contract.TransferID) {
	plan, err := t.Source.Freeze(c.Request.Context(), grantOf(c), id)
	answer(c, http.StatusOK, plan, err)
}

// CompleteTransfer takes the signed receipt and answers the state reached.
func (t Transfers) CompleteTransfer(c *gin.Context, id contract.TransferID) {
	var request struct {
		Receipt string `json:"receipt"`
	}
	if err := body(c, maxSigned, &request); err != nil {
		Fail(c, err)
		return
	}
	plan, err := t.Source.Complete(c.Request.Context(), grantOf(c), id, request.Receipt)
	answer(c, http.StatusOK, plan, err)
}

// CancelTransfer gives the transfer up and answers the state reached.
func (t Transfers) CancelTransfer(c *gin.Context, id contract.TransferID) {
	plan, err := t.Source.Cancel(c.Request.Context(), grantOf(c), id)
	answer(c, http.StatusOK, plan, err)
}

// body reads one JSON value of at most max bytes. Members that we do not know
// are passed over: a later version of a client may send them.
func body(c *gin.Context, max int64, into any) error {
	if c.ContentType() != "application/json" {
		return transfer.Errorf(transfer.RequestInvalid, "the body is application/json")
	}
	dec := json.NewDecoder(http.MaxBytesReader(c.Writer, c.Request.Body, max))
	err := dec.Decode(into)
	if err == nil {
		// Nothing may follow. More would pass over a bracket too many.
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) { // it came too slowly
		return transfer.Errorf(transfer.Unavailable, "the body did not arrive in time; nothing of it was used. Send it again").Because(err)
	}
	return transfer.Errorf(transfer.RequestInvalid, "the body is not one JSON value of the agreed shape").Because(err)
}

// answer writes v as JSON, or the error.
func answer(c *gin.Context, status int, v any, err error) {
	if err != nil {
		Fail(c, err)
		return
	}
	c.PureJSON(status, v)
}
