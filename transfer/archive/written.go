package archive

import (
	"context"
	"reflect"
	"strings"

	"podmove/transfer"
)

// What becomes of each kind of item. Where diaspora*'s words do not carry all of
// it, the item stands beside them.

// writeProfile writes the profile, which every archive has.
func (w *writer) writeProfile(ctx context.Context) error {
	p := writtenProfile{entity: entity[pictured]{Type: "profile"}}
	p.Data.Author = w.ID
	err := w.each(ctx, transfer.Profiles, func(e transfer.Entry) error {
		item, err := transfer.Decode[transfer.Profile](e)
		if err == nil {
			own := keep(e)
			p.Data, p.Own = w.pictured(item), &own
		}
		return err
	})
	if err != nil {
		return err
	}
	w.out.WriteString(`,"profile":`)
	return w.value(p)
}

func (w *writer) pictured(p transfer.Profile) pictured {
	data := pictured{profileData: profileData{
		Author: w.ID, Bio: p.Bio, Birthday: p.Birthday, FirstName: p.FirstName, Gender: p.Gender,
		LastName: p.LastName, Location: p.Location, NSFW: p.NSFW, Public: p.Public, Searchable: &p.Searchable,
	}}
	if len(p.Tags) > 0 {
		data.Tags = "#" + strings.Join(p.Tags, " #")
	}
	if picture, ok := w.album.byGUID[p.Avatar]; ok {
		data.ImageURL = w.path() + "thumb_large_" + picture.file
		data.Medium, data.Small = w.path()+"thumb_medium_"+picture.file, w.path()+"thumb_small_"+picture.file
	}
	return data
}

// path is where the photos are at this pod.
func (w *writer) path() string { return w.Issuer + "/uploads/images/" }

func (w *writer) block(e transfer.Entry) (any, error) {
	item, err := transfer.Decode[transfer.Block](e)
	return item.ID, err
}

func (w *writer) group(e transfer.Entry) (any, error) {
	item, err := transfer.Decode[transfer.Aspect](e)
	if w.groups == nil {
		w.groups = map[string]string{}
	}
	if len(w.groups) < maxGroups {
		w.groups[e.GUID] = item.Name
	}
	return writtenGroup{groupData{item.Name}, keep(e)}, err
}

func (w *writer) contact(e transfer.Entry) (any, error) {
	item, err := transfer.Decode[transfer.Contact](e)
	c := writtenContact{
		contactData: contactData{ID: item.ID, Groups: []string{}, Receiving: item.Receiving},
		Followed:    item.Receiving, Own: keep(e),
	}
	for _, guid := range item.Aspects {
		if name, ok := w.groups[guid]; ok {
			c.Groups = append(c.Groups, name)
		}
	}
	return c, err
}

func (w *writer) post(e transfer.Entry) (any, error) {
	item, err := transfer.Decode[transfer.Post](e)
	if err != nil {
		return nil, err
	}
	var p writtenPost
	var whole bool
	if item.Root != nil {
		p.entity, whole = w.reshare(e.GUID, item)
	} else {
		p.entity, whole = w.message(e.GUID, item)
	}
	if !whole {
		own := keep(e)
		p.Own = &own
	}
	list := append([]string{}, item.Audience...)
	if item.Public {
		p.Pods = &list
	} else {
		p.Readers = &list
	}
	return p, nil
}

// reshare also says whether the words of a reshare carry all of the post: they
// have none for more than a pointer.
func (w *writer) reshare(guid string, p transfer.Post) (entity[any], bool) {
	pointer := transfer.Post{CreatedAt: p.CreatedAt, Public: true, Root: p.Root}
	return entity[any]{"reshare", writtenReshare{w.ID, guid, when(p.CreatedAt), p.Root.Author, p.Root.GUID}}, reflect.DeepEqual(p, pointer)
}

// message also says whether its words carry all of the post: a photo that is
// not among those read has none, nor has a place that is nowhere.
func (w *writer) message(guid string, p transfer.Post) (entity[any], bool) {
	m := writtenMessage{
		Author: w.ID, GUID: guid, CreatedAt: when(p.CreatedAt), Text: p.Text, Public: p.Public, Provider: p.Provider,
		Photos: []entity[writtenPhoto]{},
	}
	for _, name := range p.Photos {
		if picture, ok := w.album.byGUID[name]; ok {
			m.Photos = append(m.Photos, w.attached(picture, guid, p.Public))
		}
	}
	whole := len(m.Photos) == len(p.Photos)
	if l := p.Location; l != nil {
		m.Location = &entity[place]{"location", place{l.Address, l.Lat, l.Lng}}
		whole = whole && *l != (transfer.Location{})
	}
	if p.Poll != nil {
		m.Poll = &entity[poll]{"poll", poll{GUID: p.Poll.GUID, Question: p.Poll.Question, Answers: []entity[answer]{}}}
		for _, a := range p.Poll.Answers {
			m.Poll.Data.Answers = append(m.Poll.Data.Answers, entity[answer]{"poll_answer", answer{a.GUID, a.Text}})
		}
	}
	return entity[any]{"status_message", m}, whole
}

// attached is a photo on a post. It follows the post (Protocol §3.6).
func (w *writer) attached(p *picture, post string, public bool) entity[writtenPhoto] {
	return entity[writtenPhoto]{"photo", writtenPhoto{
		GUID: p.guid, Author: w.ID, Public: public, CreatedAt: when(p.item.CreatedAt), Path: w.path(), Name: p.file,
		Post: post, Height: written(p.item.Height), Width: written(p.item.Width), Text: p.item.Text,
	}}
}
