package client

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strings"

	"podmove/transfer"
)

// maxMessage bounds a signed answer, in bytes.
const maxMessage = 1 << 20

// messageType is the media type of a JWS in compact form (RFC 7515 §9.2.1).
const messageType = "application/jose"

// Send posts a signed message to an address of the other pod, and answers the
// signed message that comes back. What it says is the caller's to verify.
func Send(ctx context.Context, with *http.Client, address, message string) (answer string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(message))
	if err != nil {
		return "", transfer.Errorf(transfer.PodUnreachable, "the other pod has no address to write to").Because(err)
	}
	r.Header.Set("Content-Type", messageType)
	r.Header.Set("Accept", messageType)
	response, err := with.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", transfer.Errorf(transfer.PodUnreachable, "the other pod does not answer").Because(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		refused := readProblem(response)
		refused.Message = strings.Replace(refused.Message, "the old pod", "the other pod", 1)
		return "", refused
	}
	return readMessage(response)
}

func readMessage(response *http.Response) (string, error) {
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != messageType {
		return "", transfer.Errorf(transfer.AnswerInvalid, "the other pod's answer is not a signed message")
	}
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxMessage+1))
	switch {
	case err != nil:
		return "", transfer.Errorf(transfer.PodUnreachable, "the other pod's answer broke off").Because(err)
	case len(raw) > maxMessage:
		return "", transfer.Errorf(transfer.AnswerInvalid, "the other pod's answer is larger than %d bytes", maxMessage)
	}
	return string(raw), nil
}
