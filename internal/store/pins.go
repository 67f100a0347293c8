package store

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"podmove/internal/pins"
	"podmove/transfer"
)

var _ pins.Book = (*Store)(nil)

// peerRow is a row of peers.
type peerRow struct {
	ID      string `gorm:"primaryKey"`
	Keys    string
	TriedAt int64
	ReadAt  int64
}

func (peerRow) TableName() string { return "peers" }

// pinRow is a pin as both queries below answer it.
type pinRow struct {
	Kind, ID, Subject, Peer, Keys string
	AccountID, DifferAt           int64
}

// grantPins and movePins are what is pinned and still needed (Protocol §1.5).
const (
	grantPins = `SELECT 'grant' AS kind, g.id, g.client AS peer, g.keys, g.keys_differ_at AS differ_at, g.created_at AS since, a.id AS account_id,
		COALESCE((SELECT t.id FROM transfers t WHERE t.grant_id = g.id ORDER BY t.created_at DESC, t.id LIMIT 1), '') AS subject
	FROM grants g JOIN accounts a ON a.guid = g.account
	WHERE g.keys <> '' AND g.client LIKE '%:%' AND (g.revoked_at = 0 AND g.created_at > ? OR EXISTS (SELECT 1 FROM transfers t WHERE t.grant_id = g.id
		AND (t.state NOT IN ? OR t.state = ? AND t.ended_at > ?)))`
	movePins = `SELECT 'move' AS kind, m.id, m.issuer AS peer, m.keys, m.keys_differ_at AS differ_at,
		CASE WHEN m.agreed_at > 0 THEN m.agreed_at ELSE m.created_at END AS since, m.account_id, m.id AS subject
	FROM moves m WHERE m.keys <> '' AND (m.state NOT IN ? OR m.ended_at > ?)`
)

// pinArgs are the places of both queries.
func pinArgs(b pins.Bound) []any {
	return []any{millis(b.Grants), overThere, transfer.Undone, millis(b.Undone), overHere, millis(b.Moves)}
}

func (r pinRow) pin() pins.Pin {
	return pins.Pin{
		Pin:  transfer.Pin{Peer: r.Peer, Keys: []byte(r.Keys), Differ: moment(r.DifferAt)},
		Kind: pins.Kind(r.Kind), ID: r.ID, Account: r.AccountID, Subject: r.Subject,
	}
}

// AskPeer is pins.Book's: one statement that checks and marks.
func (s *Store) AskPeer(ctx context.Context, peer string, now, before time.Time) (bool, error) {
	done := s.db(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "id"}},
		DoUpdates: clause.Assignments(map[string]any{"tried_at": millis(now)}),
		Where:     clause.Where{Exprs: []clause.Expression{clause.Lte{Column: "peers.tried_at", Value: millis(before)}}},
	}).Create(&peerRow{ID: peer, TriedAt: millis(now)})
	return done.RowsAffected == 1, translate(done.Error)
}

// PeerOf is pins.Book's.
func (s *Store) PeerOf(ctx context.Context, peer string) (pins.Peer, error) {
	var rows []peerRow
	err := s.db(ctx).Where("id = ?", peer).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return pins.Peer{}, translate(err)
	}
	return pins.Peer{Keys: []byte(rows[0].Keys), Tried: moment(rows[0].TriedAt), Read: moment(rows[0].ReadAt)}, nil
}

// SavePeer is pins.Book's.
func (s *Store) SavePeer(ctx context.Context, peer string, keys []byte, at time.Time) error {
	return translate(s.db(ctx).Model(&peerRow{}).Where("id = ?", peer).
		Updates(map[string]any{"keys": string(keys), "read_at": millis(at)}).Error)
}

// PinsTo is pins.Book's.
func (s *Store) PinsTo(ctx context.Context, peer string, b pins.Bound) ([]pins.Pin, error) {
	var rows []pinRow
	err := s.db(ctx).Raw("SELECT * FROM ("+grantPins+" UNION ALL "+movePins+") AS p WHERE p.peer = ? ORDER BY p.id", append(pinArgs(b), peer)...).Scan(&rows).Error
	list := make([]pins.Pin, len(rows))
	for i, r := range rows {
		list[i] = r.pin()
	}
	return list, translate(err)
}

// PinOf is pins.Book's. It finds what is over, too.
func (s *Store) PinOf(ctx context.Context, account int64, id string) (pins.Pin, error) {
	var rows []pinRow
	err := s.db(ctx).Raw(`SELECT 'grant' AS kind, g.id, g.client AS peer, g.keys, g.keys_differ_at AS differ_at, t.account_id, t.id AS subject
		FROM transfers t JOIN grants g ON g.id = t.grant_id WHERE t.account_id = ? AND t.id = ?`, account, id).Scan(&rows).Error
	if err == nil && len(rows) == 0 {
		return pins.Pin{}, noTransfer()
	}
	if err != nil {
		return pins.Pin{}, translate(err)
	}
	return rows[0].pin(), nil
}

// SavePin is pins.Book's. The transfers of a grant carry its pin.
func (s *Store) SavePin(ctx context.Context, p pins.Pin, was []byte) error {
	values := map[string]any{"keys": string(p.Keys), "keys_differ_at": millis(p.Differ)}
	if p.Kind == pins.Move {
		return translate(s.db(ctx).Table("moves").Where("id = ? AND keys = ?", p.ID, string(was)).Updates(values).Error)
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		done := s.db(ctx).Table("grants").Where("id = ? AND keys = ?", p.ID, string(was)).Updates(values)
		if done.Error != nil || done.RowsAffected == 0 {
			return translate(done.Error)
		}
		return translate(s.db(ctx).Table("transfers").Where("grant_id = ?", p.ID).Updates(values).Error)
	})
}

// StalePeers is pins.Book's. What was never read again was read at consent.
func (s *Store) StalePeers(ctx context.Context, b pins.Bound, weekly, hourly time.Time, limit int) (list []string, err error) {
	query := `SELECT p.peer FROM (` + grantPins + " UNION ALL " + movePins + `) AS p LEFT JOIN peers ON peers.id = p.peer
		WHERE COALESCE(peers.tried_at, 0) < ? AND (CASE WHEN peers.read_at > 0 THEN peers.read_at ELSE p.since END < ? OR p.differ_at > 0)
		GROUP BY p.peer, peers.tried_at ORDER BY COALESCE(peers.tried_at, 0), p.peer LIMIT ?`
	err = s.db(ctx).Raw(query, append(pinArgs(b), millis(hourly), millis(weekly), limit)...).Scan(&list).Error
	return list, translate(err)
}

// DropPeers is pins.Book's.
func (s *Store) DropPeers(ctx context.Context, b pins.Bound) error {
	query := "DELETE FROM peers WHERE id NOT IN (SELECT p.peer FROM (" + grantPins + " UNION ALL " + movePins + ") AS p)"
	return translate(s.db(ctx).Exec(query, pinArgs(b)...).Error)
}
