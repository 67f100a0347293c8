package sample

import (
	"archive/zip"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// How much the account holds.
const (
	posts    = 300
	attached = 36 // photos on posts
	loose    = 4  // photos on none: an avatar, and images inside text
	contacts = 60
)

var (
	aspects = []string{"Family", "Friends", "Знакомые", "Book <club> & 📚"}
	blocks  = []string{"troll@bad.example", "spam@ads.example"}
)

// Facts are what the archive holds.
type Facts struct {
	Owner      string `json:"owner"`   // diaspora* ID
	Archive    string `json:"archive"` // name of the file
	Photos     string `json:"photos"`  // name of the zip
	Posts      int    `json:"posts"`
	Public     int    `json:"public"`
	Limited    int    `json:"limited"`
	Reshares   int    `json:"reshares"`
	Polls      int    `json:"polls"`
	Locations  int    `json:"locations"`
	Attached   int    `json:"photos_attached"`
	Loose      int    `json:"photos_loose"`
	PhotoBytes int64  `json:"photo_bytes"`
	Contacts   int    `json:"contacts"`
	Aspects    int    `json:"aspects"`
	Blocks     int    `json:"blocks"`
}

// object is JSON.
type object = map[string]any

func entity(kind string, data object) object { return object{"entity_type": kind, "entity_data": data} }

// A maker makes one account.
type maker struct {
	rand  *rand.Rand
	owner string
	host  string
	facts Facts
	guids []string // of the posts so far
	files []photo
}

// Write makes account.json.gz and photos.zip in the directory, of an account
// with that diaspora* ID.
func Write(dir, owner string, seed uint64) (Facts, error) {
	m := newMaker(owner, seed)
	if err := m.takePhotos(); err != nil {
		return Facts{}, err
	}
	m.facts.Archive, m.facts.Photos = filepath.Join(dir, "account.json.gz"), filepath.Join(dir, "photos.zip")
	account := object{"version": "2.0", "user": m.user(), "others_data": object{"relayables": []any{}}}
	if err := writeFile(m.facts.Archive, func(w io.Writer) error { return writePacked(w, account) }); err != nil {
		return Facts{}, err
	}
	return m.facts, writeFile(m.facts.Photos, m.writeZip)
}

func newMaker(owner string, seed uint64) *maker {
	_, host, _ := strings.Cut(owner, "@")
	m := &maker{rand: rand.New(rand.NewPCG(seed, seed)), owner: owner, host: host}
	m.facts = Facts{Owner: owner, Posts: posts, Attached: attached, Loose: loose, Contacts: contacts, Aspects: len(aspects), Blocks: len(blocks)}
	return m
}

func (m *maker) takePhotos() error {
	for i := range attached + loose {
		p, err := m.photo(i)
		if err != nil {
			return err
		}
		m.files = append(m.files, p)
		m.facts.PhotoBytes += int64(len(p.bytes))
	}
	return nil
}

func writeFile(name string, write func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

func writePacked(w io.Writer, v any) error {
	packed := gzip.NewWriter(w)
	return errors.Join(json.NewEncoder(packed).Encode(v), packed.Close())
}

func (m *maker) writeZip(w io.Writer) error {
	out := zip.NewWriter(w)
	for _, p := range m.files {
		f, err := out.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Store, Modified: day(0)})
		if err != nil {
			return err
		}
		if _, err := f.Write(p.bytes); err != nil {
			return err
		}
	}
	return out.Close()
}

func (m *maker) hex(digits int) string {
	return fmt.Sprintf("%016x%016x", m.rand.Uint64(), m.rand.Uint64())[:digits]
}

// day is the time of the i-th post; some share theirs.
func day(i int) time.Time {
	return time.Date(2012, 3, 1, 20, i%2, 0, 0, time.UTC).AddDate(0, 0, i/2*12)
}

// user is the account without its posts' words.
func (m *maker) user() object {
	user := object{
		"username": m.owner[:len(m.owner)-len(m.host)-1], "email": "aurora@mail.example", "language": "en",
		"private_key": "-----BEGIN RSA PRIVATE KEY-----\nthis is none\n-----END RSA PRIVATE KEY-----\n",
		"profile": entity("profile", object{
			"author": m.owner, "first_name": "Aurora", "last_name": "Åström", "birthday": "1988-07-15", "gender": "",
			"bio": "Walks, bikes and *open* source. 🌲 <3 & more", "location": "Umeå", "searchable": true, "public": true, "nsfw": false,
			"tag_string": "#art #linux #cycling", "image_url": m.address("thumb_large_", m.files[attached].name),
		}),
		"contact_groups": []object{}, "contacts": []object{}, "blocks": blocks, "followed_tags": []string{"art", "linux"},
		"relayables": []any{}, "post_subscriptions": []any{}, "posts": []object{},
	}
	for _, name := range aspects {
		user["contact_groups"] = append(user["contact_groups"].([]object), object{"name": name})
	}
	for i := range contacts {
		user["contacts"] = append(user["contacts"].([]object), m.contact(i))
	}
	for i := range posts {
		user["posts"] = append(user["posts"].([]object), m.post(i))
	}
	return user
}

func friend(i int) string {
	return fmt.Sprintf("friend%02d@%s.example", i, []string{"pod", "river", "tree"}[i%3])
}

func (m *maker) contact(i int) object {
	in := []string{}
	for j, name := range aspects {
		if (i>>j)&1 == 1 {
			in = append(in, name)
		}
	}
	sharing, receiving := i%3 != 0, i%7 != 6
	return object{
		"account_id": friend(i), "person_guid": m.hex(32), "person_name": fmt.Sprintf("Friend %02d ☂", i), "contact_groups_membership": in,
		"sharing": sharing, "receiving": receiving, "following": sharing, "followed": receiving,
	}
}

func (m *maker) address(variant, name string) string {
	return "https://" + m.host + "/uploads/images/" + variant + name
}
