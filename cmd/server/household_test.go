package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
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
	p.addAccount(t, name)
	owner, list := name+"@old.example", []map[string]any{}
	var files bytes.Buffer
	out := zip.NewWriter(&files)
	for i := range posts {
		pictures := []any{}
		if i < photos {
			file := guid(name, "file", i)[:20] + ".png"
			f, err := out.Create(file)
			if err == nil {
				_, err = f.Write(picture(t, name, i))
			}
			if err != nil {
				t.Fatal(err)
			}
			pictures = append(pictures, entity("photo", map[string]any{
				"author": owner, "guid": guid(name, "photo", i), "public": i%4 != 1, "created_at": "2020-01-01T00:00:00Z",
				"remote_photo_path": "https://old.example/uploads/images/", "remote_photo_name": file,
			}))
		}
		post := entity("status_message", map[string]any{
			"author": owner, "guid": guid(name, "post", i), "public": i%4 != 1, "created_at": fmt.Sprintf("2020-01-01T00:%02d:00Z", i),
			"text": fmt.Sprintf("%s wrote this as number %d.", name, i), "photos": pictures,
		})
		if i%4 == 1 {
			post["subscribed_users_ids"] = []string{"friend@river.example"}
		}
		list = append(list, post)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	archive, err := json.Marshal(map[string]any{"version": "2.0", "user": map[string]any{
		"username": name, "profile": entity("profile", map[string]any{"author": owner, "first_name": name}), "posts": list,
		"contact_groups": []any{map[string]any{"name": "Friends"}}, "blocks": []string{"pest@swamp.example"},
		"contacts": []any{map[string]any{
			"account_id": "friend@river.example", "person_guid": guid(name, "friend", 0), "person_name": "A friend",
			"contact_groups_membership": []string{"Friends"}, "sharing": true, "receiving": true, "following": true, "followed": true,
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	p.execute(t, "", "import", "--account", name, written(t, archive), written(t, files.Bytes()))
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

// watch reads both pods before something is done to an account.
func watch(t *testing.T, from, to *testPod, name string) *invariants.Watch {
	t.Helper()
	return invariants.Look(t, invariants.Scene{Old: from.place(), New: to.place(), Name: name, Notice: time.Second})
}
