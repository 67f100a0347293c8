package transfertest

import (
	"bytes"
	"context"
	"io"
	"testing"

	"podmove/transfer"
)

// Writer is part of Pod.
func (m *Memory) Writer(_ *testing.T, name, source string) transfer.Writer {
	return memoryWriter{m, name, source}
}

type memoryWriter struct {
	*Memory
	name, source string
}

// Progress is part of transfer.Writer.
func (w memoryWriter) Progress(ctx context.Context, c transfer.Collection) (transfer.Cursor, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.account(w.name).run(w.source).cursors[c], ctx.Err()
}

// Write is part of transfer.Writer.
func (w memoryWriter) Write(ctx context.Context, p transfer.Page) ([]transfer.Outcome, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	run := w.account(w.name).run(w.source)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if run.cursors[p.Collection] != p.After {
		return nil, transfer.ErrOvertaken
	}
	run.cursors[p.Collection] = p.Next
	var list []transfer.Outcome
	for _, e := range p.Entries {
		arrived := run.arrivals[p.Collection]
		now := w.take(p.Collection, e, arrived[e.GUID])
		now.outcome.Collection, now.outcome.GUID, now.outcome.Digest = p.Collection, e.GUID, e.Digest
		list = append(list, now.outcome)
		arrived[e.GUID] = now
	}
	return list, nil
}

// take stores one entry, of which before is what came of it earlier.
func (w memoryWriter) take(c transfer.Collection, e transfer.Entry, before arrival) arrival {
	item, err := decode(c, e)
	switch {
	case e.Deleted:
		return w.remove(c, before)
	case e.Unsendable != "":
		return arrival{outcome: transfer.Outcome{Result: transfer.Failed, Reason: e.Unsendable}}
	case e.Failed != "":
		return arrival{outcome: transfer.Outcome{Result: transfer.Failed, Reason: e.Failed}}
	case err != nil:
		return arrival{outcome: transfer.Outcome{Result: transfer.Failed, Reason: transfer.CodeOf(err)}}
	}
	if photo, ok := item.(transfer.Photo); ok && w.blobs[photo.SHA256] == nil {
		return arrival{outcome: transfer.Outcome{Result: transfer.Failed, Reason: transfer.ContentMissing}}
	}
	if row := w.account(w.name).live(c, before.local); before.local != "" && row != nil {
		return w.update(c, e, before, row)
	}
	return w.insert(e, item)
}

func (w memoryWriter) remove(c transfer.Collection, before arrival) arrival {
	a := w.account(w.name)
	row := a.live(c, before.local)
	before.outcome.Result, before.outcome.Reason = transfer.Removed, ""
	if !before.made || row == nil {
		return before
	}
	if row.entry.Digest != before.outcome.Digest {
		before.outcome.Result, before.outcome.Reason = transfer.Skipped, transfer.KeptHere
		return before
	}
	a.put(c, transfer.Entry{GUID: before.local, Deleted: true})
	return before
}

// update stores later bytes of an item, unless the person edited it here.
func (w memoryWriter) update(c transfer.Collection, e transfer.Entry, before arrival, row *row) arrival {
	switch {
	case e.Digest == before.outcome.Digest:
		before.outcome.Result = transfer.Unchanged
	case !before.made || row.entry.Digest != before.outcome.Digest:
		before.outcome.Result, before.outcome.Reason = transfer.Skipped, transfer.KeptHere
	default:
		before.outcome.Result = transfer.Imported
		w.account(w.name).put(c, transfer.Entry{GUID: before.local, Digest: e.Digest, Item: e.Item})
	}
	return before
}

// insert stores an item that is new here (Protocol §3.8, §3.9).
func (w memoryWriter) insert(e transfer.Entry, item transfer.Item) arrival {
	a, c := w.account(w.name), item.Collection()
	now := arrival{outcome: transfer.Outcome{Result: transfer.Imported}, local: e.GUID, made: true}
	guid, url := e.GUID, ""
	switch {
	case a.alike(item) != "" && c == transfer.Profiles:
		return arrival{outcome: transfer.Outcome{Result: transfer.Skipped, Reason: transfer.KeptHere}}
	case a.alike(item) != "":
		return arrival{outcome: transfer.Outcome{Result: transfer.Unchanged}, local: a.alike(item)}
	case c == transfer.Posts && w.taken(c, guid):
		guid = w.freshGUID()
		url = "https://memory.example/posts/" + guid
	case a.live(c, guid) != nil:
		return arrival{outcome: transfer.Outcome{Result: transfer.Failed, Reason: transfer.GUIDTaken}}
	}
	file := ""
	if photo, ok := item.(transfer.Photo); ok {
		if file = photo.Name; w.taken(c, file) {
			file = w.freshGUID()[12:] + ".jpeg"
			url = "https://memory.example/uploads/images/{variant}" + file
		}
	}
	a.put(c, transfer.Entry{GUID: guid, Digest: e.Digest, Item: e.Item})
	a.rows[c][guid].file = file
	now.local, now.outcome.URL = guid, url
	return now
}

