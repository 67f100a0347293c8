package pod

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// memory keeps accounts of a test.
type memory struct {
	list      []Account
	passwords []string
}

func (m *memory) AddAccount(_ context.Context, a Account, password, _ string) (Account, error) {
	if _, err := m.find(func(b Account) bool { return b.Username == a.Username }); err == nil {
		return Account{}, ErrNameTaken
	}
	a.ID = int64(len(m.list) + 1)
	m.list, m.passwords = append(m.list, a), append(m.passwords, password)
	return a, nil
}

func (m *memory) find(is func(Account) bool) (Account, error) {
	for _, a := range m.list {
		if is(a) {
			return a, nil
		}
	}
	return Account{}, ErrNoAccount
}

func (m *memory) Account(_ context.Context, id int64) (Account, error) {
	return m.find(func(a Account) bool { return a.ID == id })
}

func (m *memory) AccountNamed(_ context.Context, username string) (Account, error) {
	return m.find(func(a Account) bool { return a.Username == username })
}

func (m *memory) AccountWithGUID(_ context.Context, guid string) (Account, error) {
	return m.find(func(a Account) bool { return a.GUID == guid })
}

func (m *memory) Password(_ context.Context, id int64) (string, error) {
	return m.passwords[id-1], nil
}

func (m *memory) change(id int64, how func(*Account)) error {
	how(&m.list[id-1])
	return nil
}

func (m *memory) SetPassword(_ context.Context, id int64, hash string, now time.Time) error {
	m.passwords[id-1] = hash
	return m.change(id, func(a *Account) { a.SessionsFrom = now })
}

func (m *memory) SetEmail(_ context.Context, id int64, email string, _ time.Time) error {
	return m.change(id, func(a *Account) { a.Email = email })
}

func (m *memory) SetLanguage(_ context.Context, id int64, tag string) error {
	return m.change(id, func(a *Account) { a.Language = tag })
}

func (m *memory) CloseAccount(_ context.Context, id int64, _ time.Time) error {
	return m.change(id, func(a *Account) { a.State = Closed })
}

// crowded has an account that had too many addresses.
type crowded struct{ *memory }

func (crowded) SetEmail(context.Context, int64, string, time.Time) error { return ErrManyEmails }

func TestChangeEmailTooOften(t *testing.T) {
	r, m := newRegistry(t)
	r.Accounts = crowded{m}
	err := r.ChangeEmail(t.Context(), Account{ID: 1}, "eleventh@mail.example")
	if refusal, ok := errors.AsType[Refusal](err); !ok || refusal.Field != Email {
		t.Errorf("got %v", err)
	}
}

func newRegistry(t *testing.T) (*Registry, *memory) {
	t.Helper()
	m := &memory{}
	return &Registry{Accounts: m, Passwords: NewPasswords(), Now: time.Now}, m
}

func TestAdd(t *testing.T) {
	r, m := newRegistry(t)
	good := NewAccount{Username: "Aurora", Email: "aurora@mail.example", Password: "eight ch"}
	a, err := r.Add(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("lower-cases the name and mints a guid", func(t *testing.T) {
		if a.Username != "aurora" || len(a.GUID) != 32 || a.State != Active {
			t.Errorf("%+v", a)
		}
	})
	t.Run("stores argon2id with 19 MiB and two passes", func(t *testing.T) {
		if !strings.HasPrefix(m.passwords[0], "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("stored %q", m.passwords[0])
		}
	})
	for name, bad := range map[string]struct {
		field  Field
		change func(*NewAccount)
	}{
		"a name that is taken":              {Username, func(*NewAccount) {}},
		"a name that is taken, in capitals": {Username, func(n *NewAccount) { n.Username = " AURORA" }},
		"no name":                           {Username, func(n *NewAccount) { n.Username = "" }},
		"a name of 33 characters":           {Username, func(n *NewAccount) { n.Username = strings.Repeat("a", 33) }},
		"a name with a slash":               {Username, func(n *NewAccount) { n.Username = "a/b" }},
		"a name that is a way up":           {Username, func(n *NewAccount) { n.Username = ".." }},
		"a name beyond ASCII":               {Username, func(n *NewAccount) { n.Username = "аurora" }},
		"a reserved name":                   {Username, func(n *NewAccount) { n.Username = "podmin" }},
		"a name that ends as a format":      {Username, func(n *NewAccount) { n.Username = "b.json" }},
		"no address":                        {Email, func(n *NewAccount) { n.Username, n.Email = "b", "" }},
		"an address with a name":            {Email, func(n *NewAccount) { n.Username, n.Email = "b", "B <b@mail.example>" }},
		"an address of two lines":           {Email, func(n *NewAccount) { n.Username, n.Email = "b", "b@mail.example\nBcc: c@mail.example" }},
		"seven characters, in many bytes":   {Password, func(n *NewAccount) { n.Username, n.Password = "b", "ééééééé" }},
		"a password of a megabyte":          {Password, func(n *NewAccount) { n.Username, n.Password = "b", strings.Repeat("a", 1<<20) }},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			n := good
			bad.change(&n)
			_, err := r.Add(t.Context(), n)
			if refusal, ok := errors.AsType[Refusal](err); !ok || refusal.Field != bad.field {
				t.Errorf("%v, want a refusal of the %s", err, bad.field)
			}
		})
	}
}

