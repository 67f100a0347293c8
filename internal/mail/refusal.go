package mail

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"

	gomail "github.com/wneessen/go-mail"
)

// A Refusal is the server's answer that it does not take a message. It holds the
// codes alone: the words beside them often repeat the address.
type Refusal struct {
	Code   int    // RFC 5321 §4.2.1
	Status string // RFC 3463, such as "5.1.1"; empty if the server says none
}

// Error names the codes.
func (r Refusal) Error() string {
	if r.Status == "" {
		return fmt.Sprintf("mail: the server does not take the message: %d", r.Code)
	}
	return fmt.Sprintf("mail: the server does not take the message: %d %s", r.Code, r.Status)
}

// Permanent says that the same message will not be taken later either
// (RFC 5321 §4.2.1).
func (r Refusal) Permanent() bool { return r.Code >= 500 }

// trouble says what went wrong without any word that the server said, and
// without the address. What goes wrong before the message is named, such as a
// sign-in that is refused, is the podmin's to mend and never a Refusal.
func (s *Sender) trouble(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("mail: the server did not take the message in time: %w", ctx.Err())
	}
	if sent, ok := errors.AsType[*gomail.SendError](err); ok {
		if sent.ErrorCode() != 0 {
			return Refusal{sent.ErrorCode(), sent.EnhancedStatusCode()}
		}
		return errors.New("mail: the connection broke while the message was sent")
	}
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("mail: the server answers %d before it hears of a message; look at the user, the password and the port in the setting smtp", answer.Code)
	}
	return fmt.Errorf("mail: cannot speak with the server: %w", err)
}
