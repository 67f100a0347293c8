package sample

import (
	"fmt"
	"time"
)

// texts are what people write, and what has broken software before.
var texts = []string{
	"Out on the bike before the rain. #cycling #art",
	"**Bread** again, and it *rose*:\n\n1. flour\n2. water\n3. patience\n\n> a loaf is a loaf\n",
	"كل عام وأنتم بخير! صباح الخير من الشمال، والثلج لا يذوب. #ثلج",
	"שבוע טוב לכולם, היום (יום א׳) הלכנו 12 קילומטרים ביער.",
	"Mixed: שלום means peace, سلام too; \u2067isolated\u2069 and \u202eturned\u202c.",
	`if (a < b && c > d) { print("<b>&amp;</b>"); } <script>alert("no")</script>`,
	"one line\u2028another\u2029a third, all in one paragraph",
	"露从今夜白，月是故乡明。🌲👩‍👩‍👧‍👦 e\u0301 is not é",
	`C:\new\table \u2028 "quoted" \\ and a tab:` + "\t|\x1b[32mgreen\x1b[m",
	"@{Friend 07 ☂; friend07@river.example} and @{friend11@tree.example}, did you see this?",
}

func (m *maker) post(i int) object {
	guid := m.hex(32)
	data := object{"author": m.owner, "guid": guid, "created_at": day(i).Format(time.RFC3339)}
	defer func() { m.guids = append(m.guids, guid) }()
	if i%25 == 24 {
		m.facts.Reshares++
		m.facts.Public++
		data["root_author"], data["root_guid"] = friend(i%contacts), m.hex(32)
		return entityOf("reshare", data, "subscribed_pods_uris", []string{"https://pod.example/"})
	}
	data["text"], data["public"], data["photos"] = m.text(i), i%4 != 3, m.photosOf(i, guid)
	m.dress(i, data)
	if i%4 != 3 {
		m.facts.Public++
		return entityOf("status_message", data, "subscribed_pods_uris", []string{"https://pod.example/", "https://river.example/"})
	}
	m.facts.Limited++
	readers := []string{}
	for j := range i % 9 {
		readers = append(readers, friend((i+7*j)%contacts))
	}
	return entityOf("status_message", data, "subscribed_users_ids", readers)
}

func entityOf(kind string, data object, member string, list []string) object {
	post := entity(kind, data)
	post[member] = list
	return post
}

// text is one of texts; some link to an earlier post, some show a photo.
func (m *maker) text(i int) string {
	text := texts[i%len(texts)]
	switch {
	case i%30 == 11:
		text += fmt.Sprintf("\n\nAs I wrote [before](https://%s/posts/%s).", m.host, m.guids[m.rand.IntN(len(m.guids))])
	case i%30 == 13:
		text += "\n\n![an image inside text](" + m.address("scaled_full_", m.files[attached+1+i/30%(loose-1)].name) + ")"
	case i == 53:
		return "" // a photo and no words
	}
	return text
}

// dress adds what only some posts have.
func (m *maker) dress(i int, data object) {
	if i%29 == 5 {
		m.facts.Polls++
		var answers []object
		for _, text := range []string{"tea", "coffee", "чай & <кофе>"} {
			answers = append(answers, entity("poll_answer", object{"guid": m.hex(32), "answer": text}))
		}
		data["poll"] = entity("poll", object{"guid": m.hex(32), "question": "tea or coffee?", "poll_answers": answers})
	}
	if i%19 == 4 {
		m.facts.Locations++
		data["location"] = entity("location", object{"address": "Berlin, Straße & Platz", "lat": "52.5", "lng": "13.4"})
	}
	if i%11 == 3 {
		data["provider_display_name"] = "mobile"
	}
}

// photosOf are the photos of a post: every tenth has one, the first of those
// two, and half of those posts are limited.
func (m *maker) photosOf(i int, post string) []object {
	list := []object{}
	if i%10 != 3 {
		return list
	}
	for j := i / 10; j < attached; j += posts / 10 {
		p := m.files[j]
		list = append(list, entity("photo", object{
			"guid": p.guid, "author": m.owner, "public": i%4 != 3, "created_at": day(i).Format(time.RFC3339),
			"remote_photo_path": m.address("", ""), "remote_photo_name": p.name, "status_message_guid": post,
			"height": p.height, "width": p.width, "text": []string{"", "described & <seen>"}[j%2],
		}))
	}
	return list
}
