package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"

	"podmove/transfer"
	"podmove/transfer/destination"
)

var _ destination.Moves = (*Store)(nil)

// moveRow is a row of moves, less the sealed tokens, which change on their own.
type moveRow struct {
	ID             string `gorm:"primaryKey"`
	AccountID      int64
	Purpose        string
	Typed          string
	Issuer         string
	Subject        string
	SourceAccount  string
	TransferID     string
	ReceiptFor     string
	Nonce          string
	State          string
	Phase          string
	Reason         string
	Message        string
	WaitUntil      int64
	WaitedMS       int64 `gorm:"column:waited_ms"`
	Attempts       int
	Rounds         int
	Plan           string // JSON of transfer.Plan
	Keys           string // changed by PinMove and SavePin alone, and so is the next
	KeysDifferAt   int64
	ReplaceProfile bool
	Retries        string
	Wanted         string // JSON of destination.Choice; empty is the zero one
	CreatedAt      int64  `gorm:"autoCreateTime:false"`
	AgreedAt       int64
	ChangedAt      int64
	EndedAt        int64
}

func (moveRow) TableName() string { return "moves" }

func fromMove(m destination.Move) (moveRow, error) {
	plan, err := json.Marshal(m.Plan)
	if err != nil {
		return moveRow{}, err
	}
	wanted := ""
	if !m.Wanted.All() {
		raw, err := json.Marshal(m.Wanted)
		if err != nil {
			return moveRow{}, err
		}
		wanted = string(raw)
	}
	return moveRow{
		ID: m.ID, AccountID: m.Account, Purpose: string(m.Purpose), Typed: m.Typed,
		Issuer: m.Issuer, Subject: m.Subject, SourceAccount: m.SourceAccount,
		TransferID: m.Transfer, ReceiptFor: m.ReceiptFor, Nonce: m.Nonce, State: string(m.State), Phase: string(m.Phase),
		Reason: string(m.Reason), Message: m.Message,
		WaitUntil: toMillis(m.WaitUntil), WaitedMS: m.Waited.Milliseconds(), Attempts: m.Attempts, Rounds: m.Rounds,
		Plan: string(plan), Keys: string(m.Keys), KeysDifferAt: toMillis(m.KeysDiffer), ReplaceProfile: m.Profile == destination.ReplaceProfile,
		Retries: m.Retries, Wanted: wanted,
		CreatedAt: toMillis(m.Created), AgreedAt: toMillis(m.Agreed), ChangedAt: toMillis(m.Changed), EndedAt: toMillis(m.Ended),
	}, nil
}

func (r moveRow) move() (destination.Move, error) {
	m := destination.Move{
		ID: r.ID, Account: r.AccountID, Purpose: transfer.Purpose(r.Purpose), Typed: r.Typed,
		Issuer: r.Issuer, Subject: r.Subject, SourceAccount: r.SourceAccount,
		Transfer: r.TransferID, ReceiptFor: r.ReceiptFor, Nonce: r.Nonce, State: destination.State(r.State), Phase: destination.State(r.Phase),
		Reason: transfer.Code(r.Reason), Message: r.Message,
		WaitUntil: fromMillis(r.WaitUntil), Waited: time.Duration(r.WaitedMS) * time.Millisecond,
		Attempts: r.Attempts, Rounds: r.Rounds, Keys: []byte(r.Keys), KeysDiffer: fromMillis(r.KeysDifferAt), Profile: destination.KeepProfile,
		Retries: r.Retries, Created: fromMillis(r.CreatedAt), Agreed: fromMillis(r.AgreedAt), Changed: fromMillis(r.ChangedAt), Ended: fromMillis(r.EndedAt),
	}
	if r.ReplaceProfile {
		m.Profile = destination.ReplaceProfile
	}
	if r.Wanted != "" {
		if err := json.Unmarshal([]byte(r.Wanted), &m.Wanted); err != nil {
			return m, err
		}
	}
	if r.Plan == "" {
		return m, nil
	}
	return m, json.Unmarshal([]byte(r.Plan), &m.Plan)
}

// AddMove stores a new move.
func (s *Store) AddMove(ctx context.Context, m destination.Move) error {
	row, err := fromMove(m)
	if err != nil {
		return err
	}
	return translate(s.db(ctx).Create(&row).Error)
}

// Move finds a move by its id.
func (s *Store) Move(ctx context.Context, id string) (destination.Move, error) {
	var row moveRow
	err := translate(s.db(ctx).Where("id = ?", id).Take(&row).Error)
	if errors.Is(err, ErrNotFound) {
		return destination.Move{}, noMove()
	}
	if err != nil {
		return destination.Move{}, err
	}
	return row.move()
}

func noMove() error { return transfer.Errorf(transfer.NotFound, "there is no such move") }

