package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"podmove/transfer"
)

// Content is a photo's bytes from an offset on. What the bytes are worth is
// for the caller to hash; what is checked here is that they are of the photo
// that its page named, so that two versions are never joined.
func (c *Client) Content(ctx context.Context, photo string, from int64) (body io.ReadCloser, err error) {
	if !transfer.ValidGUID(photo) { // it would leave its segment of the address
		return nil, transfer.Errorf(transfer.NotFound, "no photo can have this guid")
	}
	tag := c.tags.of(photo)
	err = c.again(ctx, func() error {
		body, err = c.content(ctx, photo, tag, from)
		return err
	})
	return body, err
}

func (c *Client) content(ctx context.Context, photo, tag string, from int64) (io.ReadCloser, error) {
	address := c.here(nil, string(transfer.Photos), photo, "content")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if from > 0 {
		request.Header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-")
		if tag != "" {
			request.Header.Set("If-Range", tag) // RFC 9110 §13.1.5
		}
	}
	response, err := c.exchange(request, http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
	if err != nil {
		return nil, err
	}
	if err := checkContent(response, tag, from); err != nil {
		response.Body.Close()
		return nil, err
	}
	return stream{ctx, response.Body}, nil
}

// A stream is a body whose breaking off is the pod's doing, not ours.
type stream struct {
	ctx context.Context
	io.ReadCloser
}

func (s stream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = unreachable(s.ctx, err)
	}
	return n, err
}

// checkContent refuses bytes of another photo, another coding, or another
// place in the photo. A pod that does not know ranges answers 200, and the
// bytes already here are skipped.
func checkContent(r *http.Response, tag string, from int64) error {
	got := r.Header.Get("ETag")
	switch coding := r.Header.Get("Content-Encoding"); {
	case r.StatusCode == http.StatusRequestedRangeNotSatisfiable, tag != "" && got != "" && got != tag:
		return transfer.Errorf(transfer.ContentDiffers, "the old pod has other bytes for a photo than it said")
	case coding != "" && coding != "identity":
		return transfer.Errorf(transfer.AnswerInvalid, "the old pod sent a photo in a coding that was not asked for")
	case r.StatusCode == http.StatusPartialContent:
		if !strings.HasPrefix(r.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(from, 10)+"-") {
			return transfer.Errorf(transfer.AnswerInvalid, "the old pod sent another part of a photo than was asked for")
		}
		return nil
	}
	if _, err := io.CopyN(io.Discard, r.Body, from); err != nil {
		return transfer.Errorf(transfer.ContentDiffers, "the old pod has fewer bytes for a photo than it said")
	}
	return nil
}

// etags remember what the last two pages of photos said of their content: the
// one being stored and the one fetched ahead.
type etags struct {
	mu           sync.Mutex
	last, before map[string]string
}

func (t *etags) learn(entries []transfer.Entry) {
	page := make(map[string]string, len(entries))
	for _, e := range entries {
		var photo struct {
			SHA256 transfer.Digest `json:"sha256"`
		}
		if json.Unmarshal(e.Item, &photo) == nil && photo.SHA256.Valid() {
			page[e.GUID] = `"` + string(photo.SHA256) + `"`
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.before, t.last = t.last, page
}

// of is the strong entity tag of a photo's content, "" if no page named it.
func (t *etags) of(photo string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tag := t.last[photo]; tag != "" {
		return tag
	}
	return t.before[photo]
}
