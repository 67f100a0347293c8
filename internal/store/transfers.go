package store

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"podmove/transfer"
	"podmove/transfer/source"
)

var _ source.Transfers = (*Store)(nil)

// transferRow is a row of transfers. The columns that it leaves out belong to
// the keeping of stubs.
type transferRow struct {
	ID           string `gorm:"primaryKey"`
	AccountID    int64
	GrantID      string
	Client       string
	Nonce        string
	Purpose      string
	Collections  string // joined by spaces
	Limited      bool
	SinceAt      *int64
	UntilAt      *int64
	Destination  string
	NoAddress    bool
	LinksMayGo   bool
	Retries      string
	State        string
	Plan         string // JSON of transfer.Plan
	Keys         string
	AsOf         int64
	Receipt      string
	ProfileURL   string
	PostURL      string
	PhotoURL     string
	FeedURL      string
	Leftover     int64
	Reason       string
	Froze        string // milliseconds, joined by spaces
	ThawsAt      int64
	StoodMS      int64 `gorm:"column:stood_ms"`
	KeysDifferAt int64
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	UsedAt       int64
	AcceptedAt   int64
	RedirectAt   int64
	GraceEnds    int64
	EndedAt      int64
}

func (transferRow) TableName() string { return "transfers" }

func fromTransfer(t source.Transfer) (transferRow, error) {
	plan, err := json.Marshal(t.Plan)
	if err != nil {
		return transferRow{}, err
	}
	collections := make([]string, len(t.Collections))
	for i, c := range t.Collections {
		collections[i] = string(c)
	}
	return transferRow{
		ID: t.ID, AccountID: t.Account, GrantID: t.Grant, Client: t.Client, Nonce: t.Nonce,
		Purpose: string(t.Purpose), Collections: strings.Join(collections, " "), Limited: t.Limited,
		SinceAt: toBound(t.Since), UntilAt: toBound(t.Until),
		Destination: t.Destination, NoAddress: t.NoAddress, LinksMayGo: t.LinksMayGo, Retries: t.Retries, State: string(t.State), Plan: string(plan), Keys: string(t.Keys),
		AsOf: t.AsOf, Receipt: t.Receipt, ProfileURL: t.Profile,
		PostURL: t.Templates.Post, PhotoURL: t.Templates.Photo, FeedURL: t.Templates.Feed,
		Leftover: t.Leftover, Reason: string(t.Reason),
		Froze: joinMillis(t.Froze), ThawsAt: toMillis(t.Thaws), StoodMS: t.Stood.Milliseconds(),
		CreatedAt: toMillis(t.Created), UsedAt: toMillis(t.Used), AcceptedAt: toMillis(t.Accepted),
		RedirectAt: toMillis(t.Redirected), GraceEnds: toMillis(t.GraceEnds), EndedAt: toMillis(t.Ended),
	}, nil
}

func (r transferRow) transfer() (source.Transfer, error) {
	t := source.Transfer{
		ID: r.ID, Account: r.AccountID, Grant: r.GrantID, Client: r.Client, Nonce: r.Nonce,
		Purpose: transfer.Purpose(r.Purpose), Limited: r.Limited, Since: fromBound(r.SinceAt), Until: fromBound(r.UntilAt),
		Destination: r.Destination, NoAddress: r.NoAddress, LinksMayGo: r.LinksMayGo, Retries: r.Retries, State: transfer.State(r.State), Keys: []byte(r.Keys), KeysDiffer: fromMillis(r.KeysDifferAt),
		AsOf: r.AsOf, Receipt: r.Receipt, Profile: r.ProfileURL,
		Templates: transfer.Templates{Post: r.PostURL, Photo: r.PhotoURL, Feed: r.FeedURL},
		Leftover:  r.Leftover, Reason: transfer.Code(r.Reason),
		Thaws: fromMillis(r.ThawsAt), Stood: time.Duration(r.StoodMS) * time.Millisecond,
		Created: fromMillis(r.CreatedAt), Used: fromMillis(r.UsedAt), Accepted: fromMillis(r.AcceptedAt),
		Redirected: fromMillis(r.RedirectAt), GraceEnds: fromMillis(r.GraceEnds), Ended: fromMillis(r.EndedAt),
	}
	for _, c := range strings.Fields(r.Collections) {
		t.Collections = append(t.Collections, transfer.Collection(c))
	}
	for _, ms := range strings.Fields(r.Froze) {
		at, err := strconv.ParseInt(ms, 10, 64)
		if err != nil {
			return t, err
		}
		t.Froze = append(t.Froze, fromMillis(at))
	}
	return t, json.Unmarshal([]byte(r.Plan), &t.Plan)
}

// AddTransfer stores a transfer that was opened.
func (s *Store) AddTransfer(ctx context.Context, t source.Transfer) error {
	row, err := fromTransfer(t)
	if err != nil {
		return err
	}
	return translate(s.db(ctx).Create(&row).Error)
}

// SaveTransfer stores what changes of a transfer after its opening.
func (s *Store) SaveTransfer(ctx context.Context, t source.Transfer) error {
	row, err := fromTransfer(t)
	if err != nil {
		return err
	}
	return translate(s.db(ctx).Model(&row).
		Select("state", "as_of", "receipt", "profile_url", "post_url", "photo_url", "feed_url", "leftover", "reason", "froze", "thaws_at", "stood_ms",
			"accepted_at", "redirect_at", "grace_ends", "ended_at").
		Updates(&row).Error)
}

