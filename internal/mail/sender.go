package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// DefaultTimeout bounds one message, from dialing to the server's last word.
const DefaultTimeout = 20 * time.Second

// Options say which server takes messages, and whose they are.
type Options struct {
	// URL is smtp://user:password@host:587, which begins in the clear and turns
	// to TLS by STARTTLS, or smtps://…:465, which is TLS from the first byte
	// (RFC 8314 §3). User and password may be left out together.
	URL string
	// From is the sender: an address, perhaps with a name before it.
	From string
	// Host is the name by which this pod greets the server; a port behind it is
	// left out.
	Host string
	// Timeout bounds one message; zero is DefaultTimeout.
	Timeout time.Duration
	// Roots are the certificate authorities to trust; nil is the system's.
	Roots *x509.CertPool
}

// A Sender sends messages through one server. It is safe for concurrent use.
type Sender struct {
	host     string
	port     int
	implicit bool             // TLS from the first byte
	policy   gomail.TLSPolicy // otherwise
	user     *url.Userinfo    // nil signs in nowhere
	from     *mail.Address
	hello    string
	timeout  time.Duration
	tls      *tls.Config
}

// New makes a Sender. It does not look whether the server is there. Its errors
// do not repeat the URL, which may hold a password.
func New(o Options) (*Sender, error) {
	from, err := mail.ParseAddress(o.From)
	if err != nil {
		return nil, errors.New("mail: the sender is no e-mail address")
	}
	u, err := url.Parse(o.URL)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("mail: the server is not named as smtp://host:587 or smtps://host:465")
	}
	s := &Sender{
		host: u.Hostname(), port: 587, implicit: u.Scheme == "smtps", policy: gomail.TLSMandatory, user: u.User,
		from: from, timeout: cmp.Or(o.Timeout, DefaultTimeout),
		tls: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
	}
	if s.implicit {
		s.port = 465
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil {
			return nil, errors.New("mail: the server's port is no number")
		}
	}
	if loopback(s.host) {
		s.policy = gomail.NoTLS // nobody listens in, and such servers rarely have a certificate that can be checked
	}
	s.hello = greeting(o.Host)
	return s, nil
}

// greeting is the name in EHLO, which has no port and, without brackets, is no
// address (RFC 5321 §4.1.1.1).
func greeting(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || host == "" {
		return "localhost"
	}
	return host
}

// loopback says whether a host is this machine. No name is looked up.
func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.Unmap().IsLoopback()
}

// Send hands the message to the server, and returns when that has taken it.
// What the server does not take is a Refusal, what cannot be sent at all
// ErrUnfit. It ends with ctx, and within the timeout.
func (s *Sender) Send(ctx context.Context, m Message) error {
	letter, err := s.letter(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	client, err := s.client(ctx)
	if err != nil {
		return err
	}
	err = client.DialAndSendWithContext(ctx, letter)
	if err == nil || letter.IsDelivered() { // how the goodbye went is no matter
		return nil
	}
	return s.trouble(ctx, err)
}

// client makes one for one message: it keeps what it learnt of the server, and
// that is not safe for concurrent use.
func (s *Sender) client(ctx context.Context) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTLSConfig(s.tls.Clone()), gomail.WithTLSPolicy(s.policy),
		gomail.WithHELO(s.hello), gomail.WithTimeout(2 * s.timeout), gomail.WithoutNoop(), gomail.WithoutRset(),
		gomail.WithDialContextFunc(s.dial(ctx)),
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.user != nil {
		password, _ := s.user.Password()
		options = append(options, gomail.WithUsername(s.user.Username()), gomail.WithPassword(password),
			// The library refuses the last two without TLS, but for this machine.
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return gomail.NewClient(s.host, options...)
}

// dial cuts the connection off when ctx ends. The library's own deadline is one
// for each step, later than ours, and a stop of the pod does not reach it.
func (s *Sender) dial(ctx context.Context) gomail.DialContextFunc {
	return func(dialing context.Context, network, _ string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(dialing, network, net.JoinHostPort(s.host, strconv.Itoa(s.port)))
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { _ = conn.Close() }) // it may be closed already
		if !s.implicit {
			return conn, nil
		}
		secure := tls.Client(conn, s.tls)
		return secure, secure.HandshakeContext(dialing)
	}
}
