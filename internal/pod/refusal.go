package pod

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Field is a part of a form.
type Field string

// The fields of forms.
const (
	Username Field = "username"
	Email    Field = "email"
	Password Field = "password"
	Text     Field = "text"
	Photos   Field = "photos"
	Audience Field = "audience" // aspects
	Somebody Field = "person"
	Name     Field = "name"
)

// A Refusal says, in words for the person, what is wrong with what they filled
// in.
type Refusal struct {
	Field   Field
	Message string
}

func (r Refusal) Error() string { return string(r.Field) + ": " + r.Message }

// Bounds of a password, in characters and in bytes. NIST SP 800-63B asks for
// 8 characters and for no rules about which; the upper bound only keeps a
// stranger from having us hash a megabyte.
const (
	minPassword = 8
	maxPassword = 1024
)

// usernames are those of diaspora*: they become a part of an ID that other pods
// must be able to read.
var usernames = regexp.MustCompile(`^[a-z0-9_][a-z0-9_.-]{0,31}$`)

// reserved names could pass for the people who run the pod, or for a mailbox
// that a certificate authority trusts.
var reserved = []string{
	"abuse", "admin", "administrator", "anonymous", "diaspora", "help", "hostmaster", "info", "mail", "me",
	"moderator", "nobody", "noreply", "podmaster", "podmin", "podmove", "postmaster", "root", "security",
	"support", "system", "webmaster",
}

// formats end addresses: /u/name.json is the JSON form of /u/name.
var formats = []string{".json", ".atom", ".mobile"}

// Addressable reports whether an address can end in a name: /posts/name.json is
// the JSON form of /posts/name.
func Addressable(name string) bool {
	return !slices.ContainsFunc(formats, func(f string) bool { return strings.HasSuffix(name, f) })
}

func (n NewAccount) check() error {
	switch {
	case !usernames.MatchString(n.Username):
		return Refusal{Username, "A username has 1 to 32 characters: letters from a to z, digits, and _ . - after the first."}
	case slices.Contains(reserved, n.Username), !Addressable(n.Username):
		return Refusal{Username, "This username is reserved. Choose another one."}
	case !email(n.Email):
		return Refusal{Email, "This is not an e-mail address."}
	}
	return checkPassword(n.Password)
}

func checkPassword(password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return Refusal{Password, "A password has at least 8 characters. A sentence is a good one."}
	case len(password) > maxPassword:
		return Refusal{Password, "This password is longer than 1,024 bytes."}
	}
	return nil
}

// email reports whether s is a bare address such as aurora@mail.example.
func email(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && len(s) <= 254 && !strings.ContainsAny(s, " \"")
}
