package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"podmove/internal/store"
	"podmove/internal/store/storetest"
)

// boxes are rows for tests that care for no table in particular.
func boxes(t *testing.T, s *store.Store) {
	t.Helper()
	must(t, s.DB(t.Context()).Exec("CREATE TABLE boxes (name TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)").Error)
}

func put(ctx context.Context, s *store.Store, name string) error {
	return store.Translate(s.DB(ctx).Exec("INSERT INTO boxes VALUES (?, 0)", name).Error)
}

func add(ctx context.Context, s *store.Store, name string) error {
	return s.DB(ctx).Exec("UPDATE boxes SET n = n + 1 WHERE name = ?", name).Error
}

func wantBoxes(t *testing.T, s *store.Store, want int64) {
	t.Helper()
	var got int64
	must(t, s.DB(t.Context()).Table("boxes").Count(&got).Error)
	if got != want {
		t.Fatalf("%d boxes, want %d", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestInTx(t *testing.T) {
	no := errors.New("no")
	tests := []struct {
		name string
		fn   func(ctx context.Context, s *store.Store) error
		want int64
		err  error
	}{
		{"keeps what it did", func(ctx context.Context, s *store.Store) error {
			return put(ctx, s, "a")
		}, 1, nil},
		{"undoes what it did when it fails", func(ctx context.Context, s *store.Store) error {
			return errors.Join(put(ctx, s, "a"), no)
		}, 0, no},
		{"joins the outer transaction", func(ctx context.Context, s *store.Store) error {
			inner := s.InTx(ctx, func(ctx context.Context) error { return put(ctx, s, "a") })
			return errors.Join(inner, no)
		}, 0, no},
		{"says that a row is there already", func(ctx context.Context, s *store.Store) error {
			return errors.Join(put(ctx, s, "a"), put(ctx, s, "a"))
		}, 0, store.ErrConflict},
		{"lets a part fail at a savepoint", func(ctx context.Context, s *store.Store) error {
			part := s.DB(ctx).Transaction(func(*gorm.DB) error {
				return errors.Join(put(ctx, s, "a"), put(ctx, s, "a"))
			})
			if part == nil {
				return errors.New("the part did not fail")
			}
			return put(ctx, s, "b")
		}, 1, nil},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		boxes(t, s)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				must(t, s.DB(t.Context()).Exec("DELETE FROM boxes").Error)
				err := s.InTx(t.Context(), func(ctx context.Context) error { return tt.fn(ctx, s) })
				if !errors.Is(err, tt.err) {
					t.Fatalf("got %v, want %v", err, tt.err)
				}
				wantBoxes(t, s, tt.want)
			})
		}
	})
}

func TestQueryBesideTransaction(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite)
	s.Hurry(50 * time.Millisecond)
	outer := t.Context()
	beside := map[string]func() error{
		"refuses a statement": func() error { return s.DB(outer).Exec("SELECT 1").Error },
		"refuses a query":     func() error { return s.DB(outer).Raw("SELECT 1").Scan(new(int)).Error },
		"refuses another one": func() error { return s.InTx(outer, func(context.Context) error { return nil }) },
	}
	for name, query := range beside {
		t.Run(name, func(t *testing.T) {
			err := s.InTx(outer, func(context.Context) error { return query() })
			if !errors.Is(err, store.ErrNoConnection) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestInTxPanic(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("undoes what it did and gives the connection back", func(t *testing.T) {
			boxes(t, s)
			func() {
				defer func() { _ = recover() }()
				_ = s.InTx(t.Context(), func(ctx context.Context) error {
					must(t, put(ctx, s, "a"))
					panic("no")
				})
			}()
			wantBoxes(t, s, 0)
		})
	})
}

func TestInTxContention(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		t.Run("runs the loser of a deadlock again", func(t *testing.T) {
			boxes(t, s)
			must(t, put(t.Context(), s, "a"))
			must(t, put(t.Context(), s, "b"))
			var wg sync.WaitGroup
			for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
				wg.Go(func() {
					if err := s.InTx(t.Context(), func(ctx context.Context) error {
						if err := add(ctx, s, order[0]); err != nil {
							return err
						}
						time.Sleep(50 * time.Millisecond)
						return add(ctx, s, order[1])
					}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			var sum int64
			must(t, s.DB(t.Context()).Raw("SELECT CAST(SUM(n) AS BIGINT) FROM boxes").Scan(&sum).Error)
			if sum != 4 {
				t.Fatalf("%d additions, want 4", sum)
			}
		})
	})
}
