package audit

import (
	"context"
	"fmt"
	"math"
)

// A Book is where the rows and the head are kept.
type Book interface {
	// AuditHead is the head as it was kept beside the rows.
	AuditHead(ctx context.Context) (Head, error)
	// AuditRows are the rows after the one with the number given, in order.
	AuditRows(ctx context.Context, after int64, limit int) ([]Row, error)
}

// Broken names the first row at which a chain is not what it was.
type Broken struct {
	Number int64
	Why    string
}

// Error says which row it is, and why.
func (b Broken) Error() string {
	return fmt.Sprintf("the audit log is broken at row %d: %s", b.Number, b.Why)
}

// atOnce is how many rows are looked at before the next are read.
const atOnce = 1000

// Verify walks the whole chain and answers its head: its number is how many
// rows were checked. A Broken is an error. The kept head shows that rows at the
// end were cut off; a head noted earlier, elsewhere, shows that the whole chain
// was written anew. The zero Head notes nothing.
func Verify(ctx context.Context, b Book, noted Head) (Head, error) {
	w := walk{at: start, noted: noted}
	for {
		kept, err := b.AuditHead(ctx) // before the rows: all that it counts are there
		if err != nil {
			return w.at, err
		}
		if err := w.to(ctx, b, kept); err != nil {
			return w.at, err
		}
		more, err := b.AuditRows(ctx, w.at.Number, 1)
		if err != nil {
			return w.at, err
		}
		if len(more) == 0 {
			return w.at, w.end()
		}
		if now, err := b.AuditHead(ctx); err != nil || now == kept {
			return w.at, either(err, Broken{more[0].Number, "it was put in behind the last row that the kept head names"})
		}
	}
}

func either(err error, b Broken) error {
	if err != nil {
		return err
	}
	return b
}

// A walk is how far a chain was checked.
type walk struct {
	at    Head
	noted Head
}

// to goes on to the kept head.
func (w *walk) to(ctx context.Context, b Book, kept Head) error {
	after := w.at.Number
	if after == 0 {
		after = math.MinInt64 // what stands before the first row was put in
	}
	for w.at.Number < kept.Number {
		rows, err := b.AuditRows(ctx, after, int(min(atOnce, kept.Number-w.at.Number)))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return Broken{w.at.Number + 1, fmt.Sprintf("it is missing, and the kept head names row %d as the last", kept.Number)}
		}
		for _, r := range rows {
			if err := w.step(r); err != nil {
				return err
			}
		}
		after = w.at.Number
	}
	if w.at != kept {
		return Broken{w.at.Number, "it is not the last row that the kept head names"}
	}
	return nil
}

// step checks one row.
func (w *walk) step(r Row) error {
	want := w.at.Number + 1
	switch {
	case r.Number > want:
		return Broken{want, "it is missing"}
	case r.Number < want:
		return Broken{r.Number, "it was put in before the first row"}
	case r.Hash != r.sum():
		return Broken{want, "it was changed, since its hash is not that of what it says"}
	case r.Prev != w.at.Hash:
		return Broken{want, "it does not follow on the row before, of which one or the other was changed"}
	}
	w.at = Head{r.Number, r.Hash}
	if r.Number == w.noted.Number && r.Hash != w.noted.Hash {
		return Broken{want, "it is not the row that was noted: the log was written anew up to there"}
	}
	return nil
}

// end: a chain that ends before what was noted was cut off.
func (w *walk) end() error {
	if w.at.Number < w.noted.Number {
		return Broken{w.at.Number + 1, fmt.Sprintf("it is missing, and row %d was noted", w.noted.Number)}
	}
	return nil
}
