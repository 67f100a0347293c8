package main

import (
	"bytes"
	"database/sql"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"podmove/internal/demo"
	"podmove/internal/store"
)

// TestDump: a thief of the database, without the master key, finds nothing in it
// that opens anything, in the middle of a move: no token or code as it was
// handed out, at either end, no key, no cookie, no password, no second factor,
// no registered client's secret.
func TestDump(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=5", "PODMOVE_CLIENT_REGISTRATION=open"), newQuickPod(t, dialect)
		v := behind(t, from)
		heard := secrets{}
		v.seen = heard.read
		from.fill(t, "ada", 20)
		start(t, from, to)
		w, _, _ := under(t, from, to, v, "ada")
		w.twoSteps(t, heard)
		registered(t, from)
		v.mutex.Lock() // nobody adds any more
		defer v.mutex.Unlock()
		v.seen = nil
		for _, what := range []string{"access_token", "refresh_token", "id_token", "request_uri", "code", "state", "cookie", "client_secret", "registration_access_token", "second factor", "recovery code"} {
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

// twoSteps sets two-step sign-in up, and adds the secret of its codes and the
// recovery codes.
func (w person) twoSteps(t *testing.T, s secrets) {
	t.Helper()
	page := w.fill(t, w.open(t, w.home.URL+"/settings/two-step"), "/begin")
	text := strings.ReplaceAll(regexp.MustCompile(`([A-Z2-7]{4} ){7}[A-Z2-7]{4}`).FindString(page.Text()), " ", "")
	secret, err := base32.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	s.add("second factor", text)
	s.add("second factor", string(secret))
	code, err := totp.GenerateCode(text, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	page = w.fill(t, page, "/on", "code", code)
	for _, code := range regexp.MustCompile(`([A-Z2-7]{4}-){3}[A-Z2-7]{4}`).FindAllString(page.Text(), -1) {
		s.add("recovery code", code)
		s.add("recovery code", strings.ReplaceAll(code, "-", ""))
	}
}

// registered has a client register itself, with a secret.
func registered(t *testing.T, p *testPod) {
	t.Helper()
	response, err := http.Post(p.URL+"/oauth/register", "application/json", strings.NewReader(`{"redirect_uris":["https://app.example/back"]}`))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatal(response.Status)
	}
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
		for _, text := range wrapped(cell, 3) {
			for what, values := range s {
				for secret := range values {
					if bytes.Contains(text, []byte(secret)) {
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

// What stands for other bytes.
var (
	inHex    = regexp.MustCompile(`([0-9a-f]{2}){12,}`)
	inBase64 = regexp.MustCompile(`[0-9A-Za-z+/_-]{16,}`)
)

// wrapped are bytes and what they hold in hex and base64, so often one in the
// other.
func wrapped(raw []byte, depth int) [][]byte {
	all := [][]byte{raw}
	if depth == 0 {
		return all
	}
	var inside [][]byte
	for _, run := range inHex.FindAll(raw, -1) {
		if plain, err := hex.DecodeString(string(run)); err == nil {
			inside = append(inside, plain)
		}
	}
	for _, run := range inBase64.FindAllString(string(raw), -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for at := range 4 { // what stands before it may look like a part of it
			plain, _ := base64.RawStdEncoding.DecodeString(run[at:]) // as far as it goes
			inside = append(inside, plain)
		}
	}
	for _, plain := range inside {
		all = append(all, wrapped(plain, depth-1)...)
	}
	return all
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
