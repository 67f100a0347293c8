package mailtest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options say what a Catcher is like; the zero value takes everything from
// anyone, in the clear.
type Options struct {
	TLS      *tls.Config // STARTTLS is offered, or, with Implicit, TLS from the first byte
	Implicit bool
	User     string // who must sign in, and with what; empty is anyone
	Password string
	// Refuse answers with which code a recipient is refused; 0 takes the mail.
	// Nil refuses nobody.
	Refuse func(to string) int
}

// A Catcher keeps the mail that it gets.
type Catcher struct {
	Addr string // host and port
	o    Options

	mutex   sync.Mutex
	letters []Letter
}

// Catch starts a Catcher, which ends with the test.
func Catch(t testing.TB, o Options) *Catcher {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &Catcher{Addr: listener.Addr().String(), o: o}
	server := smtp.NewServer(c)
	server.Domain, server.TLSConfig, server.AllowInsecureAuth = "catcher.example", o.TLS, true
	server.ReadTimeout, server.WriteTimeout, server.ErrorLog = time.Minute, time.Minute, silence{}
	if o.Implicit {
		server.TLSConfig, listener = nil, tls.NewListener(listener, o.TLS)
	}
	t.Cleanup(func() { _ = server.Close() }) // the test has ended
	go func() { _ = server.Serve(listener) }()
	return c
}

// URL names the Catcher as the setting smtp does.
func (c *Catcher) URL() string {
	if c.o.Implicit {
		return "smtps://" + c.Addr
	}
	return "smtp://" + c.Addr
}

// Letters are all that came so far, in order.
func (c *Catcher) Letters() []Letter {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.letters)
}

// NewSession is smtp.Backend's.
func (c *Catcher) NewSession(conn *smtp.Conn) (smtp.Session, error) {
	return &session{catcher: c, conn: conn}, nil
}

// session is one conversation.
type session struct {
	catcher *Catcher
	conn    *smtp.Conn
	known   bool
	to      []string
}

// AuthMechanisms is smtp.AuthSession's.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth is smtp.AuthSession's.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.known = user == s.catcher.o.User && password == s.catcher.o.Password
		if !s.known {
			return errors.New("who is " + user + " with " + password)
		}
		return nil
	}), nil
}

// Mail is smtp.Session's.
func (s *session) Mail(string, *smtp.MailOptions) error {
	if s.catcher.o.User != "" && !s.known {
		return smtp.ErrAuthRequired
	}
	return nil
}

// Rcpt is smtp.Session's. Its words repeat the address, as servers' do.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.catcher.o.Refuse != nil {
		if code := s.catcher.o.Refuse(to); code != 0 {
			return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "no mail for <" + to + ">"}
		}
	}
	s.to = append(s.to, to)
	return nil
}

// Data is smtp.Session's.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.catcher.mutex.Lock()
	defer s.catcher.mutex.Unlock()
	s.catcher.letters = append(s.catcher.letters, Letter{To: strings.Join(s.to, ", "), Hello: s.conn.Hostname(), Raw: string(raw)})
	return nil
}

// Reset is smtp.Session's.
func (s *session) Reset() { s.to = nil }

// Logout is smtp.Session's.
func (s *session) Logout() error { return nil }

// silence hears of conversations that broke: tests break them.
type silence struct{}

// Printf is smtp.Logger's.
func (silence) Printf(string, ...any) {}

// Println is smtp.Logger's.
func (silence) Println(...any) {}
