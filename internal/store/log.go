package store

import (
	"context"
	"log/slog"
	"time"

	"gorm.io/gorm/logger"
)

// slowStatement is how long a statement may take before it is worth a warning.
const slowStatement = time.Second

// statementLog is gorm's logger. It never sees the values in a statement: they
// are people's posts and tokens. Errors are returned to the caller, who knows
// whether they matter, and are not logged here.
type statementLog struct{ log *slog.Logger }

// ParamsFilter keeps values out of the text that Trace is given.
func (l statementLog) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Trace logs slow statements as warnings and the others at debug level.
func (l statementLog) Trace(ctx context.Context, begin time.Time, text func() (string, int64), _ error) {
	took, level, message := time.Since(begin), slog.LevelDebug, "statement"
	if took >= slowStatement {
		level, message = slog.LevelWarn, "slow statement"
	}
	if !l.log.Enabled(ctx, level) {
		return
	}
	sql, rows := text()
	l.log.Log(ctx, level, message, "sql", sql, "rows", rows, "took", took)
}

// LogMode does nothing: the level is the slog handler's affair.
func (l statementLog) LogMode(logger.LogLevel) logger.Interface { return l }

// Info logs gorm's own remarks, without their arguments.
func (l statementLog) Info(ctx context.Context, message string, _ ...any) {
	l.log.DebugContext(ctx, message)
}

// Warn logs gorm's own remarks, without their arguments.
func (l statementLog) Warn(ctx context.Context, message string, _ ...any) {
	l.log.WarnContext(ctx, message)
}

// Error logs gorm's own remarks, without their arguments.
func (l statementLog) Error(ctx context.Context, message string, _ ...any) {
	l.log.ErrorContext(ctx, message)
}