// taken reports whether any account of the pod has a row under that guid, or a
// photo at that address.
func (m *Memory) taken(c transfer.Collection, name string) bool {
	for _, a := range m.accounts {
		for guid, r := range a.rows[c] {
			if (c == transfer.Photos && r.file == name) || (c != transfer.Photos && guid == name) {
				return true
			}
		}
	}
	return false
}

// alike is the guid of what stands for the same: the profile, or a block or
// contact of the same person.
func (a *account) alike(item transfer.Item) string {
	if person(item) == "" {
		return ""
	}
	for guid, r := range a.rows[item.Collection()] {
		other, err := decode(item.Collection(), r.entry)
		if err != nil || r.entry.Deleted {
			continue
		}
		if person(item) == person(other) {
			return guid
		}
	}
	return ""
}

func person(item transfer.Item) string {
	switch item := item.(type) {
	case transfer.Profile:
		return "the one profile"
	case transfer.Block:
		return item.ID
	case transfer.Contact:
		return item.ID
	}
	return ""
}

func decode(c transfer.Collection, e transfer.Entry) (transfer.Item, error) {
	if !transfer.ValidGUID(e.GUID) {
		return nil, transfer.Errorf(transfer.GUIDInvalid, "this is not a guid")
	}
	switch c {
	case transfer.Profiles:
		return transfer.Decode[transfer.Profile](e)
	case transfer.Blocks:
		return transfer.Decode[transfer.Block](e)
	case transfer.Aspects:
		return transfer.Decode[transfer.Aspect](e)
	case transfer.Contacts:
		return transfer.Decode[transfer.Contact](e)
	case transfer.Posts:
		return transfer.Decode[transfer.Post](e)
	}
	return transfer.Decode[transfer.Photo](e)
}

// Keep is part of transfer.Writer.
func (w memoryWriter) Keep(ctx context.Context, want transfer.Digest, size int64, fetch func(from int64) (io.ReadCloser, error)) error {
	w.mu.Lock()
	_, have := w.blobs[want]
	part := w.parts[want]
	delete(w.parts, want)
	w.mu.Unlock()
	if have {
		return ctx.Err()
	}
	body, err := fetch(int64(len(part)))
	if err != nil {
		return err
	}
	defer body.Close()
	rest, err := io.ReadAll(io.LimitReader(body, size-int64(len(part))+1))
	part = append(bytes.Clone(part), rest...)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case int64(len(part)) > size:
		return transfer.Errorf(transfer.ContentTooLarge, "more came than was announced")
	case err != nil:
		w.parts[want] = part
		return transfer.Errorf(transfer.PodUnreachable, "the content broke off").Because(err)
	case int64(len(part)) < size:
		w.parts[want] = part
		return transfer.Errorf(transfer.ContentDiffers, "less came than was announced")
	case transfer.Sum(part) != want:
		return transfer.Errorf(transfer.ContentDiffers, "these are not the bytes that were announced")
	}
	w.blobs[want] = part
	return nil
}

// Tally is part of transfer.Writer.
func (w memoryWriter) Tally(ctx context.Context) (came, arrived []transfer.Tally, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	run := w.account(w.name).run(w.source)
	for _, c := range transfer.Collections() {
		var all, here []transfer.Entry
		for guid, a := range run.arrivals[c] {
			e := transfer.Entry{GUID: guid, Digest: a.outcome.Digest}
			if a.outcome.Result != transfer.Removed && e.Digest != "" {
				all = append(all, e)
			}
			if a.outcome.Result.Arrived() {
				here = append(here, e)
			}
		}
		came, arrived = append(came, tally(c, all)), append(arrived, tally(c, here))
	}
	return came, arrived, ctx.Err()
}
