package invariants

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A Pod is where one pod is, and where it keeps things.
type Pod struct {
	URL    string
	Driver string // of database/sql, which the test has registered
	DSN    string
	Photos string // directory of the bytes of photos, by SHA-256
}

// read runs fn on the pod's database as it is at one moment.
func (p Pod) read(ctx context.Context, fn func(db *sql.Tx) error) error {
	db, err := sql.Open(p.Driver, p.DSN)
	if err != nil {
		return err
	}
	var how sql.TxOptions
	if p.Driver == "pgx" { // SQLite does so anyway
		how.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.BeginTx(ctx, &how)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(fn(tx), tx.Rollback(), db.Close())
}

// intact reports whether the bytes of a photo are there, and are those.
func (p Pod) intact(sum string) bool {
	if len(sum) < 2 {
		return false
	}
	file, err := os.Open(filepath.Join(p.Photos, sum[:2], sum))
	if err != nil {
		return false
	}
	defer file.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, file)
	return err == nil && hex.EncodeToString(hash.Sum(nil)) == sum
}

// each calls see with every row of a query, whose columns all are text.
func each(ctx context.Context, db *sql.Tx, see func(row []string), query string, args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = text(v)
		}
		see(row)
	}
	return rows.Err()
}

// text is a value as either database gives it.
func text(v any) string {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case bool:
		if v {
			return "1"
		}
		return "0"
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}
