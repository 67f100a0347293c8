package store

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"path"

	"podmove/internal/pod"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// A desk is where it is decided what becomes of each entry of a page. It has
// all that it needs before it; nothing on it touches the database.
type desk struct {
	run        Run
	shelf      shelf
	collection transfer.Collection
	arrived    map[string]arrivalRow     // by guid at the source
	here       map[string]standing       // by guid here; of the profile also ""
	people     map[string]string         // guid of the block or contact, by person
	taken      map[string]bool           // guids or file names in use in the pod
	held       map[transfer.Digest]int64 // sizes of the bytes that are kept
	given      map[string]given          // by guid here: what once went away from here
	files      map[string]string         // file names that photos had here, by guid

	// What was decided.
	remove   []string
	save     []placed
	rows     []arrivalRow
	outcomes []transfer.Outcome
}

// lay puts the rows that are there on the desk.
func (d *desk) lay(list []standing) {
	d.here, d.people = map[string]standing{}, map[string]string{}
	for _, row := range list {
		d.here[row.GUID] = row
		if row.Person != "" {
			d.people[row.Person] = row.GUID
		}
		if d.collection == transfer.Profiles {
			d.here[""] = row
		}
	}
}

// decide about one entry.
func (d *desk) decide(in incoming) {
	before, known := d.arrived[in.entry.GUID]
	a := before
	if !known {
		a = arrivalRow{
			AccountID: d.run.Account, Issuer: d.run.Issuer, SourceAccount: d.run.SourceAccount,
			Collection: d.collection, GUID: in.entry.GUID,
		}
	}
	a.Run, a.Digest, a.Label = d.run.ID, in.entry.Digest, labelOf(in.item)
	switch {
	case in.entry.Deleted:
		d.deleted(&a)
	case in.entry.Unsendable != "":
		a.Outcome, a.Reason = transfer.Failed, in.entry.Unsendable
	case in.err != nil:
		a.Outcome, a.Reason = transfer.Failed, transfer.CodeOf(in.err)
	case in.entry.Failed != "":
		a.Outcome, a.Reason = transfer.Failed, in.entry.Failed
	default:
		d.arrive(&a, in)
	}
	d.file(a, before, known)
}

// file writes down what was decided. An item that was imported stays imported
// in the books when the same bytes come again; only the answer says unchanged.
func (d *desk) file(a, before arrivalRow, known bool) {
	d.outcomes = append(d.outcomes, a.outcome())
	if a.Outcome == transfer.Removed && !known {
		return // nothing came, and nothing went
	}
	if a.Outcome == transfer.Unchanged && before.Outcome == transfer.Imported && before.Digest == a.Digest {
		a.Outcome = transfer.Imported
	}
	if a.Outcome.Arrived() && a.Collection != transfer.Photos {
		a.Label = "" // it is to be seen here
	}
	again := before.Run == a.Run || before.Run == unseenIn(a.Run)
	a.Sent = before.Sent && again && a.outcome() == before.outcome()
	d.rows = append(d.rows, a)
}

// deleted: only what this origin made, and nobody touched since, goes with it
// (Protocol §3.8).
func (d *desk) deleted(a *arrivalRow) {
	a.Outcome, a.Reason = transfer.Removed, ""
	row, there := d.linked(a)
	switch {
	case there && a.Made && row.Digest == a.Brought:
		d.remove = append(d.remove, row.GUID)
		delete(d.here, row.GUID)
		delete(d.people, row.Person)
	case there && a.Brought != "":
		a.Reason = transfer.KeptHere
		return // should it come again, this row is still what it was
	}
	a.LocalGUID, a.URL, a.Made, a.Brought = "", "", false, ""
}

// linked is the row that an arrival has here.
func (d *desk) linked(a *arrivalRow) (standing, bool) {
	if a.LocalGUID == "" {
		return standing{}, false
	}
	row, there := d.here[a.LocalGUID]
	return row, there
}

// arrive places an item that can be read.
func (d *desk) arrive(a *arrivalRow, in incoming) {
	row, there := d.linked(a)
	if !there {
		row, there = d.kept(a)
	}
	if profile, ok := d.here[""]; ok {
		row, there = profile, true
	}
	person := personOf(in.item)
	switch {
	case there && row.Digest == a.Digest:
		a.settle(transfer.Unchanged, row.GUID)
	case there && !d.mayReplace(a, row):
		a.settleKept(row, person)
	case there && person != "" && d.people[person] != "" && d.people[person] != row.GUID:
		a.Outcome, a.Reason = transfer.Failed, transfer.GUIDTaken // it became a person whom another row is about
	case there:
		delete(d.people, row.Person)
		d.place(a, in, row.GUID, true)
	case a.Made && !d.given[a.LocalGUID].Erased: // the person has removed it
		a.Outcome, a.Reason = transfer.Skipped, transfer.KeptHere
	case person != "" && d.people[person] != "":
		a.settle(transfer.Unchanged, d.people[person])
	default:
		d.placeNew(a, in)
	}
}

