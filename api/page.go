package api

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/api/contract"
	"podmove/transfer"
	"podmove/transfer/source"
)

// nonceHeader carries the request nonce there and back (Protocol §4.3).
const nonceHeader = "Transfer-Nonce"

// GetPage answers a page. It is written by transfer's own encoder around the
// items' bytes: anything else would break their digests.
func (t Transfers) GetPage(c *gin.Context, id contract.TransferID, collection contract.Collection, params contract.GetPageParams) {
	r := source.PageRequest{Collection: transfer.Collection(collection)}
	if params.Cursor != nil {
		r.After = transfer.Cursor(*params.Cursor)
	}
	if params.TransferNonce != nil {
		r.Nonce = *params.TransferNonce
	}
	if params.Limit != nil {
		if r.Limit = *params.Limit; r.Limit == 0 {
			r.Limit = -1 // asked for, so refused
		}
	}
	page, err := t.Source.Page(c.Request.Context(), grantOf(c), id, r)
	if err != nil {
		Fail(c, err)
		return
	}
	c.Header(nonceHeader, r.Nonce)
	c.Header("Content-Type", "application/json")
	c.Status(http.StatusOK)
	if err := transfer.WritePage(c.Writer, page); err != nil {
		_ = c.Error(err) // part of the answer is out: nothing but the log is left
	}
}

// GetContent answers a photo's bytes, or a part of them (RFC 9110 §14).
func (t Transfers) GetContent(c *gin.Context, id contract.TransferID, guid contract.GUID, _ contract.GetContentParams) {
	photo, err := t.Source.Content(c.Request.Context(), grantOf(c), id, guid)
	if err != nil {
		Fail(c, err)
		return
	}
	defer photo.Close()
	c.Header("Content-Type", photo.Type)
	c.Header("ETag", `"`+string(photo.SHA256)+`"`)
	c.Header("Repr-Digest", reprDigest(photo.SHA256)) // RFC 9530 §3: of the whole, with 206 as well
	if strings.Contains(c.GetHeader("Range"), ",") {
		// RFC 9110 §14.2: a server may pass over Range. Several parts would come
		// as multipart/byteranges, which is no photo.
		c.Request.Header.Del("Range")
	}
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, photo)
}

// reprDigest spells a digest as a structured field (RFC 9530 §3).
func reprDigest(d transfer.Digest) string {
	sum, err := hex.DecodeString(string(d))
	if err != nil {
		return ""
	}
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}