// MovesOf lists an account's moves, newest first.
func (s *Store) MovesOf(ctx context.Context, account int64) ([]destination.Move, error) {
	var rows []moveRow
	err := s.db(ctx).Where("account_id = ?", account).Order("created_at DESC, id").Limit(100).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	list := make([]destination.Move, len(rows))
	for i, row := range rows {
		if list[i], err = row.move(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ChangeMove stores what changes of a move, if its state is still the one given.
func (s *Store) ChangeMove(ctx context.Context, m destination.Move, from destination.State) error {
	row, err := fromMove(m)
	if err != nil {
		return err
	}
	still := s.db(ctx).Model(&moveRow{}).Where("id = ? AND state = ?", m.ID, string(from))
	if m.Claim != 0 {
		still = still.Where("claim = ?", m.Claim)
	}
	done := still.Select("*").Omit("id", "account_id", "purpose", "nonce", "keys", "keys_differ_at", "created_at").Updates(&row)
	if done.Error == nil && done.RowsAffected == 0 {
		return transfer.ErrOvertaken
	}
	return translate(done.Error)
}

// ClaimMove is destination.Moves'.
func (s *Store) ClaimMove(ctx context.Context, id string) (destination.Move, error) {
	if err := s.db(ctx).Exec("UPDATE moves SET claim = claim + 1 WHERE id = ?", id).Error; err != nil {
		return destination.Move{}, err
	}
	m, err := s.Move(ctx, id)
	if err == nil {
		m.Claim, err = s.claim(ctx, id)
	}
	return m, err
}

// claim is whose a move is; zero if there is no such move.
func (s *Store) claim(ctx context.Context, id string) (n int64, err error) {
	err = s.db(ctx).Raw("SELECT claim FROM moves WHERE id = ?", id).Scan(&n).Error
	return n, err
}

// PinMove pins a move to the keys of its source as they were at consent.
func (s *Store) PinMove(ctx context.Context, id string, keys []byte) error {
	return translate(s.db(ctx).Model(&moveRow{}).Where("id = ?", id).Updates(map[string]any{"keys": string(keys), "keys_differ_at": 0}).Error)
}

// UnfinishedMoves lists the moves that a job goes on with.
func (s *Store) UnfinishedMoves(ctx context.Context) ([]string, error) {
	working := []destination.State{destination.Copying, destination.CatchingUp, destination.Freezing, destination.Verifying, destination.Waiting}
	return s.moveIDs(s.db(ctx).Where("state IN ?", working))
}

// IdleMoves lists the moves that have not ended and did not change since the
// moment given.
func (s *Store) IdleMoves(ctx context.Context, before time.Time) ([]string, error) {
	ended := []destination.State{destination.Done, destination.Cancelled, destination.Undone}
	return s.moveIDs(s.db(ctx).Where("state NOT IN ? AND changed_at < ?", ended, before.UnixMilli()))
}

func (s *Store) moveIDs(query *gorm.DB) (ids []string, err error) {
	err = query.Model(&moveRow{}).Order("created_at, id").Pluck("id", &ids).Error
	return ids, err
}

// MoveTokens are a move's sealed tokens, nil if it has none.
func (s *Store) MoveTokens(ctx context.Context, id string) ([]byte, error) {
	var row struct{ Sealed []byte }
	err := translate(s.db(ctx).Table("moves").Select("sealed").Where("id = ?", id).Take(&row).Error)
	if errors.Is(err, ErrNotFound) {
		return nil, noMove()
	}
	return row.Sealed, err
}

// SaveMoveTokens replaces a move's sealed tokens; nil forgets them.
func (s *Store) SaveMoveTokens(ctx context.Context, id string, sealed []byte) error {
	return s.db(ctx).Model(&moveRow{}).Where("id = ?", id).Update("sealed", sealed).Error
}

// TokenHolders lists the moves that have tokens.
func (s *Store) TokenHolders(ctx context.Context) ([]string, error) {
	return s.moveIDs(s.db(ctx).Where("sealed IS NOT NULL"))
}

// Contents is how many bytes the contents have of the photos that a run brought.
func (s *Store) Contents(ctx context.Context, run string) (bytes int64, err error) {
	err = s.db(ctx).Table("arrivals a").Joins("JOIN photos p ON p.account_id = a.account_id AND p.guid = a.local_guid").
		Where("a.run = ? AND a.collection = ? AND a.outcome IN ?", run, transfer.Photos, []transfer.Result{transfer.Imported, transfer.Unchanged}).
		Select("COALESCE(SUM(p.bytes), 0)").Scan(&bytes).Error
	return bytes, translate(err)
}

// Taken is how much of each collection a run has written.
func (s *Store) Taken(ctx context.Context, run string) (map[transfer.Collection]destination.Taken, error) {
	var rows []struct {
		Collection              string
		Entries, Bytes, Through int64
	}
	err := s.db(ctx).Table("progress").Where("run = ?", run).Find(&rows).Error
	taken := make(map[transfer.Collection]destination.Taken, len(rows))
	for _, r := range rows {
		taken[transfer.Collection(r.Collection)] = destination.Taken{Entries: r.Entries, Bytes: r.Bytes, Through: r.Through}
	}
	return taken, err
}
