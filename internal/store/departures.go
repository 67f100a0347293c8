package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"podmove/internal/pod"
	"podmove/redirects"
	"podmove/transfer"
)

var _ redirects.Book = (*Store)(nil)

// departureRow is a row of transfers, as the keeping of stubs sees it.
type departureRow struct {
	ID           string `gorm:"primaryKey"`
	AccountID    int64
	GrantID      string
	Client       string
	Nonce        string
	Destination  string
	NoAddress    bool
	LinksMayGo   bool
	Retries      string
	State        string
	Reason       string
	WaitsAt      int64
	Keys         string
	KeysDifferAt int64
	ProfileURL   string
	PostURL      string
	PhotoURL     string
	FeedURL      string
	RedirectAt   int64
	GraceEnds    int64
	EraseNow     int64
	AskedAt      int64
	EndedAt      int64
	Username     string `gorm:"->"` // of the account, where it was asked for
}

func (departureRow) TableName() string { return "transfers" }

func (r departureRow) departure() redirects.Departure {
	return redirects.Departure{
		ID: r.ID, Account: r.AccountID, Grant: r.GrantID, Client: r.Client, Nonce: r.Nonce,
		Destination: r.Destination, NoAddress: r.NoAddress, LinksMayGo: r.LinksMayGo, Retries: r.Retries, State: transfer.State(r.State), Reason: transfer.Code(r.Reason), Waits: moment(r.WaitsAt),
		Keys: []byte(r.Keys), KeysDiffer: moment(r.KeysDifferAt), Profile: r.ProfileURL,
		Templates:  transfer.Templates{Post: r.PostURL, Photo: r.PhotoURL, Feed: r.FeedURL},
		Redirected: moment(r.RedirectAt), GraceEnds: moment(r.GraceEnds), EraseNow: moment(r.EraseNow),
		Asked: moment(r.AskedAt), Ended: moment(r.EndedAt),
	}
}

// Departure is redirects.Book's.
func (s *Store) Departure(ctx context.Context, id string) (redirects.Departure, error) {
	var row departureRow
	err := translate(s.db(ctx).Where("id = ?", id).Take(&row).Error)
	if errors.Is(err, ErrNotFound) {
		return redirects.Departure{}, noTransfer()
	}
	return row.departure(), err
}

// SaveDeparture is redirects.Book's.
func (s *Store) SaveDeparture(ctx context.Context, d redirects.Departure) error {
	return translate(s.db(ctx).Model(&departureRow{}).Where("id = ?", d.ID).Updates(map[string]any{
		"state": string(d.State), "reason": string(d.Reason), "waits_at": millis(d.Waits), "grace_ends": millis(d.GraceEnds), "erase_now": millis(d.EraseNow), "ended_at": millis(d.Ended),
	}).Error)
}

// Departures is redirects.Book's.
func (s *Store) Departures(ctx context.Context) (ids []string, err error) {
	err = s.db(ctx).Model(&departureRow{}).Where("state IN ?", []transfer.State{transfer.Redirecting, transfer.ErasingOld}).
		Order("redirect_at, id").Pluck("id", &ids).Error
	return ids, translate(err)
}

// Delays are the departures whose erasing waits, those that wait longest first,
// after the one given, at most limit. The zero Delay is the beginning.
func (s *Store) Delays(ctx context.Context, after redirects.Delay, limit int) ([]redirects.Delay, error) {
	var rows []departureRow
	err := s.db(ctx).Table("transfers").Joins("JOIN accounts ON accounts.id = transfers.account_id").Select("transfers.*, accounts.username").
		Where("transfers.state IN ? AND transfers.reason <> ''", []transfer.State{transfer.Redirecting, transfer.ErasingOld}).
		Where("(transfers.waits_at, transfers.id) > (?, ?)", millis(after.Waits), after.ID).
		Order("transfers.waits_at, transfers.id").Limit(limit).Find(&rows).Error
	list := make([]redirects.Delay, len(rows))
	for i, r := range rows {
		list[i] = redirects.Delay{Departure: r.departure(), Username: r.Username}
	}
	return list, translate(err)
}

// SetMoved is redirects.Book's.
func (s *Store) SetMoved(ctx context.Context, d redirects.Departure) error {
	to, address := d.Destination, d.Profile
	if d.NoAddress { // Protocol §6.3
		to, address = "", ""
	}
	return setState(s.db(ctx).Where("id = ?", d.Account), pod.Moved, to, address)
}

// SetActive is redirects.Book's.
func (s *Store) SetActive(ctx context.Context, account int64) error {
	return setState(s.db(ctx).Where("id = ? AND state = ?", account, pod.Moved), pod.Active, "", "")
}

// Active is redirects.Book's.
func (s *Store) Active(ctx context.Context, account int64) (bool, error) {
	var n int64
	err := s.db(ctx).Model(&accountRow{}).Where("id = ? AND state = ?", account, pod.Active).Count(&n).Error
	return n > 0, translate(err)
}

func setState(accounts *gorm.DB, state pod.State, to, address string) error {
	return translate(accounts.Model(&accountRow{}).Updates(map[string]any{
		"state": string(state), "moved_to": to, "moved_url": address,
	}).Error)
}

// HasEvent is redirects.Book's.
func (s *Store) HasEvent(ctx context.Context, account int64, subject, kind string) (bool, error) {
	var n int64
	err := s.db(ctx).Model(&eventRow{}).Where("account_id = ? AND subject = ? AND kind = ?", account, subject, kind).Count(&n).Error
	return n > 0, translate(err)
}
