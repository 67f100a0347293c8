package invariants

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"podmove/transfer"
)

// An item is named by its collection and guid.
type item struct{ collection, guid string }

func (i item) String() string { return i.collection + " " + i.guid }

// A row is what is kept of an item.
type row struct {
	digest string
	text   string // of a post
	sha256 string // of a photo
	number string // of a post, in /p/{number}
	file   string // of a photo
	public bool   // for everyone to see
}

// An arrival is what became of an item at the new pod.
type arrival struct {
	digest, outcome, local string
	made                   bool
}

// A departure is one transfer at the old pod.
type departure struct {
	id, state, receipt      string
	retries                 string // the transfer that it completes
	due, redirected, erases int64  // milliseconds; erases is when the person asked to wait no longer
	receipts                map[item]receipt
	stubs                   map[item]bool
}

// A receipt is what the old pod knows of an item at the new one.
type receipt struct {
	digest, outcome, holding string
	held, listed, erased     int64
}

// A snapshot is one account at one pod, and what everyone else has there.
type snapshot struct {
	account, state string
	items          map[item]row
	arrivals       map[item]arrival
	departures     []departure
	moves          []string // their states, oldest first
	gone           []item   // deleted by their owner
	others         []string // every row of everyone else
}

// look reads a snapshot. An account that is not there has nothing.
func (p Pod) look(ctx context.Context, of Scene, issuer string) (s snapshot, err error) {
	s.items, s.arrivals = map[item]row{}, map[item]arrival{}
	err = p.read(ctx, func(db *sql.Tx) error {
		s.account = "0"
		if err := each(ctx, db, func(r []string) { s.account, s.state = r[0], r[1] },
			"SELECT id, state FROM accounts WHERE username = '"+of.Name+"'"); err != nil {
			return err
		}
		for _, read := range []func(context.Context, *sql.Tx) error{s.readItems, s.readMoves, s.readDepartures} {
			if err := read(ctx, db); err != nil {
				return err
			}
		}
		if err := s.readOthers(ctx, db, p, of.Others); err != nil {
			return err
		}
		return each(ctx, db, func(r []string) {
			s.arrivals[item{r[0], r[1]}] = arrival{r[2], r[3], r[4], r[5] == "1" || r[5] == "true"}
		}, "SELECT collection, guid, digest, outcome, local_guid, made FROM arrivals WHERE account_id = "+s.account+" AND issuer = '"+issuer+"'")
	})
	return s, err
}

// seen is whether a photo is for everyone: through a post, or by itself while no
// post uses it (Protocol §3.6).
const seen = `CASE WHEN EXISTS (SELECT 1 FROM post_photos pp WHERE pp.account_id = x.account_id AND pp.photo = x.guid)
	THEN EXISTS (SELECT 1 FROM post_photos pp JOIN posts ON posts.id = pp.post_id WHERE pp.account_id = x.account_id AND pp.photo = x.guid AND posts.public)
	ELSE x.public END`

func (s *snapshot) readItems(ctx context.Context, db *sql.Tx) error {
	for _, c := range transfer.Collections() {
		table, columns := string(c), "'', '', '', '', FALSE"
		switch c {
		case transfer.Profiles:
			table = "profiles"
		case transfer.Posts:
			columns = "x.text, '', x.id, '', x.public"
		case transfer.Photos:
			columns = "'', x.sha256, '', x.file, " + seen
		}
		err := each(ctx, db, func(r []string) {
			s.items[item{string(c), r[0]}] = row{r[1], r[2], r[3], r[4], r[5], r[6] == "1"}
		}, "SELECT x.guid, x.digest, "+columns+" FROM "+table+" x WHERE x.account_id = "+s.account)
		if err != nil {
			return err
		}
	}
	return each(ctx, db, func(r []string) { s.gone = append(s.gone, item{r[0], r[1]}) },
		"SELECT collection, guid FROM tombstones WHERE collection = 'posts' AND account_id = "+s.account+" ORDER BY guid")
}

func (s *snapshot) readMoves(ctx context.Context, db *sql.Tx) error {
	return each(ctx, db, func(r []string) { s.moves = append(s.moves, r[0]) },
		"SELECT state FROM moves WHERE account_id = "+s.account+" ORDER BY created_at")
}

func (s *snapshot) readDepartures(ctx context.Context, db *sql.Tx) error {
	err := each(ctx, db, func(r []string) {
		s.departures = append(s.departures, departure{r[0], r[1], r[2], r[6], number(r[3]), number(r[4]), number(r[5]), map[item]receipt{}, map[item]bool{}})
	}, "SELECT id, state, receipt, grace_ends, redirect_at, erase_now, retries FROM transfers WHERE purpose = 'move' AND account_id = "+s.account+" ORDER BY created_at")
	if err != nil {
		return err
	}
	for _, d := range s.departures {
		if err := each(ctx, db, func(r []string) {
			d.receipts[item{r[0], r[1]}] = receipt{r[2], r[3], r[4], number(r[5]), number(r[6]), number(r[7])}
		}, "SELECT collection, guid, digest, outcome, holding, held_at, listed_at, erased_at FROM transfer_receipts WHERE transfer_id = '"+d.id+"'"); err != nil {
			return err
		}
		if err := each(ctx, db, func(r []string) { d.stubs[item{r[0], r[1]}] = true },
			"SELECT collection, guid FROM stubs WHERE NOT home AND transfer_id = '"+d.id+"'"); err != nil {
			return err
		}
	}
	return nil
}

// readOthers reads every row of an item, and every account, that is not the
// mover's, and whether the bytes of photos are there; of some accounts alone if any
// are named.
func (s *snapshot) readOthers(ctx context.Context, db *sql.Tx, p Pod, names []string) error {
	some := ""
	if len(names) > 0 {
		some = " AND %[2]s IN (SELECT id FROM accounts WHERE username IN ('" + strings.Join(names, "', '") + "'))"
	}
	of := map[string]string{
		"accounts": "id", "post_audience": "(SELECT account_id FROM posts WHERE posts.id = post_id)",
		"contact_aspects": "(SELECT account_id FROM contacts WHERE contacts.id = contact_id)",
	}
	for _, table := range []string{"profiles", "blocks", "aspects", "contacts", "posts", "photos", "post_photos", "tombstones", "arrivals", "stubs"} {
		of[table] = "account_id"
	}
	for table, owner := range of {
		err := each(ctx, db, func(r []string) { s.others = append(s.others, table+" "+strings.Join(r, "|")) },
			fmt.Sprintf("SELECT * FROM %[1]s WHERE %[2]s <> %[3]s"+some, table, owner, s.account))
		if err != nil {
			return err
		}
	}
	err := each(ctx, db, func(r []string) { s.others = append(s.others, fmt.Sprintf("bytes %s: %t", r[0], p.intact(r[0]))) },
		fmt.Sprintf("SELECT sha256 FROM %[1]s WHERE %[2]s <> %[3]s"+some, "photos", "account_id", s.account))
	slices.Sort(s.others)
	return err
}

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}
