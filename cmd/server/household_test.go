package main

import (
	"path/filepath"
	"testing"
	"time"

	"podmove/internal/invariants"
)

// household adds an account that has a little of everything: posts, of which
// every fourth is for friends alone, photos on the first posts of both kinds,
// friends and an aspect for them, and somebody blocked.
func (p *testPod) household(t *testing.T, name string, posts, photos int) {
	t.Helper()
	list, files := belongings(t, name, posts, photos, func(i int) bool { return i%4 != 1 })
	p.settle(t, name, map[string]any{
		"posts": list, "contact_groups": []any{map[string]any{"name": "Friends"}}, "blocks": []string{"pest@swamp.example"},
		"contacts": []any{map[string]any{
			"account_id": "friend@river.example", "person_guid": guid(name, "friend", 0), "person_name": "A friend",
			"contact_groups_membership": []string{"Friends"}, "sharing": true, "receiving": true, "following": true, "followed": true,
		}},
	}, files)
}

// place is where the pod is and keeps things.
func (p *testPod) place() invariants.Pod {
	driver, dsn := p.reach()
	return invariants.Pod{URL: p.URL, Driver: driver, DSN: dsn, Photos: filepath.Join(p.dir, "photos")}
}

// reach names the pod's database to database/sql.
func (p *testPod) reach() (driver, dsn string) {
	if p.database != "" {
		return "pgx", p.database
	}
	return "sqlite", "file:" + filepath.Join(p.dir, "podmove.db") + "?_pragma=busy_timeout(15000)"
}

// watch reads both pods before something is done to an account. Nothing may happen
// to the others named, or to any if none is.
func watch(t *testing.T, from, to *testPod, name string, others ...string) *invariants.Watch {
	t.Helper()
	return invariants.Look(t, invariants.Scene{Old: from.place(), New: to.place(), Name: name, Others: others, Notice: time.Second})
}
