package mail_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"podmove/internal/mail"
	"podmove/internal/mail/mailtest"
)

func message() mail.Message {
	return mail.Message{
		ID: "news-1", To: "aurora@mail.example", Subject: "Ihr Konto zieht um — „jetzt“", Language: "de",
		Text: "Zeile eins\n\nأهلًا\n", HTML: "<p>Zeile eins</p><p>أهلًا</p>", Date: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
}

func sender(t *testing.T, address string, change ...func(*mail.Options)) *mail.Sender {
	t.Helper()
	o := mail.Options{URL: address, From: "Podmove <noreply@pod.example>", Host: "pod.example"}
	for _, c := range change {
		c(&o)
	}
	s, err := mail.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// certificate is one for loopback, and who vouches for it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, roots
}

func TestSend(t *testing.T) {
	t.Parallel()
	catcher := mailtest.Catch(t, mailtest.Options{})
	if err := sender(t, catcher.URL()).Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	letters := catcher.Letters()
	if len(letters) != 1 {
		t.Fatalf("%d letters came", len(letters))
	}
	got, want := letters[0], message()
	t.Run("brings both alternatives as they were", func(t *testing.T) {
		if text := got.Text(t); text != want.Text {
			t.Errorf("the text is %q", text)
		}
		if html := got.HTML(t); html != want.HTML {
			t.Errorf("the HTML is %q", html)
		}
		if strings.Index(got.Raw, "text/plain") > strings.Index(got.Raw, "text/html") {
			t.Error("the plain text is not the first")
		}
	})
	for name, value := range map[string]string{
		"To": "<aurora@mail.example>", "From": `"Podmove" <noreply@pod.example>`, "Subject": want.Subject, "Content-Language": "de",
		"Message-ID": "<news-1@pod.example>", "Auto-Submitted": "auto-generated", "Date": "Sun, 01 Mar 2026 12:00:00 +0000",
		"User-Agent": "", "X-Mailer": "",
	} {
		t.Run("has the right "+name, func(t *testing.T) {
			if header := got.Header(t, name); header != value {
				t.Errorf("it is %q, want %q", header, value)
			}
		})
	}
	if got.To != want.To {
		t.Errorf("it went to %s", got.To)
	}
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	catcher := mailtest.Catch(t, mailtest.Options{})
	for host, hello := range map[string]string{
		"pod.example": "pod.example", "pod.example:8443": "pod.example", "127.0.0.1:4001": "localhost", "[::1]:4001": "localhost", "[::1]": "localhost", "": "localhost",
	} {
		s := sender(t, catcher.URL(), func(o *mail.Options) { o.Host = host })
		if err := s.Send(t.Context(), message()); err != nil {
			t.Fatal(err)
		}
		letters := catcher.Letters()
		if got := letters[len(letters)-1].Hello; got != hello {
			t.Errorf("%q greets as %q", host, got)
		}
	}
}

func TestSecurity(t *testing.T) {
	t.Parallel()
	secure, roots := certificate(t)
	trust := func(o *mail.Options) { o.Roots = roots }
	for name, c := range map[string]struct {
		options mailtest.Options
		require bool // as if the server were not on this machine
		trust   bool
		arrives bool
	}{
		"in the clear on this machine":                  {mailtest.Options{}, false, false, true},
		"refuses a server without STARTTLS":             {mailtest.Options{}, true, true, false},
		"turns to TLS by STARTTLS":                      {mailtest.Options{TLS: secure}, true, true, true},
		"refuses a certificate that nobody vouches for": {mailtest.Options{TLS: secure}, true, false, false},
		"speaks TLS from the first byte":                {mailtest.Options{TLS: secure, Implicit: true}, false, true, true},
		"refuses an unknown certificate there as well":  {mailtest.Options{TLS: secure, Implicit: true}, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, user := range []string{"", "podmove"} {
				o := c.options
				o.User, o.Password = user, user
				catcher := mailtest.Catch(t, o)
				address := catcher.URL()
				if user != "" {
					address = strings.Replace(address, "://", "://podmove:podmove@", 1)
				}
				s := sender(t, address)
				if c.trust {
					s = sender(t, address, trust)
				}
				if c.require {
					s.RequireTLS()
				}
				err := s.Send(t.Context(), message())
				if c.arrives != (err == nil) || c.arrives != (len(catcher.Letters()) == 1) {
					t.Errorf("user %q: %v; %d letters came", user, err, len(catcher.Letters()))
				}
			}
		})
	}
}

