package keys_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"podmove/internal/keys"
)

func TestBox(t *testing.T) {
	box := keys.Master{1}.Box()
	plain := []byte("a token for another pod")
	sealed := box.Seal("token:17", plain)

	t.Run("opens what it sealed", func(t *testing.T) {
		got, err := box.Open("token:17", sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("got %q, %v", got, err)
		}
	})
	t.Run("seals the same bytes differently each time", func(t *testing.T) {
		if bytes.Equal(box.Seal("token:17", plain), sealed) {
			t.Error("the same bytes came out twice")
		}
	})
	damaged := bytes.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	refused := []struct {
		name, purpose string
		box           keys.Box
		sealed        []byte
	}{
		{"refuses another purpose", "token:18", box, sealed},
		{"refuses another master key", "token:17", keys.Master{2}.Box(), sealed},
		{"refuses damaged bytes", "token:17", box, damaged},
		{"refuses another version", "token:17", box, append([]byte{9}, sealed[1:]...)},
		{"refuses too few bytes", "token:17", box, sealed[:5]},
		{"refuses nothing", "token:17", box, nil},
	}
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			if _, err := c.box.Open(c.purpose, c.sealed); !errors.Is(err, keys.ErrSealed) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDerive(t *testing.T) {
	m := keys.Master{1}
	if !bytes.Equal(m.Derive("cursor"), m.Derive("cursor")) {
		t.Error("one label gives two keys")
	}
	if bytes.Equal(m.Derive("cursor"), m.Derive("cookie")) {
		t.Error("two labels give one key")
	}
	if bytes.Equal(m.Derive("cursor"), keys.Master{2}.Derive("cursor")) {
		t.Error("two masters give one key")
	}
	if n := len(m.Derive("cursor")); n != 32 {
		t.Errorf("%d bytes", n)
	}
	if got := fmt.Sprintf("%v %+v %#v %s", m, m, m, m); strings.Contains(got, "1") {
		t.Errorf("the master key is printed: %s", got)
	}
}

func TestLoadOrCreateMaster(t *testing.T) {
	t.Run("makes a key once and reads it ever after", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "master.key")
		first, err := keys.LoadOrCreateMaster(path)
		if err != nil {
			t.Fatal(err)
		}
		second, err := keys.LoadOrCreateMaster(path)
		if err != nil {
			t.Fatal(err)
		}
		if first != second || first == (keys.Master{}) {
			t.Error("the second start has another key")
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		left, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(left) != 1 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	t.Run("gives two processes that start at once the same key", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "master.key")
		got := make([]keys.Master, 8)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				m, err := keys.LoadOrCreateMaster(path)
				if err != nil {
					t.Error(err)
				}
				got[i] = m
			})
		}
		wg.Wait()
		for _, m := range got {
			if m != got[0] {
				t.Fatal("two keys")
			}
		}
	})
	refused := []struct {
		name, content string
		mode          os.FileMode
	}{
		{"refuses a file that others may read", strings.Repeat("ab", 32), 0o644},
		{"refuses a key that is too short", strings.Repeat("ab", 31), 0o600},
		{"refuses an empty file", "", 0o600},
		{"refuses what is not hexadecimal", strings.Repeat("zz", 32), 0o600},
	}
	for _, c := range refused {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(c.content), c.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := keys.LoadOrCreateMaster(path); err == nil {
				t.Error("it was taken")
			}
		})
	}
}