// Transfer finds a transfer by its id.
func (s *Store) Transfer(ctx context.Context, id string) (source.Transfer, error) {
	return oneTransfer(s.db(ctx).Where("id = ?", id))
}

// TransferOf finds the transfer that a grant opened with a nonce.
func (s *Store) TransferOf(ctx context.Context, grant, nonce string) (source.Transfer, error) {
	return oneTransfer(s.db(ctx).Where("grant_id = ? AND nonce = ?", grant, nonce))
}

// readable are the states in which pages may still be read.
var readable = []transfer.State{transfer.Open, transfer.Copying, transfer.Frozen, transfer.Verified}

func noTransfer() error { return transfer.Errorf(transfer.NotFound, "there is no such transfer") }

func oneTransfer(query *gorm.DB) (source.Transfer, error) {
	var row transferRow
	err := translate(query.Take(&row).Error)
	if errors.Is(err, ErrNotFound) {
		return source.Transfer{}, noTransfer()
	}
	if err != nil {
		return source.Transfer{}, err
	}
	return row.transfer()
}

// TransfersOf lists an account's transfers, newest first.
func (s *Store) TransfersOf(ctx context.Context, account int64) ([]source.Transfer, error) {
	var rows []transferRow
	err := s.db(ctx).Where("account_id = ?", account).Order("created_at DESC, id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	list := make([]source.Transfer, len(rows))
	for i, row := range rows {
		if list[i], err = row.transfer(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// IdleTransfers names transfers that could be read from and were not used since
// the moment given.
func (s *Store) IdleTransfers(ctx context.Context, before time.Time, limit int) ([]string, error) {
	var ids []string
	err := s.db(ctx).Model(&transferRow{}).
		Where("state IN ? AND used_at < ?", readable, before.UnixMilli()).
		Order("used_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, err
}

// TouchTransfer notes that the transfer was used.
func (s *Store) TouchTransfer(ctx context.Context, id string, at time.Time) error {
	return s.db(ctx).Model(&transferRow{}).Where("id = ?", id).Update("used_at", at.UnixMilli()).Error
}

// ProlongFreeze puts off the end of a freeze that is on.
func (s *Store) ProlongFreeze(ctx context.Context, id string, until time.Time) error {
	return s.db(ctx).Model(&transferRow{}).Where("id = ? AND state = ?", id, transfer.Frozen).Update("thaws_at", until.UnixMilli()).Error
}

// Thawing names transfers whose freeze was to end before the moment given.
func (s *Store) Thawing(ctx context.Context, before time.Time, limit int) ([]string, error) {
	var ids []string
	err := s.db(ctx).Model(&transferRow{}).Where("state = ? AND thaws_at <= ?", transfer.Frozen, before.UnixMilli()).
		Order("thaws_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, err
}

// Departing finds the account of a person GUID.
func (s *Store) Departing(ctx context.Context, guid string) (source.Account, error) {
	var row struct {
		ID    int64
		Admin bool
		State string
	}
	err := translate(s.db(ctx).Table("accounts").Select("id", "admin", "state").Where("guid = ?", guid).Take(&row).Error)
	if errors.Is(err, ErrNotFound) {
		return source.Account{}, transfer.Errorf(transfer.NotFound, "there is no such account")
	}
	return source.Account{ID: row.ID, GUID: guid, Admin: row.Admin, Moved: row.State == "moved"}, err
}

// LockAccount holds the account's lock until the transaction ends (§4.1).
func (s *Store) LockAccount(ctx context.Context, account int64) error {
	return s.db(ctx).Exec("UPDATE accounts SET seq = seq WHERE id = ?", account).Error
}

// nonceRow is a row of transfer_nonces.
type nonceRow struct {
	TransferID string `gorm:"primaryKey"`
	Nonce      string `gorm:"primaryKey"`
}

func (nonceRow) TableName() string { return "transfer_nonces" }

// TakeNonce remembers a request nonce; transfer.NonceReplayed if it is known.
// A conflict is no error to the database: it would void the transaction.
func (s *Store) TakeNonce(ctx context.Context, id string, sum transfer.Digest) error {
	done := s.db(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&nonceRow{TransferID: id, Nonce: string(sum)})
	if done.Error == nil && done.RowsAffected == 0 {
		return transfer.Errorf(transfer.NonceReplayed, "this Transfer-Nonce was used before; ask again with the same cursor and a fresh one")
	}
	return done.Error
}

// toMillis is a time as it is stored; the zero time is 0.
func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is a time as it was stored.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// joinMillis is a list of times as it is stored.
func joinMillis(list []time.Time) string {
	all := make([]string, len(list))
	for i, t := range list {
		all[i] = strconv.FormatInt(t.UnixMilli(), 10)
	}
	return strings.Join(all, " ")
}

// toBound is a time that may be any, that of 1970 included; the zero time is
// nil.
func toBound(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.UnixMilli())
}

// fromBound is a time as toBound stored it.
func fromBound(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return time.UnixMilli(*ms).UTC()
}
