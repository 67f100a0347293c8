package web

import (
	"cmp"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/internal/pod"
)

// Bounds of a form that brings files.
const (
	maxFiles  = 20
	maxFields = 1000 // of different names
)

// uploads are where forms may bring files.
var uploads = []string{"/posts", "/settings/profile"}

// brings reports whether a request is a form with files where files may come.
func brings(r *http.Request) bool {
	at := slices.ContainsFunc(uploads, func(path string) bool {
		return r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/")
	})
	return at && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// readForm reads a form, and hands each of its files to keep as it comes: none
// is held in memory beside the others. Fields come before files or after, and
// are read also where a file was refused: the form is shown again with them.
func readForm(c *gin.Context, keep func(file io.Reader) error) (url.Values, error) {
	parts, err := c.Request.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		if err = c.Request.ParseForm(); err != nil {
			err = brokenOff(err)
		}
		return c.Request.PostForm, err
	}
	if err != nil {
		return nil, brokenOff(err)
	}
	form, room, files := url.Values{}, int64(maxForm), 0
	var refused error // the first file that was
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, refused
		}
		if err != nil {
			return form, cmp.Or(refused, brokenOff(err))
		}
		if part.FileName() != "" {
			if files++; files > maxFiles {
				return form, cmp.Or(refused, error(pod.Refusal{Field: pod.Photos, Message: "At most 20 photos can come at once."}))
			}
			if refused == nil {
				refused = keep(part)
			}
			continue
		}
		if room, err = readField(part, form, room); err != nil {
			return form, err
		}
	}
}

// readField reads one field within the room that is left for all of them.
func readField(part *multipart.Part, form url.Values, room int64) (int64, error) {
	raw, err := io.ReadAll(io.LimitReader(part, room+1))
	if err != nil {
		return room, brokenOff(err)
	}
	if int64(len(raw)) > room || len(form) > maxFields {
		return room, pod.Refusal{Field: pod.Text, Message: "The form holds more than this pod takes."}
	}
	form.Add(part.FormName(), string(raw))
	return room - int64(len(raw)), nil
}

// brokenOff is an error of reading a form: it did not come whole, or is none.
func brokenOff(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return pod.Refusal{Field: pod.Photos, Message: "These photos are more than this pod takes at once. Send fewer."}
	}
	return pod.Refusal{Field: pod.Text, Message: "The form did not arrive whole. Nothing was published; send it again."}
}
