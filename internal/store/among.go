package store

import (
	"context"
	"database/sql/driver"
	"strings"

	"gorm.io/gorm"
)

// among queries those of the account's rows in a table whose column, guid or
// person, has one of the values.
func (s *Store) among(ctx context.Context, table string, account int64, column string, values []string) *gorm.DB {
	return s.lookUp(ctx, table, column, values, where{}.and("account_id = ?", account))
}

// lookUp queries the rows that are in w and whose column has one of the values.
// PostgreSQL is made to look up each value by its index: while a table is young
// and not yet analysed, it takes all that is in w for a few rows, and would
// compare every one of them with every value.
func (s *Store) lookUp(ctx context.Context, table, column string, values []string, w where) *gorm.DB {
	if !s.postgres() {
		w = w.and(column+" IN ?", values)
		return s.db(ctx).Table("(SELECT * FROM "+table+" WHERE "+w.sql+") AS "+table, w.args...)
	}
	return s.db(ctx).Table("unnest(CAST(? AS text[])) AS wanted (value) CROSS JOIN LATERAL (SELECT * FROM "+table+
		" WHERE "+w.sql+" AND "+column+" = wanted.value OFFSET 0) AS "+table, append([]any{textArray(values)}, w.args...)...)
}

// textArray is a list as one value of PostgreSQL's type text[].
type textArray []string

// Value writes the array as text (PostgreSQL, "Arrays", §8.15.6).
func (a textArray) Value() (driver.Value, error) {
	quoted := make([]string, len(a))
	for i, s := range a {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}", nil
}
