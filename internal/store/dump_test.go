package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"podmove/internal/audit"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth/provider"
	"podmove/transfer"
	"podmove/transfer/transfertest"
)

// TestDumpedTables wants a decision about every table, as a new one would else be
// missing from backups without a word.
func TestDumpedTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		there, err := s.Tables(t.Context())
		must(t, err)
		dumped, left := store.DumpedTables()
		for name := range there {
			_, is := dumped[name]
			_, not := left[name]
			others := strings.HasPrefix(name, "river_") || strings.HasPrefix(name, "goose_") || strings.HasPrefix(name, "sqlite_")
			if is == not && !others {
				t.Errorf("of %s it is not said whether a dump takes it: see dumpedTables and leftOut", name)
			}
		}
		for name, numbered := range dumped {
			if !there[name] {
				t.Errorf("there is no table %s", name)
			}
			if numbered != gaveIDs(t, s, name) {
				t.Errorf("whether the database gives out the ids of %s: not %v", name, numbered)
			}
		}
	})
}

func gaveIDs(t *testing.T, s *store.Store, table string) (given bool) {
	t.Helper()
	query := "SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE name = ?"
	if strings.Contains(s.DB(t.Context()).Name(), "postgres") {
		query = "SELECT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = ? AND is_identity = 'YES')"
	}
	must(t, s.DB(t.Context()).Raw(query, table).Scan(&given).Error)
	return given
}

// TestDump takes what one database holds through each of the two kinds, and
// finds every byte again.
func TestDump(t *testing.T) {
	for _, from := range storetest.Dialects() {
		for _, to := range storetest.Dialects() {
			t.Run(from+" into "+to, func(t *testing.T) {
				p := newPod(t, from)
				populate(t, p)
				first, d := dumped(t, p.s)
				there := storetest.Open(t, to)
				rows, err := there.Load(t.Context(), "the new epoch", opened(first))
				must(t, err)
				for table, n := range d.Rows {
					if rows[table] != n {
						t.Errorf("of %s, %d rows came and not %d", table, rows[table], n)
					}
				}
				second, _ := dumped(t, there)
				sameDumps(t, first, second)
				if _, err := audit.Verify(t.Context(), there, audit.Head{}); err != nil {
					t.Error(err)
				}
				a, err := there.AccountNamed(t.Context(), "aurora")
				must(t, err)
				if _, epoch, err := there.Mark(t.Context(), a.ID); epoch != "the new epoch" || err != nil {
					t.Errorf("epoch %q, %v", epoch, err)
				}
				wantWaiting(t, there, chore{"kept"}, time.Time{}, true)
				if d.Rows["oauth_sessions"] != 1 {
					t.Error("a code was taken along")
				}
				numbersGoOn(t, there)
			})
		}
	}
}

// populate fills the pod with what tables can hold.
func populate(t *testing.T, p *testPod) {
	t.Helper()
	ctx := t.Context()
	origin, err := p.s.Origin(ctx, "https://new.example")
	if must(t, err); origin != "https://new.example" {
		t.Fatal(origin)
	}
	f := transfertest.Made("aurora@old.example")
	for _, content := range f.Content {
		putBlob(t, p, string(content))
	}
	for _, c := range transfer.Collections() {
		page := transfer.Page{Collection: c, Next: "the end", Through: 1, CaughtUp: true, Entries: f.Entries[c]}
		_, err := p.Writer(t, "aurora", "old").Write(ctx, page)
		must(t, err)
	}
	for _, sql := range []string{
		"INSERT INTO tries (name, full_at) VALUES ('more than a float holds', 9007199254740993)",
		"INSERT INTO moves (id, account_id, purpose, typed, nonce, state, created_at, changed_at) SELECT 'm', id, 'move', 'x', 'n', 'copying', 1, 2 FROM accounts",
		"INSERT INTO transfer_nonces (transfer_id, nonce) SELECT id, 'n' FROM transfers",
	} {
		must(t, p.s.DB(ctx).Exec(sql).Error)
	}
	for _, kind := range []provider.Kind{provider.KindAccess, provider.KindCode} {
		must(t, p.s.AddOAuthRows(ctx, provider.Row{Kind: kind, Signature: "s", Body: []byte{}}))
	}
	must(t, p.s.AddKey(ctx, store.SealedKey{ID: "k", Purpose: "sign", Sealed: []byte{0, 1, 255, '"', '\n'}, Created: time.UnixMilli(1), Active: time.UnixMilli(1)}))
	enqueue(t, p.s, chore{"kept"}, time.Time{}, nil)
}

func dumped(t *testing.T, s *store.Store) (string, store.Dump) {
	t.Helper()
	var out bytes.Buffer
	last := ""
	d, err := s.Dump(t.Context(), &out, func(sum string, size int64) error {
		if sum <= last || size <= 0 {
			t.Errorf("the photo %s, %d bytes, after %s", sum, size, last)
		}
		last = sum
		return nil
	})
	must(t, err)
	if d.Schema != store.NewestSchema() || d.Origin != "https://new.example" {
		t.Errorf("%+v", d)
	}
	return out.String(), d
}

