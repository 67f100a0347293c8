package main

import (
	"os"
	"strings"
	"testing"

	"podmove/internal/store/storetest"
)

// noRoomLeft is what a person reads whose move finds a full disk.
const noRoomLeft = "Waiting: this pod has no room left, and the people who run it have to make some."

// TestFullDisk fills the disk of the new pod in the middle of a move: that of its
// photos, and that of its database. The move waits, person and podmin are told
// why, and it goes on by itself once there is room.
func TestFullDisk(t *testing.T) {
	if !mayMount(t) {
		return
	}
	each(t, func(t *testing.T, dialect string) {
		from := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=10", "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s")
		for _, mover := range []string{"ada", "bea"} {
			from.household(t, mover, 120, 12)
		}
		before := behind(t, from)
		start(t, from)
		rows := []fullDisk{{"of database and photos", "ada", everything}}
		if dialect == storetest.Postgres {
			rows = []fullDisk{{"of the photos", "ada", everything}, {"of the database", "bea", databaseAlone}}
		}
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				to, disk := row.prepare(t, dialect)
				start(t, to)
				goOn := before.halt(t)
				r := begun(t, from, to, row.mover)
				r.comes(t, 1)
				disk.fill(t)
				goOn()
				before.free()
				r.who.until(t, r.now.address, noRoomLeft)
				to.logs(t, "no space left on device")
				disk.makeRoom(t)
				r.push(t, "done")
				r.written()
				r.seen.Check(t)
			})
		}
	})
}

// TestFullOldDisk fills the disk of the old pod instead. The person reads at the
// new pod that the old one cannot answer, and at the old one that nothing could
// be written; both go on by themselves once there is room.
func TestFullOldDisk(t *testing.T) {
	if !mayMount(t) {
		return
	}
	each(t, func(t *testing.T, dialect string) {
		prepare := everything
		if dialect == storetest.Postgres {
			prepare = databaseAlone
		}
		from, disk := prepare(t, dialect)
		from.household(t, "ada", 120, 6)
		before := behind(t, from)
		to := newQuickPod(t, dialect)
		start(t, from, to)
		goOn := before.halt(t)
		r := begun(t, from, to, "ada")
		r.comes(t, 1)
		writer := from.signIn(t, "ada")
		sheet := writer.open(t, from.URL+"/posts/new")
		disk.fill(t)
		refused := false
		for range 50 { // PostgreSQL has some room within its files
			page := writer.fill(t, sheet, "/posts", "text", strings.Repeat("There is no room for this. ", 1000), "audience", "public")
			refused = refused || strings.Contains(page.Text(), "This pod has no room left, so that nothing was changed.")
		}
		if !refused {
			t.Error("the person can write on")
		}
		goOn()
		before.free()
		r.who.until(t, r.now.address, "the old pod says: this pod has no room left; nothing was changed.")
		from.logs(t, "no space left on device")
		disk.makeRoom(t)
		r.push(t, "done")
		r.written()
		r.seen.Check(t)
	})
}

// A fullDisk is what a disk is that gets full.
type fullDisk struct {
	name, mover string
	prepare     func(t *testing.T, dialect string) (*testPod, smallDisk)
}

// everything is on one disk; PostgreSQL is elsewhere.
func everything(t *testing.T, dialect string) (*testPod, smallDisk) {
	t.Helper()
	p := newQuickPod(t, dialect, "PODMOVE_DISK_RESERVE=0")
	return p, newSmallDisk(t, p.dir, "24m")
}

// databaseAlone is a tablespace of PostgreSQL's.
func databaseAlone(t *testing.T, _ string) (*testPod, smallDisk) {
	t.Helper()
	beneath := newServer(t)
	p := beneath.pod(t, "new")
	dir, err := os.MkdirTemp("", "podmove-tablespace-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	disk := newSmallDisk(t, dir, "64m")
	beneath.owns(t, dir)
	beneath.tell(t, "CREATE TABLESPACE small LOCATION '"+dir+"'")
	beneath.tell(t, "ALTER DATABASE new SET TABLESPACE small")
	return p, disk
}
