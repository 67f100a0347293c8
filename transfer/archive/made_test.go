package archive_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"testing"

	"podmove/transfer"
	"podmove/transfer/archive"
	"podmove/transfer/transfertest"
)

// object is JSON as a test writes it.
type object = map[string]any

func entity(kind string, data object) object { return object{"entity_type": kind, "entity_data": data} }

// made writes a fixture as an archive and the zip beside it.
func made(t *testing.T, f transfertest.Fixture) (account object, photos []byte) {
	t.Helper()
	profile := transfertest.Items[transfer.Profile](t, f)[f.Entries[transfer.Profiles][0].GUID]
	pictures := transfertest.Items[transfer.Photo](t, f)
	user := object{
		"username": "aurora", "private_key": "-----BEGIN RSA PRIVATE KEY-----", "followed_tags": []string{"art", "linux"},
		"profile": entity("profile", object{
			"author": f.Owner, "first_name": profile.FirstName, "last_name": profile.LastName, "bio": profile.Bio, "birthday": profile.Birthday,
			"image_url": "https://old.example/uploads/images/thumb_large_" + pictures[profile.Avatar].Name, "location": profile.Location,
			"gender": profile.Gender, "public": profile.Public, "searchable": profile.Searchable, "nsfw": profile.NSFW, "tag_string": "#art #linux #サイクリング",
		}),
		"posts": posts(t, f, pictures),
	}
	names := map[string]string{}
	for guid, aspect := range transfertest.Items[transfer.Aspect](t, f) {
		names[guid] = aspect.Name
		add(user, "contact_groups", object{"name": aspect.Name})
	}
	for _, block := range transfertest.Items[transfer.Block](t, f) {
		add(user, "blocks", block.ID)
	}
	for _, contact := range transfertest.Items[transfer.Contact](t, f) {
		groups := []string{"a group that is gone"}
		for _, guid := range contact.Aspects {
			groups = append(groups, names[guid])
		}
		add(user, "contacts", object{"account_id": contact.ID, "receiving": contact.Receiving, "sharing": true, "contact_groups_membership": groups})
	}
	return object{"version": "2.0", "user": user, "others_data": object{"relayables": []int{1, 2, 3}}}, zipped(t, f, pictures)
}

func add(o object, name string, v any) {
	list, _ := o[name].([]any)
	o[name] = append(list, v)
}

func posts(t *testing.T, f transfertest.Fixture, pictures map[string]transfer.Photo) (list []object) {
	items := transfertest.Items[transfer.Post](t, f)
	for _, e := range f.Entries[transfer.Posts] {
		p := items[e.GUID]
		data := object{"author": f.Owner, "guid": e.GUID, "created_at": p.CreatedAt}
		post := entity("reshare", data)
		if p.Root == nil {
			post = entity("status_message", data)
			data["text"], data["public"], post["subscribed_users_ids"] = p.Text, p.Public, append([]string{"nobody", "friend2@pod.example"}[:min(1, len(p.Audience))], p.Audience...)
		} else {
			data["root_author"], data["root_guid"] = p.Root.Author, p.Root.GUID
		}
		if p.Provider != "" {
			data["provider_display_name"] = p.Provider
		}
		if l := p.Location; l != nil {
			data["location"] = entity("location", object{"address": l.Address, "lat": l.Lat, "lng": l.Lng})
		}
		if q := p.Poll; q != nil {
			var answers []object
			for _, a := range q.Answers {
				answers = append(answers, entity("poll_answer", object{"guid": a.GUID, "answer": a.Text}))
			}
			data["poll"] = entity("poll", object{"guid": q.GUID, "question": q.Question, "poll_answers": answers})
		}
		for _, guid := range p.Photos {
			pic := pictures[guid]
			add(data, "photos", entity("photo", object{
				"guid": guid, "created_at": pic.CreatedAt, "public": pic.Public, "text": pic.Text, "height": pic.Height, "width": pic.Width,
				"remote_photo_path": "https://old.example/uploads/images/", "remote_photo_name": pic.Name, "status_message_guid": e.GUID,
			}))
		}
		list = append(list, post)
	}
	return list
}

func zipped(t *testing.T, f transfertest.Fixture, pictures map[string]transfer.Photo) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for guid, content := range f.Content {
		file, err := w.CreateHeader(&zip.FileHeader{Name: pictures[guid].Name, Method: zip.Deflate, Modified: pictures[guid].CreatedAt.Time()})
		if err == nil {
			_, err = file.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func gzipped(t *testing.T, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func section(raw []byte) *io.SectionReader {
	if raw == nil {
		return nil
	}
	return io.NewSectionReader(bytes.NewReader(raw), 0, int64(len(raw)))
}

func open(t *testing.T, raw, photos []byte) *archive.Reader {
	t.Helper()
	r, err := archive.Open(t.Context(), archive.Options{Archive: section(raw), Photos: section(photos)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
