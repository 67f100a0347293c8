package store

import (
	"context"
	"encoding/json"

	"gorm.io/gorm/clause"

	"podmove/redirects"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// onwardRow is a row of transfer_onward.
type onwardRow struct {
	TransferID string `gorm:"primaryKey"`
	Account    string
	Origin     string
	Profile    string
	Feed       string
	NamedAt    int64
	AgreedAt   int64
}

func (onwardRow) TableName() string { return "transfer_onward" }

// Onward is redirects.Book's.
func (s *Store) Onward(ctx context.Context, id string) (o redirects.Onward, known bool, err error) {
	var rows []onwardRow
	err = translate(s.db(ctx).Where("transfer_id = ?", id).Find(&rows).Error)
	for _, r := range rows {
		o = redirects.Onward{
			Transfer: id, Account: r.Account, Origin: r.Origin, Profile: r.Profile, Feed: r.Feed,
			Named: moment(r.NamedAt), Agreed: moment(r.AgreedAt),
		}
	}
	return o, len(rows) > 0, err
}

// SaveOnward is redirects.Book's.
func (s *Store) SaveOnward(ctx context.Context, o redirects.Onward) error {
	return translate(s.db(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&onwardRow{
		TransferID: o.Transfer, Account: o.Account, Origin: o.Origin, Profile: o.Profile, Feed: o.Feed,
		NamedAt: millis(o.Named), AgreedAt: millis(o.Agreed),
	}).Error)
}

// ForgetOnward is redirects.Book's.
func (s *Store) ForgetOnward(ctx context.Context, id string) error {
	if err := s.db(ctx).Where("transfer_id = ?", id).Delete(&onwardRow{}).Error; err != nil {
		return translate(err)
	}
	return translate(s.db(ctx).Table("stubs").Where("transfer_id = ? AND onward <> ''", id).Update("onward", "").Error)
}

// AimStubs is redirects.Book's.
func (s *Store) AimStubs(ctx context.Context, id string, items []transfer.Onward) error {
	for _, item := range items {
		err := s.db(ctx).Table("stubs").Where("transfer_id = ? AND collection = ? AND guid = ?", id, item.Collection, item.GUID).
			Update("onward", item.URL).Error
		if err != nil {
			return translate(err)
		}
	}
	return nil
}

// Leaving is destination.Custody's.
func (s *Store) Leaving(ctx context.Context, id string) (destination.Leaving, error) {
	d, err := s.Departure(ctx, id)
	since := d.Redirected
	if d.Ended.After(since) && d.State == transfer.Undone {
		since = d.Ended
	}
	if err != nil {
		return destination.Leaving{}, err
	}
	var later int64
	err = s.db(ctx).Model(&departureRow{}).Where("account_id = ? AND purpose = ? AND retries = '' AND redirect_at > ? AND state IN ?",
		d.Account, transfer.Move, millis(d.Redirected), wentAway).Count(&later).Error
	return destination.Leaving{
		ID: id, State: d.State, Account: d.Destination, Origin: d.Origin(), Profile: d.Profile, Feed: d.Templates.Feed,
		NoAddress: d.NoAddress, Since: since, Overtaken: later > 0,
	}, translate(err)
}

// GoneOn is destination.Custody's. What was not public, and so leads nowhere
// here, is nobody's business elsewhere (Protocol §6.1).
func (s *Store) GoneOn(ctx context.Context, m destination.Move, leaving string, after transfer.Onward, limit int) (list []transfer.Onward, err error) {
	err = s.db(ctx).Table("arrivals AS a").Select("a.collection, a.guid, stubs.target AS url").
		Joins("JOIN stubs ON stubs.transfer_id = ? AND stubs.collection = a.collection AND stubs.guid = a.local_guid", leaving).
		Where("a.account_id = ? AND a.issuer = ? AND a.source_account = ? AND a.outcome IN ?", m.Account, m.Issuer, m.Subject, arrived).
		Where("stubs.public AND NOT stubs.home AND stubs.target <> '' AND (a.collection, a.guid) > (?, ?)", after.Collection, after.GUID).
		Order("a.collection, a.guid").Limit(limit).Find(&list).Error
	return list, translate(err)
}

// maxEarlier bounds how many earlier IDs an account names.
const maxEarlier = 20

// EarlierIDs are the IDs that an account had at other pods: those that moves
// hither proved, as far as the pods that they led away from let them be named,
// and those that these pods name in turn (Protocol §6.5).
func (s *Store) EarlierIDs(ctx context.Context, account int64) (ids []string, err error) {
	var rows []moveRow
	err = s.db(ctx).Select("source_account", "plan").Where("account_id = ? AND state = ? AND purpose = ?", account, destination.Done, transfer.Move).
		Order("ended_at DESC, id").Limit(maxEarlier).Find(&rows).Error
	seen := map[string]bool{}
	for _, r := range rows {
		var p transfer.Plan
		if json.Unmarshal([]byte(r.Plan), &p) != nil || len(p.AlsoKnownAs) == 0 || p.AlsoKnownAs[0] != r.SourceAccount {
			continue // it leaves no address, or knows of no such thing
		}
		for _, id := range p.AlsoKnownAs {
			if transfer.ValidID(id) && !seen[id] && len(ids) < maxEarlier {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids, translate(err)
}
