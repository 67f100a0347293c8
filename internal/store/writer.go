package store

import (
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm/clause"

	"podmove/internal/blob"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// A Run is one copy into one account, from one source account.
type Run struct {
	ID            string // a move's id, or that of an archive import
	Account       int64  // row id of the account that is filled
	Issuer        string // with SourceAccount, where items come from (Protocol §3.8)
	SourceAccount string
	Profile       destination.ProfileChoice // empty is KeepProfile
	Claim         int64                     // of the move, if it is to hold for each page; else zero
	URLs          URLs
}

// URLs are where items are found that could not keep their names. Both end in
// a slash: https://new.example/posts/, https://new.example/uploads/images/.
type URLs struct {
	Post  string
	Photo string
}

// Blobs keep the bytes of photos. A blob.Store is one.
type Blobs interface {
	Resume(ctx context.Context, want string, size int64, fetch blob.Fetch) error
}

// Writer fills an account.
func (s *Store) Writer(run Run, blobs Blobs) transfer.Writer { return &writer{s, run, blobs} }

type writer struct {
	store *Store
	run   Run
	blobs Blobs
}

type progressRow struct {
	Run        string
	Collection transfer.Collection
	Cursor     transfer.Cursor
	Through    int64
	Entries    int64
	Bytes      int64
}

// Progress is transfer.Writer's.
func (w *writer) Progress(ctx context.Context, c transfer.Collection) (transfer.Cursor, error) {
	row, err := w.progress(ctx, c)
	return row.Cursor, err
}

// progress is a zero row before the first page.
func (w *writer) progress(ctx context.Context, c transfer.Collection) (progressRow, error) {
	row := progressRow{Run: w.run.ID, Collection: c}
	err := w.store.db(ctx).Table("progress").Where("run = ? AND collection = ?", w.run.ID, c).Limit(1).Find(&row).Error
	return row, translate(err)
}

// maxWrites is how often Write starts again because another account took a guid
// or file name between looking and writing.
const maxWrites = 3

// Write is transfer.Writer's.
func (w *writer) Write(ctx context.Context, p transfer.Page) (outcomes []transfer.Outcome, err error) {
	sh, err := shelfOf(p.Collection)
	if err != nil {
		return nil, err
	}
	if err := checkEntries(p); err != nil {
		return nil, err
	}
	incoming := decodeAll(sh, p.Entries)
	for range maxWrites {
		err = w.store.InTx(ctx, func(ctx context.Context) error {
			var err error
			outcomes, err = w.write(ctx, sh, p, incoming)
			return err
		})
		if !errors.Is(err, ErrConflict) {
			return outcomes, err
		}
	}
	return nil, err
}

// checkEntries refuses a page that no source may send. What is wrong with one
// item is that item's affair.
func checkEntries(p transfer.Page) error {
	if len(p.Entries) > transfer.MaxPageItems {
		return transfer.Errorf(transfer.AnswerInvalid, "a page has more than %d entries", transfer.MaxPageItems)
	}
	seen := make(map[string]bool, len(p.Entries))
	for _, e := range p.Entries {
		if err := e.CheckWire(); err != nil {
			return err
		}
		// PostgreSQL stores no such text, not even in a report of what failed.
		if !utf8.ValidString(e.GUID) || strings.ContainsRune(e.GUID, 0) || seen[e.GUID] {
			return transfer.Errorf(transfer.AnswerInvalid, "a page names %.80q twice, or that is no text", e.GUID)
		}
		seen[e.GUID] = true
	}
	return nil
}

// claimed says whether the move is still whose the run is.
func (w *writer) claimed(ctx context.Context) error {
	if w.run.Claim == 0 {
		return nil
	}
	n, err := w.store.claim(ctx, w.run.ID)
	if err == nil && n != w.run.Claim {
		err = transfer.ErrOvertaken
	}
	return err
}

// write is Write in its transaction, under the account's lock.
func (w *writer) write(ctx context.Context, sh shelf, p transfer.Page, incoming []incoming) ([]transfer.Outcome, error) {
	if err := w.store.lock(ctx, w.run.Account); err != nil {
		return nil, err
	}
	if err := w.claimed(ctx); err != nil {
		return nil, err
	}
	at, err := w.progress(ctx, p.Collection)
	if err != nil {
		return nil, err
	}
	if at.Cursor != p.After {
		return nil, transfer.ErrOvertaken
	}
	d, err := w.survey(ctx, sh, incoming)
	if err != nil {
		return nil, err
	}
	for _, in := range incoming {
		d.decide(in)
	}
	if err := w.apply(ctx, sh, d); err != nil {
		return nil, err
	}
	if p.CaughtUp {
		if err := w.dropUnseen(ctx, sh); err != nil {
			return nil, err
		}
	}
	return d.outcomes, w.advance(ctx, at, p)
}

// apply does what was decided.
func (w *writer) apply(ctx context.Context, sh shelf, d *desk) error {
	if err := w.store.takeOut(ctx, sh, w.run.Account, d.remove, leaveOrphans); err != nil {
		return err
	}
	if err := w.store.put(ctx, sh, w.run.Account, d.save); err != nil {
		return err
	}
	if err := w.store.comeHome(ctx, w.run.Account, d.collection, d.home()); err != nil {
		return err
	}
	return w.store.saveArrivals(ctx, d.rows)
}

// advance stores the cursor after the page, with the page.
func (w *writer) advance(ctx context.Context, row progressRow, p transfer.Page) error {
	row.Cursor, row.Through = p.Next, p.Through
	row.Entries += int64(len(p.Entries))
	for _, e := range p.Entries {
		row.Bytes += int64(len(e.Item))
	}
	return translate(w.store.db(ctx).Table("progress").Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "run"}, {Name: "collection"}},
		DoUpdates: clause.AssignmentColumns([]string{"cursor", "through", "entries", "bytes"}),
	}).Create(&row).Error)
}

// Keep is transfer.Writer's. It runs outside any transaction; the row that
// names the bytes comes after (Write), so that none names what is not there.
func (w *writer) Keep(ctx context.Context, want transfer.Digest, size int64, fetch func(from int64) (io.ReadCloser, error)) error {
	err := w.blobs.Resume(ctx, string(want), size, fetch)
	if errors.Is(err, blob.ErrMismatch) || errors.Is(err, blob.ErrTooLarge) || errors.Is(err, blob.ErrName) {
		return transfer.Errorf(transfer.ContentDiffers, "the photo's bytes are not the ones that were announced").Because(err)
	}
	if _, told := errors.AsType[*transfer.Error](err); !told && errors.Is(err, io.ErrUnexpectedEOF) {
		return transfer.Errorf(transfer.ContentDiffers, "the old pod has fewer bytes for a photo than it said").Because(err)
	}
	if err != nil {
		return err
	}
	return w.store.NoteBlob(ctx, want, size)
}
