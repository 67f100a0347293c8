package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// A Message is what one person gets. The plain text and the HTML say the same.
type Message struct {
	ID       string // the part of the Message-ID before the @; the same for the same news, so that a mail sent twice is known
	To       string // a bare address
	Subject  string
	Language string // a tag such as "de"
	Text     string
	HTML     string
	Date     time.Time
}

// ErrUnfit means that the message cannot be sent as it is, now or later.
var ErrUnfit = errors.New("mail: the message cannot be sent as it is")

// letter puts the message together: two alternatives, the richer one last
// (RFC 2046 §5.1.4).
func (s *Sender) letter(m Message) (*gomail.Msg, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	letter.FromMailAddress(s.from)
	if err := letter.To(m.To); err != nil {
		return nil, fmt.Errorf("%w: the address is none", ErrUnfit) // the library's error repeats it
	}
	letter.Subject(m.Subject)
	letter.SetDateWithValue(m.Date)
	_, domain, _ := strings.Cut(s.from.Address, "@")
	letter.SetMessageIDWithValue(m.ID + "@" + domain)
	letter.SetGenHeader(gomail.HeaderContentLang, m.Language)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5: nobody's absence answers it
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	letter.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return letter, nil
}

// check refuses what could end a header and begin another (RFC 5322 §2.2). The
// library encodes such characters, and this does not rely on it.
func (m Message) check() error {
	for _, header := range []struct{ name, value string }{
		{"ID", m.ID}, {"address", m.To}, {"subject", m.Subject}, {"language", m.Language},
	} {
		if header.value == "" || strings.ContainsFunc(header.value, unicode.IsControl) {
			return fmt.Errorf("%w: the %s is empty or holds a control character", ErrUnfit, header.name)
		}
	}
	if a, err := mail.ParseAddress(m.To); err != nil || a.Address != m.To {
		return fmt.Errorf("%w: the address is none", ErrUnfit)
	}
	if strings.ContainsAny(m.ID, " <>@") {
		return fmt.Errorf("%w: the ID holds what a Message-ID cannot", ErrUnfit)
	}
	return nil
}
