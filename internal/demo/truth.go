package demo

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
)

// A Truth is what an archive says of itself, read without any code of the pods,
// so that the demo compares what arrived with where it came from.
type Truth struct {
	Username string
	Posts    []OldPost
	Photos   []OldPhoto // those of posts, whose bytes are in the zip
	Contacts int
	Blocks   int
	Aspects  int
}

// An OldPost is a post's old address and what it said.
type OldPost struct {
	GUID   string
	Public bool
	Text   string
}

// An OldPhoto is a photo's old name and the hash of its bytes.
type OldPhoto struct {
	Name   string
	Public bool // its post is
	SHA256 string
}

// archived is as much of diaspora*'s format as the demo compares.
type archived struct {
	User struct {
		Username string            `json:"username"`
		Contacts []json.RawMessage `json:"contacts"`
		Blocks   []string          `json:"blocks"`
		Groups   []json.RawMessage `json:"contact_groups"`
		Posts    []struct {
			Type string `json:"entity_type"`
			Data struct {
				GUID   string `json:"guid"`
				Text   string `json:"text"`
				Public bool   `json:"public"`
				Photos []struct {
					Data struct {
						Name string `json:"remote_photo_name"`
					} `json:"entity_data"`
				} `json:"photos"`
			} `json:"entity_data"`
		} `json:"posts"`
	} `json:"user"`
}

// ReadTruth reads an archive and its photos whole.
func ReadTruth(archive, photos string) (Truth, error) {
	var a archived
	if err := readArchive(archive, &a); err != nil {
		return Truth{}, err
	}
	sums, err := photoSums(photos)
	if err != nil {
		return Truth{}, err
	}
	t := Truth{
		Username: a.User.Username, Contacts: len(a.User.Contacts),
		Blocks: len(a.User.Blocks), Aspects: len(a.User.Groups),
	}
	for _, p := range a.User.Posts {
		public := p.Data.Public || p.Type == "reshare" // diaspora* reshares public posts only
		t.Posts = append(t.Posts, OldPost{p.Data.GUID, public, p.Data.Text})
		for _, photo := range p.Data.Photos {
			if sum := sums[photo.Data.Name]; sum != "" {
				t.Photos = append(t.Photos, OldPhoto{photo.Data.Name, public, sum})
			}
		}
	}
	return t, nil
}

func readArchive(name string, into *archived) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = bufio.NewReader(f)
	if magic, _ := r.(*bufio.Reader).Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		if r, err = gzip.NewReader(r); err != nil {
			return err
		}
	}
	return json.NewDecoder(r).Decode(into)
}

// photoSums are the SHA-256 of each file in the zip, by its name.
func photoSums(name string) (map[string]string, error) {
	sums := map[string]string{}
	if name == "" {
		return sums, nil
	}
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, r)
		if r.Close(); err != nil {
			return nil, err
		}
		sums[f.Name] = hex.EncodeToString(sum.Sum(nil))
	}
	return sums, nil
}
