package archive

import (
	"cmp"
	"strings"

	"podmove/transfer"
)

func (r *Reader) post(raw []byte) draft {
	var p postData
	wrong := parse(raw, &p)
	d := p.Data
	guid, err := r.given(transfer.Posts, d.GUID, d.CreatedAt+" "+d.Text)
	if err = cmp.Or(wrong, err); err != nil {
		return draft{guid: guid, err: err}
	}
	item := transfer.Post{CreatedAt: moment(d.CreatedAt), Provider: d.Provider, Public: d.Public, Text: d.Text}
	switch p.Type {
	case "status_message":
		r.dress(&item, guid, p)
	case "reshare": // names no audience: what is reshared is public
		item.Public, item.Text = true, ""
		item.Root = &transfer.Root{Author: strings.ToLower(d.RootBy), GUID: d.RootGUID}
	default:
		return draft{guid: guid, err: transfer.Errorf(transfer.ItemInvalid, "a post is a status_message or a reshare, not %.40q", p.Type)}
	}
	return draft{guid: guid, item: item}
}

// dress adds what only a status message has.
func (r *Reader) dress(item *transfer.Post, guid string, p postData) {
	if !item.Public {
		item.Audience = audience(p.Readers)
	}
	for _, photo := range r.attached(p) {
		if photo.guid != "" {
			item.Photos = append(item.Photos, photo.guid)
		}
	}
	if l := p.Data.Location; l != nil && l.Data != (place{}) {
		item.Location = &transfer.Location{Address: l.Data.Address, Lat: l.Data.Lat, Lng: l.Data.Lng}
	}
	if q := p.Data.Poll; q != nil {
		item.Poll = r.poll(guid, q.Data)
	}
}

// audience is who may see a limited post. What is no diaspora* ID names no one.
func audience(ids []string) []string {
	var valid []string
	for _, id := range ids {
		if id = strings.ToLower(id); transfer.ValidID(id) {
			valid = append(valid, id)
		}
	}
	return sorted(valid)
}

func (r *Reader) poll(post string, q poll) *transfer.Poll {
	item := &transfer.Poll{GUID: q.GUID, Question: q.Question, Answers: []transfer.Answer{}}
	if item.GUID == "" {
		item.GUID = derived("poll", r.owner.ID, post)
	}
	for _, a := range q.Answers {
		if a.Data.GUID == "" {
			a.Data.GUID = derived("answer", r.owner.ID, post+" "+a.Data.Text)
		}
		item.Answers = append(item.Answers, transfer.Answer{GUID: a.Data.GUID, Text: a.Data.Text})
	}
	return item
}
