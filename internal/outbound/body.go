package outbound

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// What can be wrong with an answer. Match them with errors.Is.
var (
	// ErrTooLarge: the body goes on beyond what was allowed.
	ErrTooLarge = errors.New("the answer is too large")
	// ErrContentType: the answer is of another media type.
	ErrContentType = errors.New("the answer is of another type")
	// ErrRubbish: the answer is not the JSON that was expected.
	ErrRubbish = errors.New("the answer cannot be read")
)

// StatusError is an answer whose status is not the one that was hoped for.
type StatusError struct {
	Code int // such as 404
}

// Error is error.
func (e *StatusError) Error() string {
	return fmt.Sprintf("the answer is %d %s", e.Code, http.StatusText(e.Code))
}

// bounded is an answer's body: it has an end, and with it the host's turn does.
type bounded struct {
	body io.ReadCloser
	left int64
	done func()
}

// Read is io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if b.left -= int64(n); b.left < 0 {
		n, err = max(0, n+int(b.left)), ErrTooLarge
		b.left = 0
	}
	if err != nil {
		b.done()
	}
	return n, err
}

// Close is io.Closer.
func (b *bounded) Close() error {
	defer b.done()
	return b.body.Close()
}

// ReadAll reads to the end, or fails with ErrTooLarge behind max bytes.
func ReadAll(r io.Reader, max int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > max {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, max)
	}
	return data, nil
}

// ContentType checks that an answer is of one of the media types, such as
// "application/jwt". "+json" stands for any type with that suffix (RFC 6839).
func ContentType(response *http.Response, types ...string) error {
	header := response.Header.Get("Content-Type")
	got, _, err := mime.ParseMediaType(header)
	for _, want := range types {
		if err == nil && (got == want || want[0] == '+' && strings.HasSuffix(got, want)) {
			return nil
		}
	}
	return fmt.Errorf("%w: %q instead of %s", ErrContentType, header, strings.Join(types, " or "))
}

// JSON gets a JSON document of at most max bytes and decodes it into v. Anything
// but a 200 is a *StatusError, redirects included.
func JSON(ctx context.Context, client *http.Client, url string, max int64, v any) error {
	data, _, err := RawJSON(ctx, client, url, max)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w: %w", url, ErrRubbish, err)
	}
	return nil
}

// RawJSON is JSON for whoever decodes the document without it, or wants to know from
// the header how long it may be kept. Nothing says yet that it is JSON.
func RawJSON(ctx context.Context, client *http.Client, url string, max int64) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s: %w", url, &StatusError{Code: response.StatusCode})
	}
	if err := ContentType(response, "application/json", "+json"); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", url, err)
	}
	data, err := ReadAll(response.Body, max)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", url, err)
	}
	return data, response.Header, nil
}
