package main

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// harm does to a pod's database what its surroundings may: it ends all
// connections in the middle of what they do, or, where the database is a file,
// holds the lock that every writer needs.
func (p *testPod) harm(ctx context.Context, hold time.Duration) (name string, err error) {
	driver, dsn := p.reach()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if p.database != "" {
		_, err = db.ExecContext(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		return "connections ended", err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return "database locked", nil //nolint:nilerr // it was busy without us
	}
	select {
	case <-ctx.Done():
	case <-time.After(hold):
	}
	_, err = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return "database locked", err
}