func TestSignIn(t *testing.T) {
	r, m := newRegistry(t)
	if _, err := r.Add(t.Context(), NewAccount{Username: "aurora", Email: "a@mail.example", Password: "correct horse"}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		username, password string
		state              State
		want               error
	}{
		"takes the right password":           {"aurora", "correct horse", Active, nil},
		"takes a name in capitals":           {" Aurora ", "correct horse", Active, nil},
		"takes who moved away":               {"aurora", "correct horse", Moved, nil},
		"refuses a wrong password":           {"aurora", "correct hors", Active, ErrWrongPassword},
		"refuses a name that is not there":   {"boreal", "correct horse", Active, ErrWrongPassword},
		"refuses an account that was closed": {"aurora", "correct horse", Closed, ErrWrongPassword},
	} {
		t.Run(name, func(t *testing.T) {
			m.list[0].State = c.state
			if _, err := r.SignIn(t.Context(), c.username, c.password); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	t.Run("hashes for a name that is not there too", func(t *testing.T) {
		for range cap(r.Passwords.slots) { // all cores are busy
			r.Passwords.slots <- struct{}{}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := r.SignIn(ctx, "boreal", "correct horse"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v: it answered without hashing", err)
		}
	})
	t.Run("hashes as much for it", func(t *testing.T) {
		stored, decoy := m.passwords[0], r.Passwords.decoy
		if cost := strings.LastIndexByte(stored[:40], '$'); decoy[:cost] != stored[:cost] || len(decoy) != len(stored) || decoy == stored {
			t.Errorf("%s beside %s", decoy, stored)
		}
	})
}

func TestHost(t *testing.T) {
	for origin, want := range map[string]string{
		"https://pod.example":      "pod.example",
		"https://pod.example:443":  "pod.example",
		"https://Pod.example:8443": "pod.example:8443",
		"http://127.0.0.1:4001":    "127.0.0.1:4001",
		"http://[::1]:4001":        "[::1]:4001",
		"http://localhost:80":      "localhost",
	} {
		if got := Host(origin); got != want {
			t.Errorf("Host(%q) = %q, want %q", origin, got, want)
		}
	}
}

func TestParsePostKey(t *testing.T) {
	guid := strings.Repeat("a", 16)
	for key, want := range map[string]PostKey{
		"1": {Number: 1}, "123456789012345": {Number: 123456789012345}, guid: {GUID: guid},
		"0": {}, "-1": {}, "01": {}, "1e3": {}, "": {}, "abc": {}, "+1": {}, strings.Repeat("a", 15): {}, guid + "/": {}, guid + "\x00": {},
	} {
		got, ok := ParsePostKey(key)
		if ok != (want != PostKey{}) || (ok && got != want) {
			t.Errorf("ParsePostKey(%q) = %v %v, want %v", key, got, ok, want)
		}
	}
}
