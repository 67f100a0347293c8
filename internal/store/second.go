package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"podmove/internal/pod"
)

var _ pod.SecondSteps = (*Store)(nil)

// secondRow is a row of second_steps.
type secondRow struct {
	AccountID int64 `gorm:"primaryKey;autoIncrement:false"`
	Sealed    []byte
	OnSince   int64
	LastStep  int64
}

// TableName is second_steps.
func (secondRow) TableName() string { return "second_steps" }

// recoveryRow is a row of recovery_codes.
type recoveryRow struct {
	AccountID int64
	Hash      []byte
}

// TableName is recovery_codes.
func (recoveryRow) TableName() string { return "recovery_codes" }

// SecondStep is pod.SecondSteps'.
func (s *Store) SecondStep(ctx context.Context, account int64) (pod.SecondStep, error) {
	var row secondRow
	err := translate(s.db(ctx).Where("account_id = ?", account).Take(&row).Error)
	if errors.Is(err, ErrNotFound) {
		return pod.SecondStep{}, nil
	}
	if err != nil {
		return pod.SecondStep{}, err
	}
	var n int64
	err = s.db(ctx).Model(&recoveryRow{}).Where("account_id = ?", account).Count(&n).Error
	return pod.SecondStep{Sealed: row.Sealed, Since: moment(row.OnSince), Codes: n}, translate(err)
}

// PrepareSecondStep is pod.SecondSteps'.
func (s *Store) PrepareSecondStep(ctx context.Context, account int64, sealed []byte) (bool, error) {
	return done(s.db(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "account_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"sealed"}),
		Where:     clause.Where{Exprs: []clause.Expression{gorm.Expr("second_steps.on_since = 0")}},
	}).Create(&secondRow{AccountID: account, Sealed: sealed}))
}

// ConfirmSecondStep is pod.SecondSteps'.
func (s *Store) ConfirmSecondStep(ctx context.Context, account int64, sealed []byte, step int64, now time.Time) (bool, error) {
	return done(s.db(ctx).Model(&secondRow{}).Where("account_id = ? AND sealed = ? AND on_since = 0", account, sealed).
		Updates(map[string]any{"on_since": millis(now), "last_step": step}))
}

// TakeStep is pod.SecondSteps'. One statement compares and sets, so that of two
// processes with one code only one finds it unused.
func (s *Store) TakeStep(ctx context.Context, account int64, sealed []byte, step int64) (bool, error) {
	return done(s.db(ctx).Model(&secondRow{}).Where("account_id = ? AND sealed = ? AND on_since > 0 AND last_step < ?", account, sealed, step).
		Update("last_step", step))
}

// DropSecondStep is pod.SecondSteps'.
func (s *Store) DropSecondStep(ctx context.Context, account int64) (dropped bool, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		if err := s.SetRecoveryCodes(ctx, account, nil); err != nil {
			return err
		}
		dropped, err = done(s.db(ctx).Where("account_id = ?", account).Delete(&secondRow{}))
		return err
	})
	return dropped, err
}

// SetRecoveryCodes is pod.SecondSteps'.
func (s *Store) SetRecoveryCodes(ctx context.Context, account int64, hashes [][]byte) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		if err := s.db(ctx).Where("account_id = ?", account).Delete(&recoveryRow{}).Error; err != nil || len(hashes) == 0 {
			return translate(err)
		}
		rows := make([]recoveryRow, len(hashes))
		for i, hash := range hashes {
			rows[i] = recoveryRow{account, hash}
		}
		return translate(s.db(ctx).Create(&rows).Error)
	})
}

// TakeRecoveryCode is pod.SecondSteps'.
func (s *Store) TakeRecoveryCode(ctx context.Context, account int64, hash []byte) (bool, error) {
	return done(s.db(ctx).Where("account_id = ? AND hash = ?", account, hash).Delete(&recoveryRow{}))
}

// done reports whether a statement changed a row.
func done(q *gorm.DB) (bool, error) { return q.RowsAffected > 0, translate(q.Error) }
