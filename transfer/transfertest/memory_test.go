package transfertest_test

import (
	"testing"

	"podmove/transfer"
	"podmove/transfer/transfertest"
)

func TestMemoryReader(t *testing.T) {
	m := transfertest.NewMemory()
	transfertest.Reader(t, func(t *testing.T, f transfertest.Fixture) transfer.Reader {
		transfertest.Fill(t, m.Writer(t, f.Owner, "elsewhere"), f)
		return m.Reader(f.Owner)
	})
}

func TestMemoryWriter(t *testing.T) {
	transfertest.Writer(t, func(*testing.T) transfertest.Pod { return transfertest.NewMemory() })
}
