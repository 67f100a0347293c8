package store_test

import (
	"context"
	"os"
	"testing"
	"time"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/oauth/provider"
)

func TestLook(t *testing.T) {
	kept := func(t *testing.T, ctx context.Context, s *store.Store, signature string) bool {
		_, found, err := s.OAuthRow(ctx, provider.KindRefresh, signature)
		must(t, err)
		return found
	}
	row := func(signature string) provider.Row {
		return provider.Row{Kind: provider.KindRefresh, Signature: signature, Active: true, Body: []byte("{}"), ExpiresAt: time.Now().Add(time.Hour)}
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("waits for no transaction, and sees what it did at its end", func(t *testing.T) {
			must(t, s.InTx(t.Context(), func(ctx context.Context) error {
				must(t, s.AddOAuthRows(ctx, row("a"), row("b")))
				if kept(t, t.Context(), s, "a") {
					t.Error("it saw what is not committed")
				}
				if !kept(t, ctx, s, "a") {
					t.Error("the transaction did not see its own row")
				}
				return nil
			}))
			if !kept(t, t.Context(), s, "a") || !kept(t, t.Context(), s, "b") {
				t.Error("it did not see what is committed")
			}
		})
	})
}

func TestLookOnly(t *testing.T) {
	path := t.TempDir() + "/pod.db"
	s, err := store.Open(t.Context(), store.Options{DSN: "sqlite:" + path})
	must(t, err)
	boxes(t, s)
	t.Run("writes nothing", func(t *testing.T) {
		if s.Look(t.Context()).Exec("INSERT INTO boxes VALUES ('a', 0)").Error == nil {
			t.Error("it wrote")
		}
		wantBoxes(t, s, 0)
	})
	t.Run("leaves one file behind", func(t *testing.T) {
		must(t, s.Close())
		if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
			t.Errorf("the log is still there: %v", err)
		}
	})
}
