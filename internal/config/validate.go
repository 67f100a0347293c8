package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Validate says everything that is wrong with the settings at once, one line
// each, each beginning with the name of its setting; or nil. kong calls it by itself for
// a command that embeds Config.
func (c Config) Validate() error {
	return errors.Join(
		setting("data", c.checkData()),
		setting("public-url", c.checkPublicURL()),
		setting("listen", c.checkListen()),
		setting("database", c.checkDatabase()),
		setting("grace", positive(c.Grace)),
		setting("notice", positive(c.Notice)),
		setting("holdings-age", positive(c.HoldingsAge)),
		setting("move-expiry", positive(c.MoveExpiry)),
		setting("key-rotation", c.checkKeyRotation()),
		setting("session-lifetime", positive(c.SessionLifetime)),
		setting("after-erase", oneOf(c.AfterErase, "gone", "forward")),
		setting("registration", oneOf(c.Registration, "open", "closed")),
		setting("client-registration", oneOf(c.ClientRegistration, "off", "open")),
		setting("log-level", oneOf(c.LogLevel, "debug", "info", "warn", "error")),
		setting("log-format", oneOf(c.LogFormat, "text", "json")),
		setting("trusted-proxies", c.checkTrustedProxies()),
		setting("max-photo", between(int64(c.MaxPhoto), 1<<10, 1<<30, "1KiB and 1GiB")),
		setting("account-bytes", between(int64(c.AccountBytes), 0, 1<<50, "0, which is no limit, and 1048576GiB")),
		setting("disk-reserve", between(int64(c.DiskReserve), 0, 1<<50, "0 and 1048576GiB")),
		setting("page-items", between(int64(c.PageItems), 1, 1000, "1 and 1000")),
		setting("page-bytes", between(int64(c.PageBytes), 64<<10, 4<<20, "64KiB and 4MiB")),
		setting("admin-contact", c.checkAdminContact()),
		setting("smtp", c.checkSMTP()),
		setting("mail-from", c.checkMailFrom()),
		setting("limit-all", budget(c.LimitAll)),
		setting("limit-peer", budget(c.LimitPeer)),
		setting("limit-stranger", budget(c.LimitStranger)),
		setting("limit-visitor", budget(c.LimitVisitor)),
		setting("limit-account", budget(c.LimitAccount)),
		setting("limit-sign-up", between(int64(c.LimitSignUp), 0, 100_000, "0 and 100000")),
	)
}

func setting(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

func (c Config) checkData() error {
	if c.Data == "" {
		return errors.New("name a directory")
	}
	return nil
}

// checkPublicURL: protocol §1.1.
func (c Config) checkPublicURL() error {
	if c.PublicURL == "" {
		return errors.New("say under which address everyone reaches this pod, such as https://pod.example")
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return fmt.Errorf("%q is no address; write one like https://pod.example", c.PublicURL)
	}
	switch {
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return errors.New("it is a scheme, a host and perhaps a port, and nothing else")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("it begins with https://")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return errors.New("a pod is https; http is for a pod in development on a loopback address, such as http://127.0.0.1:4000")
	case u.Scheme == "https" && loopback(u.Hostname()):
		return errors.New("no other pod speaks with a loopback address over https; for a pod in development write http")
	default:
		return nil
	}
}

// checkListen: protocol §1.1, a pod in development listens on loopback only.
func (c Config) checkListen() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("%q is no address and port; write them like 127.0.0.1:4000", c.Listen)
	}
	if c.Development() && !loopback(host) {
		return fmt.Errorf("a pod in development (its public-url is http) listens on a loopback address only, and %q is none", host)
	}
	return nil
}

func (c Config) checkDatabase() error {
	scheme, _, found := strings.Cut(c.Database, ":")
	if c.Database == "" || found && slices.Contains([]string{"postgres", "postgresql", "sqlite"}, scheme) {
		return nil
	}
	// The value is not repeated: it may hold a password.
	return errors.New("write postgres://user:password@host/name or sqlite:PATH, or leave it empty")
}

func (c Config) checkTrustedProxies() error {
	for _, proxy := range c.TrustedProxies {
		if _, err := network(proxy); err != nil {
			return fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", proxy)
		}
	}
	return nil
}

func (c Config) checkAdminContact() error {
	if c.AdminContact == "" {
		return nil
	}
	if u, err := url.Parse(c.AdminContact); err == nil && u.Scheme == "https" && u.Host != "" {
		return nil
	}
	if a, err := mail.ParseAddress(c.AdminContact); err == nil && a.Address == c.AdminContact {
		return nil
	}
	return fmt.Errorf("%q is neither an e-mail address nor an https URL", c.AdminContact)
}

// checkKeyRotation: old keys are published for 30 days (protocol §1.5), and a set
// of keys has a bound.
func (c Config) checkKeyRotation() error {
	if c.KeyRotation < Duration(30*day) {
		return errors.New("it must be 30d or longer, since old keys go on verifying for so long")
	}
	return nil
}

func positive(d Duration) error {
	if d <= 0 {
		return errors.New("it must be longer than nothing")
	}
	return nil
}

func between(n, least, most int64, words string) error {
	if n < least || n > most {
		return fmt.Errorf("it must lie between %s", words)
	}
	return nil
}

// budget is a number of requests a minute.
func budget(n int) error {
	if n == 0 {
		return nil
	}
	return between(int64(n), 60, 1_000_000_000, "60 and 1000000000 a minute, or be 0 for no limit")
}

func oneOf(value string, words ...string) error {
	if !slices.Contains(words, value) {
		return fmt.Errorf("%q is not one of %s", value, strings.Join(words, ", "))
	}
	return nil
}

// checkSMTP does not repeat the URL, which may hold a password.
// checkSMTP repeats no part of the value: it may hold a password.
func (c Config) checkSMTP() error {
	if c.SMTP == "" {
		return nil
	}
	u, err := url.Parse(c.SMTP)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return errors.New("name the server as smtp://user:password@host:587 or smtps://user:password@host:465, with what is special in the password percent-encoded")
	}
	if _, both := u.User.Password(); u.User != nil && (u.User.Username() == "" || !both) {
		return errors.New("it names a user without a password, or a password without a user; give both or neither")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return errors.New("nothing stands behind the host and the port; percent-encode what is special in the password")
	}
	if port, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || port == 0) {
		return errors.New("its port is a number up to 65535")
	}
	return nil
}

func (c Config) checkMailFrom() error {
	if c.SMTP == "" && c.MailFrom == "" {
		return nil
	}
	if _, err := mail.ParseAddress(c.MailFrom); err != nil {
		return errors.New("with smtp, say whom e-mail is from, such as pod@pod.example")
	}
	return nil
}
