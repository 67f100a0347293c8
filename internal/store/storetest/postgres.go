package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"podmove/internal/cluster"
	"podmove/internal/store"
)

// server is the PostgreSQL that this test binary uses, started when the first
// test asks for it.
var server = sync.OnceValues(func() (*postgres, error) {
	if admin := os.Getenv("PODMOVE_TEST_POSTGRES"); admin != "" {
		return &postgres{admin: admin, template: "template0"}, nil
	}
	c, err := cluster.Start()
	if err != nil {
		return nil, err
	}
	p := &postgres{admin: c.Admin, cluster: c, template: "podmove_template"}
	return p, p.prepare(context.Background())
})

// postgres hands out databases.
type postgres struct {
	admin    string           // URL of a superuser on the database "postgres"
	template string           // what a new database is a copy of
	cluster  *cluster.Cluster // held, never closed: it ends with this process
	count    atomic.Int64
}

// PostgresURL names a fresh, empty PostgreSQL database, which goes when the test
// ends. Without PostgreSQL the test is skipped, or fails when
// CI is set.
func PostgresURL(t testing.TB) string {
	t.Helper()
	p, err := server()
	switch {
	case errors.Is(err, cluster.ErrNotInstalled) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatalf("start PostgreSQL: %v", err)
	}
	name := fmt.Sprintf("podmove_test_%d_%d", os.Getpid(), p.count.Add(1))
	if err := p.copyTemplate(t.Context(), name); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := p.exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return p.url(name)
}

// prepare makes the template, an empty database with the schema in place. Its text sorts by ICU's rules where the server
// knows them, so that a query which needs bytewise order and does not say so is
// found out.
func (p *postgres) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	create := "CREATE DATABASE " + p.template + " TEMPLATE template0 ENCODING 'UTF8'"
	if err := p.exec(ctx, create+" LOCALE_PROVIDER icu ICU_LOCALE 'und'"); err != nil {
		if err := p.exec(ctx, create); err != nil {
			return err
		}
	}
	s, err := store.Open(ctx, store.Options{DSN: p.url(p.template)})
	if err != nil {
		return err
	}
	return s.Close()
}

// copyTemplate makes a database by copying files, which takes a third of the time
// that PostgreSQL 15 and later take otherwise. Earlier ones know no other way, nor
// the word.
func (p *postgres) copyTemplate(ctx context.Context, name string) error {
	create := "CREATE DATABASE " + name + " TEMPLATE " + p.template
	if err := p.exec(ctx, create+" STRATEGY file_copy"); err != nil {
		return p.exec(ctx, create)
	}
	return nil
}

func (p *postgres) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, p.admin)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

func (p *postgres) url(database string) string {
	u, err := url.Parse(p.admin)
	if err != nil {
		panic(err) // pgx.Connect has parsed it before
	}
	u.Path = "/" + database
	return u.String()
}
