package pod

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
)

// counters are the rows of tries, in memory.
type counters struct {
	full map[string]time.Time
	now  func() time.Time
}

func (c counters) SpendTry(_ context.Context, name string, b Budget) (time.Duration, error) {
	full := c.full[name]
	if now := c.now(); full.Before(now) {
		full = now
	}
	if wait := full.Add(-time.Duration(b.Burst-1) * b.Every).Sub(c.now()); wait > 0 {
		return wait, nil
	}
	c.full[name] = full.Add(b.Every)
	return 0, nil
}

func (c counters) RegainTry(_ context.Context, name string, b Budget) error {
	c.full[name] = c.full[name].Add(-b.Every)
	return nil
}

// A street is a gate with people before it, and a clock.
type street struct {
	*Gate
	t   *testing.T
	now time.Time
	m   *memory
}

const right = "correct horse"

func newStreet(t *testing.T) *street {
	t.Helper()
	r, m := newRegistry(t)
	s := &street{t: t, now: time.UnixMilli(1234567890123), m: m}
	r.Now = func() time.Time { return s.now }
	r.Passwords.params = argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	r.Passwords.decoy, _ = argon2id.CreateHash("x", &r.Passwords.params)
	s.Gate = &Gate{Registry: r, Tries: counters{map[string]time.Time{}, r.Now}, Secret: []byte("32 bytes that only this pod knows"), SignUps: 10}
	for _, name := range []string{"aurora", "boreal"} {
		if _, err := s.Add(t.Context(), NewAccount{Username: name, Email: name + "@mail.example", Password: right}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// try answers how a try went: "in", "wrong" or "wait".
func (s *street) try(username, password, from, device string) string {
	s.t.Helper()
	a, err := s.SignIn(s.t.Context(), Try{username, password, netip.MustParseAddr(from), device})
	if _, wait := errors.AsType[TooMany](err); wait {
		return "wait"
	}
	switch {
	case err == nil && a.Username == username:
		return "in"
	case errors.Is(err, ErrWrongPassword):
		return "wrong"
	}
	s.t.Fatalf("%+v, %v", a, err)
	return ""
}

// is tries, and compares how that went.
func (s *street) is(want, username, password, from, device string) {
	s.t.Helper()
	if got := s.try(username, password, from, device); got != want {
		s.t.Errorf("%s from %s: %s, want %s", username, from, got, want)
	}
}

// hammer guesses from one new address after another until that is refused, and
// answers how many guesses were looked at.
func (s *street) hammer(username string) (n int) {
	s.t.Helper()
	for ; n < 1000; n++ {
		if s.try(username, "a guess", fmt.Sprintf("198.51.%d.%d", 100+n/250, n%250), "") == "wait" {
			return n
		}
	}
	s.t.Fatal("nothing stops who guesses from many addresses")
	return n
}

func TestGuessing(t *testing.T) {
	s := newStreet(t)
	aurora := s.m.list[0]
	device, others := s.Device(aurora), s.Device(s.m.list[1])
	t.Run("from many addresses is slowed", func(t *testing.T) {
		if n := s.hammer("aurora"); n != ofAccount.Burst {
			t.Errorf("%d guesses, want %d", n, ofAccount.Burst)
		}
	})
	t.Run("does not keep the owner out of a browser that signed in before", func(t *testing.T) {
		s.is("in", "aurora", right, "192.0.2.7", device)
	})
	t.Run("keeps the owner out of a new browser for 15 seconds, and not longer for trying", func(t *testing.T) {
		for range 50 {
			s.is("wait", "aurora", right, "192.0.2.7", "")
		}
		s.now = s.now.Add(ofAccount.Every)
		s.is("in", "aurora", right, "192.0.2.7", "")
	})
	t.Run("does not touch another account", func(t *testing.T) { s.is("in", "boreal", right, "192.0.2.7", "") })
	t.Run("gets no way in by what belongs to another account", func(t *testing.T) {
		s.hammer("aurora")
		s.is("wait", "aurora", "a guess", "192.0.2.7", others)
	})
	t.Run("gets no way in by a forgery", func(t *testing.T) {
		for i := range len(device) {
			forged := []byte(device)
			forged[i] ^= 1
			s.is("wait", "aurora", "a guess", "192.0.2.7", string(forged))
		}
		s.is("wait", "aurora", "a guess", "192.0.2.7", device[:20])
	})
	t.Run("with what a browser kept has five tries of its own, and then those of strangers", func(t *testing.T) {
		for range ofDevice.Burst {
			s.is("wrong", "aurora", "a guess", "192.0.2.7", device)
		}
		s.is("wait", "aurora", "a guess", "192.0.2.7", device)
		s.now = s.now.Add(ofAccount.Every)
		s.is("in", "aurora", right, "192.0.2.7", device)
	})
	t.Run("with what a browser kept ends with the password, and with time", func(t *testing.T) {
		if _, known := s.known(device, aurora); !known {
			t.Fatal("it is not known")
		}
		changed := aurora
		changed.SessionsFrom = s.now.Add(time.Second)
		if _, known := s.known(device, changed); known {
			t.Error("it outlived the password")
		}
		s.now = s.now.Add(DeviceLife)
		if _, known := s.known(device, aurora); known {
			t.Error("it outlived half a year")
		}
	})
}

func TestGuessingFromOneAddress(t *testing.T) {
	s := newStreet(t)
	for i := range fromAddress.Burst {
		s.is("wrong", fmt.Sprintf("name%d", i), "a guess", "192.0.2.7", "")
	}
	t.Run("is slowed, whatever the account", func(t *testing.T) { s.is("wait", "aurora", right, "192.0.2.7", "") })
	t.Run("leaves its neighbour alone", func(t *testing.T) { s.is("in", "aurora", right, "192.0.2.8", "") })
	t.Run("goes on slowly", func(t *testing.T) {
		s.now = s.now.Add(fromAddress.Every)
		s.is("wrong", "aurora", "a guess", "192.0.2.7", "")
		s.is("wait", "aurora", "a guess", "192.0.2.7", "")
	})
	t.Run("counts a network of IPv6 as one", func(t *testing.T) {
		for i := range fromAddress.Burst {
			s.is("wrong", fmt.Sprintf("other%d", i), "a guess", fmt.Sprintf("2001:db8:0:1::%x", i), "")
		}
		s.is("wait", "boreal", right, "2001:db8:0:1:ffff::1", "")
		s.is("in", "boreal", right, "2001:db8:0:2::1", "")
	})
	t.Run("knows IPv4 in IPv6's clothes", func(t *testing.T) {
		if a, b := s.place(netip.MustParseAddr("::ffff:192.0.2.7")), s.place(netip.MustParseAddr("192.0.2.7")); a != b {
			t.Errorf("%s and %s", a, b)
		}
	})
	t.Run("costs nothing where the password is right", func(t *testing.T) {
		for range 3 * fromAddress.Burst {
			s.is("in", "aurora", right, "192.0.2.9", "")
		}
	})
}

func TestUnknownNames(t *testing.T) {
	t.Run("are answered as those that are there", func(t *testing.T) {
		known, unknown := newStreet(t), newStreet(t)
		for i := range 3 * ofAccount.Burst {
			from := fmt.Sprintf("198.51.100.%d", i)
			if a, b := known.try("aurora", "a guess", from, ""), unknown.try("nobody", "a guess", from, ""); a != b {
				t.Fatalf("after %d guesses: %s, and for nobody %s", i, a, b)
			}
		}
		for _, s := range []*street{known, unknown} {
			if n := len(s.Tries.(counters).full); n != ofAccount.Burst+1+2*ofAccount.Burst {
				t.Errorf("%d counters", n)
			}
		}
	})
	t.Run("have no more than a million counters, and none that tells what was typed", func(t *testing.T) {
		s := newStreet(t)
		for _, typed := range []string{"nobody", "my password!", "\x00", string(make([]byte, 1<<16))} {
			if p := s.purse(Account{}, typed); len(p.name) != len("name/")+5 {
				t.Errorf("%q for %.20q", p.name, typed)
			}
		}
		other := newStreet(t)
		other.Secret = []byte("another")
		if s.mark("nobody") == other.mark("nobody") {
			t.Error("the names of counters are not keyed")
		}
	})
}

func TestNoHashing(t *testing.T) {
	s := newStreet(t)
	s.hammer("aurora")
	for range cap(s.Passwords.slots) { // all cores are busy
		s.Passwords.slots <- struct{}{}
	}
	t.Run("for what is refused", func(t *testing.T) {
		done := make(chan string, 1)
		go func() { done <- s.try("aurora", "a guess", "192.0.2.7", "") }()
		select {
		case got := <-done:
			if got != "wait" {
				t.Error(got)
			}
		case <-time.After(5 * time.Second):
			t.Error("it waits for a core to hash with")
		}
	})
}

func TestSignUpBudget(t *testing.T) {
	s := newStreet(t)
	up := func(i int, from string) error {
		_, err := s.SignUp(t.Context(), netip.MustParseAddr(from), NewAccount{Username: fmt.Sprintf("n%d", i), Email: "a@mail.example", Password: right})
		return err
	}
	for i := range s.SignUps {
		if err := up(i, "192.0.2.7"); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("refuses one more from an address", func(t *testing.T) {
		if _, ok := errors.AsType[TooMany](up(90, "192.0.2.7")); !ok {
			t.Error("it makes accounts without end")
		}
	})
	t.Run("takes one from another", func(t *testing.T) {
		if err := up(91, "192.0.2.8"); err != nil {
			t.Error(err)
		}
	})
}

func TestOldPasswordBudget(t *testing.T) {
	s := newStreet(t)
	a := s.m.list[0]
	for range ofChanges.Burst {
		if err := s.ChangePassword(t.Context(), a, "a guess", "another password"); err == nil {
			t.Fatal("a guess was right")
		}
	}
	t.Run("slows who found a browser open and guesses", func(t *testing.T) {
		if _, ok := errors.AsType[TooMany](s.ChangePassword(t.Context(), a, right, "another password")); !ok {
			t.Error("it goes on without end")
		}
	})
	t.Run("lets the owner through later", func(t *testing.T) {
		s.now = s.now.Add(ofChanges.Every)
		if err := s.ChangePassword(t.Context(), a, right, "another password"); err != nil {
			t.Error(err)
		}
	})
}
