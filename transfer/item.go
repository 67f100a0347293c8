package transfer

import "time"

// An Item is one thing that travels. Its bytes come only from its own row and
// what it owns, and hold nothing that differs between pods: no author, host,
// URL, numeric id or count (Protocol §3.4, §3.5). Struct fields stand in the
// alphabetical order of their JSON names, so that encoding/json writes them in
// the order that RFC 8785 §3.2.3 asks for.
type Item interface {
	Collection() Collection
	// Check refuses an item with a *Error that names the member.
	Check() error
}

// Profile is what a person says of themself. Every account has one.
type Profile struct {
	Avatar     string   `json:"avatar,omitempty"` // guid of a photo
	Bio        string   `json:"bio,omitempty"`
	Birthday   string   `json:"birthday,omitempty"` // 2006-01-02; year 1004 is none
	FirstName  string   `json:"first_name,omitempty"`
	Gender     string   `json:"gender,omitempty"`
	LastName   string   `json:"last_name,omitempty"`
	Location   string   `json:"location,omitempty"`
	NSFW       bool     `json:"nsfw"`
	Public     bool     `json:"public"` // bio, gender, location and birthday are for anyone
	Searchable bool     `json:"searchable"`
	Tags       []string `json:"tags,omitempty"` // without '#', at most 5
}

// Block is one person whom the account does not want to hear of.
type Block struct {
	ID string `json:"id"` // diaspora* ID
}

// Aspect is a named group of contacts.
type Aspect struct {
	Name string `json:"name"`
}

// Contact is a person the account has in its aspects. Whether that person
// shares back is theirs to say, so it does not travel (Protocol §3.9).
type Contact struct {
	Aspects   []string `json:"aspects,omitempty"` // guids of aspects, bytewise sorted
	ID        string   `json:"id"`                // diaspora* ID
	Receiving bool     `json:"receiving"`         // I share with them
}

// Post is a status message or, with Root, a reshare.
type Post struct {
	Audience  []string  `json:"audience,omitempty"` // recipients' IDs as of posting, bytewise sorted; only if not public
	CreatedAt Time      `json:"created_at"`
	Location  *Location `json:"location,omitempty"`
	Photos    []string  `json:"photos,omitempty"` // guids of photos, in order
	Poll      *Poll     `json:"poll,omitempty"`
	Provider  string    `json:"provider,omitempty"` // the program it was written with
	Public    bool      `json:"public"`
	Root      *Root     `json:"root,omitempty"`
	Text      string    `json:"text,omitempty"` // Markdown as it came, at most 65,535 characters
}

// Location is where a post was written. Coordinates are strings (Protocol §3.2).
type Location struct {
	Address string `json:"address,omitempty"`
	Lat     string `json:"lat,omitempty"`
	Lng     string `json:"lng,omitempty"`
}

// Poll is a question owned by a post.
type Poll struct {
	Answers  []Answer `json:"answers"`
	GUID     string   `json:"guid"`
	Question string   `json:"question"`
}

// Answer is one choice of a poll. Votes are others' and do not travel.
type Answer struct {
	GUID string `json:"guid"`
	Text string `json:"text"`
}

// Root is the post that a reshare shows.
type Root struct {
	Author string `json:"author,omitempty"` // diaspora* ID
	GUID   string `json:"guid,omitempty"`
}

// Photo names the bytes of a photo; the bytes travel beside it.
type Photo struct {
	CreatedAt Time   `json:"created_at"`
	Height    int64  `json:"height,omitempty"` // pixels
	Name      string `json:"name"`             // file name, for example 9cc823151b8d34be81ec.gif
	Public    bool   `json:"public"`           // decides only while no post uses it (Protocol §3.6)
	SHA256    Digest `json:"sha256"`
	Size      int64  `json:"size"`           // bytes
	Text      string `json:"text,omitempty"` // a description for those who cannot see it
	Type      string `json:"type"`           // image/jpeg, image/png, image/gif or image/webp
	Width     int64  `json:"width,omitempty"`
}

// Collection of each kind of item.
func (Profile) Collection() Collection { return Profiles }

// Collection is Blocks.
func (Block) Collection() Collection { return Blocks }

// Collection is Aspects.
func (Aspect) Collection() Collection { return Aspects }

// Collection is Contacts.
func (Contact) Collection() Collection { return Contacts }

// Collection is Posts.
func (Post) Collection() Collection { return Posts }

// Collection is Photos.
func (Photo) Collection() Collection { return Photos }

// timeLayout has exactly three decimals, so that one moment has one spelling.
const timeLayout = "2006-01-02T15:04:05.000Z"

// A Time is a moment in UTC to the millisecond, spelled like
// "2012-03-01T22:48:44.000Z".
type Time string

// TimeOf spells t.
func TimeOf(t time.Time) Time { return Time(t.UTC().Format(timeLayout)) }

// Time reads t; the zero time if it is malformed, which Valid tells.
func (t Time) Time() time.Time {
	at, err := time.Parse(timeLayout, string(t))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// Valid reports whether t is spelled as TimeOf spells it.
func (t Time) Valid() bool {
	at, err := time.Parse(timeLayout, string(t))
	return err == nil && TimeOf(at) == t
}
