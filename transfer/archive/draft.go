package archive

import (
	"slices"
	"strings"

	"podmove/transfer"
)

// A draft is an item on its way out of the archive.
type draft struct {
	guid string        // empty: it has none that it could keep
	item transfer.Item // only if err is nil
	err  error         // why it cannot travel
	file *photoFile    // a photo's bytes, nil if there are none
}

// draft reads one value of a collection. Too large a value is nil.
func (r *Reader) draft(c transfer.Collection, raw []byte) draft {
	if raw == nil {
		return r.tooLarge()
	}
	if d, own := own(c, raw); own {
		return d
	}
	switch c {
	case transfer.Profiles:
		return r.profile(raw)
	case transfer.Blocks:
		return r.block(raw)
	case transfer.Aspects:
		return r.aspect(raw)
	case transfer.Contacts:
		return r.contact(raw)
	}
	return r.post(raw)
}

func (r *Reader) tooLarge() draft {
	return draft{err: transfer.Errorf(transfer.TooLarge, "an item is larger than %s", size(int64(r.limits.ItemBytes)))}
}

func (r *Reader) profile(raw []byte) draft {
	var p entity[profileData]
	err := parse(raw, &p)
	d := p.Data
	item := transfer.Profile{
		Avatar: r.avatar(photoName(d.ImageURL)), Bio: d.Bio, Birthday: d.Birthday, FirstName: d.FirstName, Gender: d.Gender,
		LastName: d.LastName, Location: d.Location, NSFW: d.NSFW, Public: d.Public, Searchable: d.Searchable == nil || *d.Searchable,
	}
	for tag := range strings.FieldsSeq(d.Tags) {
		if tag = strings.TrimPrefix(tag, "#"); tag != "" && len(item.Tags) < 5 && !slices.Contains(item.Tags, tag) {
			item.Tags = append(item.Tags, tag)
		}
	}
	return draft{guid: derived(transfer.Profiles, r.owner.ID, ""), item: item, err: err}
}

func (r *Reader) block(raw []byte) draft {
	var id string
	err := parse(raw, &id)
	id = strings.ToLower(id)
	return draft{guid: derived(transfer.Blocks, r.owner.ID, id), item: transfer.Block{ID: id}, err: err}
}

func (r *Reader) aspect(raw []byte) draft {
	var g groupData
	err := parse(raw, &g)
	return draft{guid: derived(transfer.Aspects, r.owner.ID, g.Name), item: transfer.Aspect{Name: g.Name}, err: err}
}

// contact is in the aspects that its groups name; a name that no group has is
// passed over.
func (r *Reader) contact(raw []byte) draft {
	var c contactData
	err := parse(raw, &c)
	item := transfer.Contact{ID: strings.ToLower(c.ID), Receiving: c.Receiving}
	for _, name := range c.Groups {
		if r.groups[name] {
			item.Aspects = append(item.Aspects, derived(transfer.Aspects, r.owner.ID, name))
		}
	}
	item.Aspects = sorted(item.Aspects)
	return draft{guid: derived(transfer.Contacts, r.owner.ID, item.ID), item: item, err: err}
}

// sorted is the list in bytewise order, each once; nil if it is empty.
func sorted(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	return slices.Compact(list)
}