// kept is the row of an own item that went away, is not erased, and now comes
// home: it is the very one if it is as it went, or as it comes (Protocol §6.5).
func (d *desk) kept(a *arrivalRow) (standing, bool) {
	row, there := d.here[a.GUID]
	g, gave := d.given[a.GUID]
	same := row.Digest == a.Digest || g.Leads && row.Digest == g.Digest
	return row, there && gave && same
}

// foreign reports whether an item has the guid of one that went away from here
// and is not that: it is neither from where that went nor of the same bytes.
func (d *desk) foreign(a *arrivalRow) bool {
	g, gave := d.given[a.GUID]
	return gave && !g.Leads && g.Digest != a.Digest
}

// home names the items that are here again after they went away.
func (d *desk) home() (guids []string) {
	for _, a := range d.rows {
		if _, gave := d.given[a.LocalGUID]; gave && a.Outcome.Arrived() && !d.foreign(&a) {
			guids = append(guids, a.LocalGUID)
		}
	}
	return guids
}

// mayReplace says whether a row is as this origin left it, or a profile that
// gives way (Protocol §3.9).
func (d *desk) mayReplace(a *arrivalRow, row standing) bool {
	if a.Brought != "" && row.Digest == a.Brought {
		return true
	}
	if g := d.given[row.GUID]; g.Leads && g.Digest == row.Digest {
		return true // it went there, and comes home (Protocol §6.5)
	}
	return d.collection == transfer.Profiles && (!row.Written || d.run.Profile == destination.ReplaceProfile)
}

func (a *arrivalRow) settle(r transfer.Result, local string) {
	a.Outcome, a.Reason, a.LocalGUID = r, "", local
}

// settleKept: a person whom the account has already is there, whatever the
// source says of them; any other item was edited here, and stays.
func (a *arrivalRow) settleKept(row standing, person string) {
	if person != "" && !a.Made {
		a.settle(transfer.Unchanged, row.GUID)
		return
	}
	a.Outcome, a.Reason, a.LocalGUID = transfer.Skipped, transfer.KeptHere, row.GUID
}

// placeNew finds a guid for an item that has no row here.
func (d *desk) placeNew(a *arrivalRow, in incoming) {
	_, own := d.here[a.GUID]
	local := a.GUID
	switch {
	case a.LocalGUID != "" && d.given[a.LocalGUID].Erased:
		local = a.LocalGUID // that it had here before it went
	case d.collection == transfer.Posts && (own || d.foreign(a) || d.taken[a.GUID] || !pod.Addressable(a.GUID)):
		local = freshGUID()
		a.URL = d.run.URLs.Post + local
	case own:
		a.Outcome, a.Reason = transfer.Failed, transfer.GUIDTaken
		return
	}
	a.Made = d.collection != transfer.Profiles
	d.place(a, in, local, false)
}

// place decides that a row is written.
func (d *desk) place(a *arrivalRow, in incoming, local string, again bool) {
	p := placed{item: in.item, again: again, written: true}
	p.GUID, p.Digest, p.Size = local, a.Digest, int64(len(in.entry.Item))
	if photo, ok := in.item.(transfer.Photo); ok {
		if code := d.missing(photo); code != "" {
			a.Outcome, a.Reason, a.Made = transfer.Failed, code, again && a.Made
			return
		}
		if !again {
			p.file = d.fileFor(a, photo, local)
		}
	}
	d.save = append(d.save, p)
	a.settle(transfer.Imported, local)
	a.Brought = a.Digest
	person := personOf(in.item)
	d.here[local] = standing{GUID: local, Digest: a.Digest, Person: person, Written: true}
	if person != "" {
		d.people[person] = local
	}
}

// missing says what is wrong with a photo's bytes.
func (d *desk) missing(photo transfer.Photo) transfer.Code {
	switch size, held := d.held[photo.SHA256]; {
	case !held:
		return transfer.ContentMissing
	case size != photo.Size:
		return transfer.ContentDiffers
	}
	return ""
}

// fileFor is the photo's own file name, or the one that it had here before,
// where that is free in the pod.
func (d *desk) fileFor(a *arrivalRow, photo transfer.Photo, local string) string {
	file := cmp.Or(d.files[local], photo.Name)
	if d.taken[file] || d.foreign(a) {
		file = freshFile(path.Ext(photo.Name))
	}
	if file != photo.Name {
		a.URL = d.run.URLs.Photo + "{variant}" + file
	}
	d.taken[file] = true
	return file
}

// personOf is whom a block or contact is about.
func personOf(item transfer.Item) string {
	switch item := item.(type) {
	case transfer.Block:
		return item.ID
	case transfer.Contact:
		return item.ID
	}
	return ""
}

// freshGUID is 32 hexadecimal digits, as diaspora* mints them.
func freshGUID() string { return freshHex(16) }

// freshFile is 20 hexadecimal digits and an extension, as in diaspora*.
func freshFile(ext string) string { return freshHex(10) + ext }

func freshHex(bytes int) string {
	raw := make([]byte, bytes)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}
