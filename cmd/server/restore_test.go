package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

// backedUp is a pod with an account, and a backup of it.
func backedUp(t *testing.T, dialect string) (p *testPod, dir string) {
	t.Helper()
	p = newQuickPod(t, dialect)
	p.fill(t, "ada", 10)
	start(t, p)
	kill(t, p)
	dir = filepath.Join(t.TempDir(), "backup")
	out := p.execute(t, "", "backup", dir)
	if !strings.Contains(out, "master key is NOT in it") {
		t.Errorf("it does not say that the master key is needed, too: %s", out)
	}
	return p, dir
}

func TestRestoreRefuses(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		p, dir := backedUp(t, dialect)
		refused := func(t *testing.T, to *testPod, says string) {
			t.Helper()
			out, err := execute(t.Context(), "", "restore", dir, "--data", to.dir, "--database", to.database)
			if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "nothing was changed") {
				t.Fatalf("got %v, want an error that says %q: %s", err, says, out)
			}
		}
		nothing := func(t *testing.T, to *testPod, left ...string) {
			t.Helper()
			entries, err := os.ReadDir(to.dir)
			if err != nil || len(entries) != len(left) {
				t.Errorf("it left %v, %v", entries, err)
			}
			s, err := store.Open(t.Context(), store.Options{DSN: to.database, Dir: to.dir})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if empty, err := s.Empty(t.Context()); !empty || err != nil {
				t.Errorf("there is something in the database, %v", err)
			}
		}
		t.Run("without the master key", func(t *testing.T) {
			to := newQuickPod(t, dialect)
			to.wipe(t)
			refused(t, to, "the master key is neither in")
			nothing(t, to)
		})
		t.Run("with another master key", func(t *testing.T) {
			to := newQuickPod(t, dialect)
			to.wipe(t)
			if err := os.WriteFile(filepath.Join(to.dir, "master.key"), []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, to, "is not that of this backup")
			nothing(t, to, "master.key")
		})
		t.Run("over a pod", func(t *testing.T) {
			before := p.holding(t, "ada")
			refused(t, p, "there is a pod in this database already")
			if after := p.holding(t, "ada"); !after.equal(before) {
				t.Errorf("the account is\n%s\nand was\n%s", after, before)
			}
		})
		t.Run("with a damaged file, which it names", func(t *testing.T) {
			to := newQuickPod(t, dialect)
			bring(t, p, to)
			names, err := filepath.Glob(filepath.Join(dir, "database-*"))
			if err != nil || len(names) != 1 {
				t.Fatal(names, err)
			}
			whole, err := os.ReadFile(names[0])
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range [][]byte{whole[:len(whole)-1], append([]byte("x"), whole[1:]...)} {
				if err := os.WriteFile(names[0], bad, 0o600); err != nil {
					t.Fatal(err)
				}
				refused(t, to, filepath.Base(names[0])+" is damaged")
			}
			nothing(t, to, "master.key")
			if err := os.WriteFile(names[0], whole, 0o600); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// TestRestoreBrokenOff leaves nothing that serves, and is gone on with.
func TestRestoreBrokenOff(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		p, dir := backedUp(t, dialect)
		before := p.holding(t, "ada")
		p.wipe(t)
		broken := func() {
			t.Helper()
			if err := os.WriteFile(mark(p.dir), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{
				{"serve", "--public-url", p.URL, "--listen", p.Listen},
				{"account", "add", "eve", "--email", "eve@mail.example", "--password-stdin"},
			} {
				args = append(args, "--data", p.dir, "--database", p.database)
				if _, err := execute(t.Context(), "a long password\n", args...); err == nil || !strings.Contains(err.Error(), "restore again") {
					t.Errorf("podmove %s: %v", args[0], err)
				}
			}
		}
		for _, when := range []string{"before the rows came", "after the rows came"} {
			broken()
			p.execute(t, "", "restore", dir)
			if after := p.holding(t, "ada"); !after.equal(before) {
				t.Errorf("%s: the account is\n%s\nand was\n%s", when, after, before)
			}
			p.execute(t, "", "audit", "verify")
		}
		start(t, p)
	})
}

// TestRestoreWithTheKey needs nothing but the backup.
func TestRestoreWithTheKey(t *testing.T) {
	t.Parallel()
	p, dir := backedUp(t, storetest.SQLite)
	out := p.execute(t, "", "backup", "--with-master-key", dir)
	if !strings.Contains(out, "THE MASTER KEY IS IN IT") {
		t.Errorf("it does not warn: %s", out)
	}
	p.wipe(t)
	if err := os.Remove(filepath.Join(p.dir, "master.key")); err != nil {
		t.Fatal(err)
	}
	p.execute(t, "", "restore", dir)
	start(t, p)
}
