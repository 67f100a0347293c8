package transfertest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"podmove/transfer"
)

// What the made account holds besides its profile.
const (
	madePosts    = 42
	madeContacts = 12
)

// madeTexts are what text has broken elsewhere.
var madeTexts = []string{
	`<b>bold</b> & "quoted" &amp; <script>alert('no')</script>`,
	"two\u2028separators\u2029here, and a byte order mark \ufeff inside",
	`not an escape: \u2028 \n \\ \/ \"`,
	"السلام عليكم ورحمة الله, שלום עולם, \u202eback to front\u202c and \u2067isolated\u2069",
	"control \x1b[32mgreen\x1b[m, tab\t, bell \a, delete \x7f, line\r\nfeed",
	"🌲👩‍👩‍👧‍👦 á (combining) Å ﷽ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 \U0010ffff",
	"a photo ![of mine](https://old.example/uploads/images/scaled_full_00000000000000000003.png) and [a post](https://old.example/posts/11111111111111111111111111111111)",
	"hello @{Friend 3; friend3@pod.example} #tag",
	"%s %d {guid} {{.}} ' OR 1=1; -- ",
	" leading and trailing spaces, and a last line feed \n",
}

// Made is the account that the suites move: profile, 2 blocks, 3 aspects, 12
// contacts, 42 posts (limited ones, polls, places, reshares, text of every
// kind) and 10 photos in four formats, two with the bytes of two others.
// Accounts of different owners have no guid in common.
func Made(owner string) Fixture {
	f := Fixture{Owner: owner, Entries: map[transfer.Collection][]transfer.Entry{}, Content: map[string][]byte{}}
	photos := f.addPhotos()
	f.add(GUID(transfer.Profiles, owner, ""), transfer.Profile{
		Avatar: photos[len(photos)-1], Bio: madeTexts[3], Birthday: "1988-07-15", FirstName: "Aurora", LastName: "Åström",
		Location: "Umeå <3", Public: true, Searchable: true, Tags: []string{"art", "linux", "サイクリング"},
	})
	for _, id := range []string{"troll@bad.example", "spam@127.0.0.1:4001"} {
		f.add(GUID(transfer.Blocks, owner, id), transfer.Block{ID: id})
	}
	aspects := f.addAspects("Family", "Знакомые", "Book <club> 📚")
	for i := range madeContacts {
		id := fmt.Sprintf("friend%d@pod.example", i)
		in := slices.Sorted(slices.Values(aspects[:i%(len(aspects)+1)]))
		f.add(GUID(transfer.Contacts, owner, id), transfer.Contact{ID: id, Receiving: i%5 != 4, Aspects: in})
	}
	f.addPosts(photos)
	return f
}

func (f Fixture) addAspects(names ...string) (guids []string) {
	for _, name := range names {
		guid := GUID(transfer.Aspects, f.Owner, name)
		f.add(guid, transfer.Aspect{Name: name})
		guids = append(guids, guid)
	}
	return guids
}

// addPhotos adds ten photos; posts use the first eight.
func (f Fixture) addPhotos() (guids []string) {
	for i := range 10 {
		pic := pictures[i%len(pictures)](byte(i % 8)) // the last two have the bytes of the first two
		name := GUID(transfer.Photos, f.Owner, fmt.Sprint("file ", i))[:20] + pic.ext
		guid := GUID(transfer.Photos, f.Owner, name)
		photo := transfer.Photo{
			CreatedAt: madeTime(i), Width: pic.width, Height: pic.height, Type: pic.kind,
			Name: name, SHA256: transfer.Sum(pic.bytes), Size: int64(len(pic.bytes)),
		}
		if i < 8 {
			photo.Text, photo.Public = strings.Repeat("seen <&> described\u2028", i%2), i < 6 && i != 3
		}
		f.add(guid, photo)
		f.Content[guid] = pic.bytes
		guids = append(guids, guid)
	}
	return guids
}

func (f Fixture) addPosts(photos []string) {
	for i := range madePosts {
		p := transfer.Post{CreatedAt: madeTime(i), Public: i%4 != 3, Text: madeTexts[i%len(madeTexts)]}
		if !p.Public {
			p.Audience = []string{"friend10@pod.example", "friend1@pod.example", "friend2@pod.example"}[:i/4%4] // bytewise sorted
		}
		if i < 4 {
			p.Photos = photos[2*i : 2*i+2]
		}
		f.dress(&p, i)
		f.add(f.postGUID(i), p)
	}
}

func (f Fixture) postGUID(i int) string { return GUID(transfer.Posts, f.Owner, fmt.Sprint(i)) }

// dress gives some posts what only some posts have.
func (f Fixture) dress(p *transfer.Post, i int) {
	switch i {
	case 9, 11:
		p.Poll = &transfer.Poll{GUID: GUID("poll", f.Owner, fmt.Sprint(i)), Question: "tea <or> coffee?", Answers: []transfer.Answer{
			{GUID: GUID("answer", f.Owner, "tea"), Text: "tea"}, {GUID: GUID("answer", f.Owner, "чай"), Text: "чай"},
		}}
	case 12, 13:
		p.Location = &transfer.Location{Address: "Berlin & Köln", Lat: "52.50", Lng: "-13.4000000001"}
	case 14, 16:
		p.Public, p.Audience, p.Text = true, nil, ""
		p.Root = &transfer.Root{Author: "friend2@pod.example", GUID: GUID("root", f.Owner, fmt.Sprint(i))}
	case 17: // the root was deleted
		p.Public, p.Text, p.Root = true, "", &transfer.Root{}
	case 18:
		p.Text = strings.Repeat("ÅÄÖ\u2028<&>", 8000)
	case 20:
		p.Provider = "mobile & more"
	case 21:
		p.CreatedAt = p.CreatedAt[:len(p.CreatedAt)-4] + "123Z"
	}
}

// madeTime gives some posts the same moment as others.
func madeTime(i int) transfer.Time {
	return transfer.TimeOf(time.Date(2012, 3, 1+i/2, 22, 48, 44, 0, time.UTC))
}
