package store

import (
	"context"
	"database/sql/driver"
	"strings"

	"gorm.io/gorm"
)

// among queries those of the account's rows in a table whose column, guid or
// person, has one of the values. PostgreSQL is made to look each up by its
// index: while a table is young and not yet analysed, it takes an account for a
// few rows, and would compare every one of them with every value.
func (s *Store) among(ctx context.Context, table string, account int64, column string, values []string) *gorm.DB {
	if !s.postgres() {
		return s.db(ctx).Table(table).Where(table+".account_id = ? AND "+table+"."+column+" IN ?", account, values)
	}
	return s.db(ctx).Table("unnest(CAST(? AS text[])) AS wanted (value) CROSS JOIN LATERAL (SELECT * FROM "+table+
		" WHERE account_id = ? AND "+column+" = wanted.value OFFSET 0) AS "+table, textArray(values), account)
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
