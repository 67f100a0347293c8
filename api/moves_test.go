package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// oneReport is of account 7.
type oneReport struct{ of destination.Report }

func (r oneReport) Report(_ context.Context, account int64, id string) (destination.Report, error) {
	if account != 7 || id != r.of.Move.ID {
		return destination.Report{}, transfer.Errorf(transfer.NotFound, "there is no such move")
	}
	return r.of, nil
}

func TestMoveState(t *testing.T) {
	at := time.UnixMilli(1234567890123).UTC()
	report := oneReport{destination.Report{
		Move: destination.Move{
			ID: "a0b1", Purpose: transfer.Move, State: destination.Waiting, Phase: destination.Copying, Reason: transfer.RateLimited,
			Message: "wait", Typed: "aurora@old.example", WaitUntil: at, Created: at, Changed: at,
		},
		Collections: []destination.Progress{{Collection: transfer.Posts, Planned: 9, Imported: 5, Failed: 1, Bytes: 700, PlannedBytes: 1200}},
	}}
	as := func(account int64) http.Handler {
		return New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{Moves{
			Reports: report, Account: func(context.Context) (int64, error) { return account, nil },
		}}})
	}
	t.Run("tells how the move stands", func(t *testing.T) {
		w := asked(t, as(7), "/moves/a0b1")
		var got map[string]any
		must(t, json.Unmarshal(w.Body.Bytes(), &got))
		want := `{"changed_at":"2009-02-13T23:31:30.123Z","collections":[{"bytes":700,"collection":"posts","failed":1,"imported":5,"planned":9,"planned_bytes":1200,"removed":0,"skipped":0,"unchanged":0}],` +
			`"created_at":"2009-02-13T23:31:30.123Z","from":"aurora@old.example","id":"a0b1","message":"wait","phase":"copying","purpose":"move",` +
			`"reason":"rate-limited","state":"waiting","trouble":[],"wait_until":"2009-02-13T23:31:30.123Z"}`
		sorted, err := json.Marshal(got)
		must(t, err)
		if w.Code != http.StatusOK || string(sorted) != want {
			t.Errorf("%d: %s", w.Code, sorted)
		}
	})
	t.Run("takes nobody for a stranger whose account cannot be read", func(t *testing.T) {
		away := New(Options{Log: slog.New(slog.DiscardHandler), Groups: []Group{Moves{
			Reports: report, Account: func(context.Context) (int64, error) { return 0, errors.New("no database") },
		}}})
		if w := asked(t, away, "/moves/a0b1"); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "no database") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("tells nobody else", func(t *testing.T) {
		if w := asked(t, as(8), "/moves/a0b1"); w.Code != http.StatusNotFound {
			t.Errorf("another account: %d", w.Code)
		}
		if w := asked(t, as(0), "/moves/a0b1"); w.Code != http.StatusUnauthorized {
			t.Errorf("a stranger: %d", w.Code)
		}
	})
}