func opened(dump string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(dump)), nil }
}

// sameDumps compares the rows: heads hold the last ids, which are others.
func sameDumps(t *testing.T, first, second string) {
	t.Helper()
	rows := func(dump string) (list []string) {
		for line := range strings.Lines(dump) {
			if line[0] == '[' && !strings.HasPrefix(line, `["chore"`) { // whose time and form are River's affair
				list = append(list, line)
			}
		}
		return list
	}
	before, after := rows(first), rows(second)
	if len(before) != len(after) || len(before) < 200 {
		t.Fatalf("%d rows and %d rows", len(before), len(after))
	}
	for i, row := range before[1:] { // the first is the pod's, with the epoch
		if row != after[i+1] {
			t.Errorf("a row was\n%.300s and became\n%.300s", row, after[i+1])
		}
	}
}

// numbersGoOn: an id that may have been given out since the dump is not given
// out again.
func numbersGoOn(t *testing.T, s *store.Store) {
	t.Helper()
	a := newAccount(t, s, "newcomer")
	if a.ID < 1_000_000 {
		t.Errorf("the next account is number %d", a.ID)
	}
}

func TestDumpIsOfOneMoment(t *testing.T) {
	for _, dialect := range storetest.Dialects() {
		t.Run(dialect+" while others write, whom it does not hold up", func(t *testing.T) {
			dsn := storetest.DSN(t, dialect)
			s, other := open(t, dsn), open(t, dsn)
			defer s.Close()
			defer other.Close()
			_, err := s.Origin(t.Context(), "https://new.example")
			must(t, err)
			a := newAccount(t, s, "ada")
			for range 40 { // more than the dump's buffer, so that it writes between rows
				_, err := s.CreatePost(t.Context(), a.ID, transfer.Post{Public: true, CreatedAt: transfer.TimeOf(time.Unix(1, 0)), Text: strings.Repeat("text ", 1000)})
				must(t, err)
			}
			var out bytes.Buffer
			meddler := writerFunc(func(p []byte) (int, error) {
				_, err := other.CreatePost(t.Context(), a.ID, transfer.Post{Public: true, CreatedAt: transfer.TimeOf(time.Unix(2, 0)), Text: "meanwhile"})
				return len(p), errors.Join(err, ignore(out.Write(p)))
			})
			d, err := s.Dump(t.Context(), meddler, func(string, int64) error { return nil })
			must(t, err)
			var now int64
			must(t, s.DB(t.Context()).Table("posts").Count(&now).Error)
			if d.Rows["posts"] != 40 || now < 42 || strings.Contains(out.String(), "meanwhile") {
				t.Errorf("%d posts of %d in the dump", d.Rows["posts"], now)
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func ignore(_ int, err error) error { return err }

func TestLoadRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		load := func(dump string) error {
			_, err := s.Load(t.Context(), "epoch", opened(dump))
			return err
		}
		for what, dump := range map[string]string{
			"a table that it does not know":    `{"table":"sqlite_master","columns":["a"]}` + "\n[1]\n",
			"a column that is more than that":  `{"table":"keys","columns":["a\") VALUES (1); --"]}` + "\n[1]\n",
			"a row that is too short":          `{"table":"keys","columns":["kid","purpose"]}` + "\n[\"a\"]\n",
			"a number that is none":            `{"table":"pod","columns":["id"]}` + "\n[1.5]\n",
			"what ends in the middle of a row": `{"table":"pod","columns":["id"]}` + "\n[1",
			"a job without arguments":          `{"table":"jobs","columns":["kind","args","scheduled_at"]}` + "\n[\"a job\",\"\",1]\n",
		} {
			if err := load(dump); err == nil {
				t.Errorf("it took %s", what)
			}
			if empty, err := s.Empty(t.Context()); !empty || err != nil {
				t.Fatalf("after %s there is something, %v", what, err)
			}
		}
		newAccount(t, s, "ada")
		if err := load(""); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("over an account: %v", err)
		}
	})
}

func TestOpenAsItIs(t *testing.T) {
	_, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(t.TempDir(), "nowhere"), Schema: store.AsItIs})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a database was made of nothing: %v", err)
	}
	dsn := storetest.PostgresURL(t)
	empty(t, dsn)
	s, err := store.Open(context.Background(), store.Options{DSN: dsn, Schema: store.AsItIs})
	must(t, err)
	defer s.Close()
	if free, err := s.Empty(t.Context()); !free || err != nil {
		t.Errorf("an empty database is not: %v", err)
	}
	if _, err := s.Dump(t.Context(), io.Discard, nil); !errors.Is(err, store.ErrNoPod) {
		t.Errorf("got %v", err)
	}
}
