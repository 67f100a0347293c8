package store

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// A dumpedTable is a table of which a dump takes rows.
type dumpedTable struct {
	name     string
	only     string // SQL of which rows; empty is all of them
	numbered bool   // the database gives out its ids
}

// dumpedTables are in the order in which they refer to one another.
var dumpedTables = []dumpedTable{
	{name: "pod"},
	{name: "keys"},
	{name: "accounts", numbered: true},
	{name: "profiles"},
	{name: "blocks", numbered: true},
	{name: "aspects", numbered: true},
	{name: "contacts", numbered: true},
	{name: "contact_aspects"},
	{name: "posts", numbered: true},
	{name: "post_audience"},
	{name: "post_photos"},
	{name: "photos", numbered: true},
	// Bytes that no photo names may be gone before they are copied.
	{name: "blobs", only: "EXISTS (SELECT 1 FROM photos WHERE photos.sha256 = blobs.sha256)"},
	{name: "tombstones"},
	// Codes and pushed requests are good for minutes, and for once.
	{name: "oauth_sessions", only: "kind IN ('access', 'refresh')"},
	{name: "oauth_assertions"},
	{name: "grants"},
	{name: "transfers"},
	{name: "transfer_onward"},
	{name: "transfer_items"},
	{name: "transfer_nonces"},
	{name: "transfer_reads"},
	{name: "transfer_receipts"},
	{name: "stubs", numbered: true},
	{name: "messages"},
	{name: "moves"},
	{name: "progress"},
	{name: "arrivals"},
	{name: "events", numbered: true},
	{name: "account_emails", numbered: true},
	{name: "clients"},
	{name: "tries"},
	{name: "second_steps"},
	{name: "recovery_codes"},
	{name: "peers"},
	{name: "audit"},
	{name: auditHeads},
	{name: "audit_counts"},
}

// auditHeads has a row from the beginning, which is not to be deleted.
const auditHeads = "audit_head"

// leftOut are the tables of which a dump takes nothing, and why.
var leftOut = map[string]string{
	"sessions":           "a restored pod has people sign in again: who changed their password since had ended some",
	"oauth_interactions": "a page that waits for a decision is good for ten minutes",
	"logins":             "a sign-in at another pod is good for minutes",
}

// dumpedNamed finds a table of a dump.
func dumpedNamed(name string) (dumpedTable, error) {
	for _, t := range dumpedTables {
		if t.name == name {
			return t, nil
		}
	}
	return dumpedTable{}, fmt.Errorf("store: this program knows no table %.60q", name)
}

// NewestSchema is the version of the schema that this program works with.
func NewestSchema() (newest int64) {
	names, _ := fs.Glob(migrations, "migrations/sqlite/*.sql") // the pattern is well formed
	for _, name := range names {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/sqlite/"), "_")
		version, _ := strconv.ParseInt(number, 10, 64)
		newest = max(newest, version)
	}
	return newest
}

// tables are the names of those that are in the database.
func (s *Store) tables(ctx context.Context) (map[string]bool, error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if s.postgres() {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	var names []string
	err := s.db(ctx).Raw(query).Scan(&names).Error
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	return there, translate(err)
}

// Empty says whether the database holds nothing of a pod.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	there, err := s.tables(ctx)
	if err != nil {
		return false, err
	}
	for _, t := range dumpedTables {
		if !there[t.name] {
			continue
		}
		query := "SELECT EXISTS (SELECT 1 FROM " + t.name + ")"
		if t.name == auditHeads {
			query = "SELECT EXISTS (SELECT 1 FROM audit_head WHERE number > 0)"
		}
		var some bool
		if err := s.db(ctx).Raw(query).Scan(&some).Error; err != nil || some {
			return false, translate(err)
		}
	}
	return true, nil
}
