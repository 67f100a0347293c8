package main

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"podmove/internal/demo"
	"podmove/internal/store"
)

// TestDump: a thief of the database, without the master key, finds nothing in it
// that opens anything, in the middle of a move: no token or code as it was
// handed out, at either end, no key, no cookie, no password.
func TestDump(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newPod(t, dialect, "PODMOVE_PAGE_ITEMS=5"), newPod(t, dialect)
		v := behind(t, from)
		heard := secrets{}
		v.seen = heard.read
		from.fill(t, "ada", 20)
		start(t, from, to)
		under(t, from, to, v, "ada")
		v.mutex.Lock() // nobody adds any more
		defer v.mutex.Unlock()
		v.seen = nil
		for _, what := range []string{"access_token", "refresh_token", "id_token", "request_uri", "code", "state", "cookie"} {
			if len(heard[what]) == 0 {
				t.Errorf("no %s was handed out: this test shows nothing", what)
			}
		}
		heard.add("password", demo.Password)
		for _, p := range []*testPod{from, to} {
			p.keysInto(t, heard)
		}
		for at, p := range map[string]*testPod{"the old pod": from, "the new pod": to} {
			t.Run(at, func(t *testing.T) { p.holdsNone(t, heard) })
		}
	})
}

// keysInto adds the private keys and the secrets of a pod.
func (p *testPod) keysInto(t *testing.T, s secrets) {
	t.Helper()
	p.withKeys(t, func(_ *store.Store, r rings) {
		for _, one := range r.everyRing() {
			for _, k := range *one.held.Load() {
				s.add("key", string(k.plain))
				if one.purpose == purposeTokens {
					continue
				}
				scalar, err := k.key.Private().Bytes()
				if err != nil {
					t.Fatal(err)
				}
				s.add("key", string(scalar))
			}
		}
	})
}

// holdsNone reads every column of every table.
func (p *testPod) holdsNone(t *testing.T, s secrets) {
	t.Helper()
	cells := 0
	p.dump(t, func(table, column string, cell []byte) {
		cells++
		for what, values := range s {
			for secret := range values {
				for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret))} {
					if bytes.Contains(cell, []byte(form)) {
						t.Errorf("%s.%s holds a %s", table, column, what)
					}
				}
			}
		}
	})
	if cells < 300 {
		t.Errorf("there are only %d cells: this test shows nothing", cells)
	}
}

// dump calls see with everything that is in the pod's database.
func (p *testPod) dump(t *testing.T, see func(table, column string, cell []byte)) {
	t.Helper()
	driver, dsn := "sqlite", filepath.Join(p.dir, "podmove.db")
	tables := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if p.database != "" {
		driver, dsn = "pgx", p.database
		tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var names []string
	rows, err := db.QueryContext(t.Context(), tables)
	for err == nil && rows.Next() {
		var name string
		err = rows.Scan(&name)
		names = append(names, name)
	}
	if err != nil || len(names) < 20 {
		t.Fatalf("%d tables, %v", len(names), err)
	}
	for _, name := range names {
		dumpTable(t, db, name, see)
	}
}

func dumpTable(t *testing.T, db *sql.DB, name string, see func(table, column string, cell []byte)) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM "`+strings.ReplaceAll(name, `"`, `""`)+`"`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			places[i] = &cells[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		for i, cell := range cells {
			raw, isBytes := cell.([]byte)
			if !isBytes {
				raw = fmt.Append(nil, cell)
			}
			see(name, columns[i], raw)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