func TestRequiresTLS(t *testing.T) {
	t.Parallel()
	for address, requires := range map[string]bool{
		"smtp://mail.example": true, "smtp://10.0.0.1:25": true, "smtp://localhost.example": true, "smtps://mail.example": true, "smtps://127.0.0.1": true,
		"smtp://127.0.0.1:25": false, "smtp://localhost": false, "smtp://[::1]:25": false,
	} {
		t.Run(address, func(t *testing.T) {
			if got := sender(t, address).RequiresTLS(); got != requires {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code      int
		permanent bool
	}{
		"a mailbox that is not there is one for good": {550, true},
		"a mailbox that is full is one for now":       {452, false},
		"greylisting is one for now":                  {451, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			catcher := mailtest.Catch(t, mailtest.Options{Refuse: func(string) int { return c.code }})
			err := sender(t, catcher.URL()).Send(t.Context(), message())
			refusal, ok := errors.AsType[mail.Refusal](err)
			if !ok || refusal.Permanent() != c.permanent || refusal.Code != c.code || refusal.Status == "" {
				t.Errorf("got %#v", err)
			}
			if strings.Contains(err.Error(), "aurora") {
				t.Errorf("it names the address: %v", err)
			}
		})
	}
	t.Run("a sign-in that is refused is none, and tells no password", func(t *testing.T) {
		t.Parallel()
		catcher := mailtest.Catch(t, mailtest.Options{User: "podmove", Password: "right"})
		err := sender(t, strings.Replace(catcher.URL(), "://", "://podmove:wrong@", 1)).Send(t.Context(), message())
		if _, ok := errors.AsType[mail.Refusal](err); ok || err == nil || strings.Contains(err.Error(), "wrong") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a server that is not there is none", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		err = sender(t, "smtp://podmove:secret@"+l.Addr().String()).Send(t.Context(), message())
		if _, ok := errors.AsType[mail.Refusal](err); ok || err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	})
}

// TestTime: a server that takes the connection and then says nothing, or says
// that it is there and then nothing.
func TestTime(t *testing.T) {
	t.Parallel()
	for name, greeting := range map[string]string{"says nothing": "", "greets and says nothing more": "220 here\r\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := mute(t, greeting)
			began := time.Now()
			err := sender(t, "smtp://"+address, func(o *mail.Options) { o.Timeout = 200 * time.Millisecond }).Send(t.Context(), message())
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 3*time.Second {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
			for _, scheme := range []string{"smtp://", "smtps://"} {
				ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer cancel()
				began = time.Now()
				if err := sender(t, scheme+address).Send(ctx, message()); err == nil || time.Since(began) > 3*time.Second {
					t.Errorf("when its caller stopped, after %s: %v", time.Since(began), err)
				}
			}
		})
	}
}

// mute is the address of a server that says one thing.
func mute(t *testing.T, word string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			_, _ = conn.Write([]byte(word))
		}
	}()
	return l.Addr().String()
}

func TestInjection(t *testing.T) {
	t.Parallel()
	catcher := mailtest.Catch(t, mailtest.Options{})
	s := sender(t, catcher.URL())
	const evil = "x\r\nBcc: everyone@mail.example"
	for name, change := range map[string]func(*mail.Message){
		"a subject that ends its line":    func(m *mail.Message) { m.Subject = evil },
		"a subject with a lone line feed": func(m *mail.Message) { m.Subject = "x\nBcc: everyone@mail.example" },
		"an address that ends its line":   func(m *mail.Message) { m.To = "aurora@mail.example\r\nRCPT TO:<everyone@mail.example>" },
		"two addresses":                   func(m *mail.Message) { m.To = "aurora@mail.example, everyone@mail.example" },
		"an address with a name":          func(m *mail.Message) { m.To = "everyone <aurora@mail.example>" },
		"no address":                      func(m *mail.Message) { m.To = "" },
		"an ID that ends its line":        func(m *mail.Message) { m.ID = evil },
		"an ID that ends itself":          func(m *mail.Message) { m.ID = "x>" },
		"a language that ends its line":   func(m *mail.Message) { m.Language = evil },
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			m := message()
			change(&m)
			if err := s.Send(t.Context(), m); !errors.Is(err, mail.ErrUnfit) || strings.Contains(err.Error(), "everyone") {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("leaves lines in the text alone", func(t *testing.T) {
		m := message()
		m.Text = "x\n.\nQUIT\n\nBcc: everyone@mail.example\n"
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got := catcher.Letters(); len(got) != 1 || got[0].Text(t) != m.Text {
			t.Errorf("%d letters came: %+v", len(got), got)
		}
	})
	t.Run("refuses a sender that ends its line", func(t *testing.T) {
		if _, err := mail.New(mail.Options{URL: "smtp://mail.example", From: "x@pod.example\r\nBcc: y@mail.example"}); err == nil {
			t.Error("it was taken")
		}
	})
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "mail.example", "http://u:secret@mail.example", "smtp://", "smtp://u:secret@:25", "smtp://u:secret@mail.example:x", "smtp://u:sec%zzret@mail.example", "smtp://u:secret@mail.example:99999999999999999999"} {
		t.Run("refuses "+address, func(t *testing.T) {
			_, err := mail.New(mail.Options{URL: address, From: "x@pod.example"})
			if err == nil || strings.Contains(err.Error(), "sec") {
				t.Errorf("got %v", err)
			}
		})
	}
}
