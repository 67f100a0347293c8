package store

import (
	"context"
	"errors"
	"time"

	"podmove/internal/audit"
	"podmove/internal/pod"
	"podmove/transfer"
)

var _ pod.Accounts = (*Store)(nil)

// accountRow is a row of accounts, less the password and the change number.
type accountRow struct {
	ID        int64
	GUID      string
	Username  string
	Email     string
	Language  string
	Admin     bool
	State     string
	MovedTo   string
	MovedURL  string
	CreatedAt int64 `gorm:"autoCreateTime:false"`

	SessionsFrom int64
}

// TableName is accounts.
func (accountRow) TableName() string { return "accounts" }

func (r accountRow) account() pod.Account {
	return pod.Account{
		ID: r.ID, GUID: r.GUID, Username: r.Username, Email: r.Email, Language: r.Language, Admin: r.Admin,
		State: pod.State(r.State), MovedTo: r.MovedTo, MovedURL: r.MovedURL,
		CreatedAt: time.UnixMilli(r.CreatedAt).UTC(), SessionsFrom: time.UnixMilli(r.SessionsFrom).UTC(),
	}
}

// newAccountRow is an accountRow with its password, which is never read along
// with the rest.
type newAccountRow struct {
	Row      accountRow `gorm:"embedded"`
	Password string
}

// TableName is accounts.
func (newAccountRow) TableName() string { return "accounts" }

// AddAccount is pod.Accounts'.
func (s *Store) AddAccount(ctx context.Context, a pod.Account, password, profile string) (pod.Account, error) {
	row := newAccountRow{Password: password, Row: accountRow{
		GUID: a.GUID, Username: a.Username, Email: a.Email, Admin: a.Admin,
		State: string(a.State), CreatedAt: a.CreatedAt.UnixMilli(),
	}}
	err := s.InTx(ctx, func(ctx context.Context) error {
		row.Row.ID = 0 // should InTx run this again
		if err := translate(s.db(ctx).Create(&row).Error); err != nil {
			return err
		}
		if err := s.addEmail(ctx, row.Row.ID, a.Email, a.CreatedAt); err != nil {
			return err
		}
		if err := s.addEmptyProfile(ctx, row.Row.ID, profile); err != nil {
			return err
		}
		return s.Audit(ctx, audit.Record{Kind: audit.AccountAdded, Account: a.GUID, Detail: adminDetail(a)})
	})
	if errors.Is(err, ErrConflict) {
		return pod.Account{}, pod.ErrNameTaken
	}
	return row.Row.account(), err
}

// adminDetail says that an account may see what concerns the whole pod.
func adminDetail(a pod.Account) map[string]any {
	if !a.Admin {
		return nil
	}
	return map[string]any{"admin": true}
}

// Account is pod.Accounts'.
func (s *Store) Account(ctx context.Context, id int64) (pod.Account, error) {
	return s.findAccount(ctx, "id = ?", id)
}

// AccountNamed is pod.Accounts'.
func (s *Store) AccountNamed(ctx context.Context, username string) (pod.Account, error) {
	return s.findAccount(ctx, "username = ?", username)
}

// AccountWithGUID is pod.Accounts'.
func (s *Store) AccountWithGUID(ctx context.Context, guid string) (pod.Account, error) {
	return s.findAccount(ctx, "guid = ?", guid)
}

// Password is pod.Accounts'.
func (s *Store) Password(ctx context.Context, id int64) (string, error) {
	var hash string
	err := s.db(ctx).Table("accounts").Select("password").Where("id = ?", id).Take(&hash).Error
	return hash, noAccount(err)
}

func (s *Store) findAccount(ctx context.Context, where string, value any) (pod.Account, error) {
	var row accountRow
	if err := s.db(ctx).Where(where, value).Take(&row).Error; err != nil {
		return pod.Account{}, noAccount(err)
	}
	return row.account(), nil
}

func noAccount(err error) error {
	err = translate(err)
	if errors.Is(err, ErrNotFound) {
		return pod.ErrNoAccount
	}
	return err
}

// addEmptyProfile writes the profile that every account has.
func (s *Store) addEmptyProfile(ctx context.Context, account int64, guid string) error {
	profile := transfer.Profile{Searchable: true}
	entry, err := transfer.Encode(guid, profile)
	if err != nil {
		return err
	}
	return s.put(ctx, profiles{}, account, []placed{{
		head: head{GUID: guid, Digest: entry.Digest, Size: int64(len(entry.Item))},
		item: profile,
	}})
}
