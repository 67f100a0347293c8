package limit_test

import (
	"strconv"
	"testing"
	"time"

	"podmove/internal/limit"
)

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestTable(t *testing.T) {
	c := &clock{time.UnixMilli(1_700_000_000_000)}
	t.Run("gives a minute's worth at once, and then one as its time comes", func(t *testing.T) {
		table := limit.New(60, c.now)
		for i := range 60 {
			if wait := table.Take("a"); wait != 0 {
				t.Fatalf("%d: wait %v", i, wait)
			}
		}
		for range 3 { // to be refused costs nothing
			if wait := table.Take("a"); wait != time.Second {
				t.Fatalf("wait %v, want a second", wait)
			}
		}
		c.at = c.at.Add(time.Second)
		if wait := table.Take("a"); wait != 0 {
			t.Errorf("after a second: wait %v", wait)
		}
		if wait := table.Take("a"); wait == 0 {
			t.Error("after a second there were two")
		}
	})
	t.Run("keeps others apart", func(t *testing.T) {
		table := limit.New(1, c.now)
		if table.Take("a") != 0 || table.Take("a") == 0 || table.Take("b") != 0 {
			t.Error("b paid for a")
		}
	})
	t.Run("knows no limit where there is none", func(t *testing.T) {
		for _, table := range []*limit.Table{nil, limit.New(0, c.now)} {
			for range 1000 {
				if table.Take("a") != 0 {
					t.Fatal("there is one")
				}
			}
		}
	})
	t.Run("does not grow without end, and gives nobody a budget back for it", func(t *testing.T) {
		table := limit.New(2, c.now)
		table.Take("victim")
		table.Take("victim")
		allowed := 0
		for i := range 200_000 {
			if table.Take(strconv.Itoa(i)) == 0 {
				allowed++
			}
		}
		if n := table.Len(); n > 50_000 {
			t.Errorf("it keeps %d", n)
		}
		if allowed > 50_002 {
			t.Errorf("%d strangers were allowed", allowed)
		}
		if table.Take("victim") == 0 {
			t.Error("the first got a new budget")
		}
		c.at = c.at.Add(2 * time.Minute)
		if table.Take("new") != 0 || table.Len() > 2 {
			t.Errorf("after a rest it keeps %d", table.Len())
		}
	})
}
