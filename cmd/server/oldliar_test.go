package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"podmove/internal/problem"
	"podmove/transfer"
)

// tenYears is what a pod may ask for.
const tenYears = "315360000"

// What a person reads of a photo that is not what it should be.
var (
	notAnnounced = []string{"Some items did not arrive", "the photo’s file is not the one that was announced", "Try these again"}
	noPhoto      = []string{"Some items did not arrive", "it is no photo that can be shown", "Try these again"}
)

// notKnown is what a person reads when the old pod has forgotten the move.
var notKnown = []string{"the old pod does not know this move any more", "What came is kept", "agree once more to go on, or cancel"}

// always is a lie that knows nothing of the stage.
func always(with lie) func(*stage) lie { return func(*stage) lie { return with } }

// midway lies in all that is asked once a page of posts was given.
func midway(with lie) func(*stage) lie {
	return func(*stage) lie {
		given := false
		return onlyOne(func(x *exchange) {
			if given && x.call != "POST transfers" {
				with(x)
				return
			}
			given = given || x.call == "GET posts"
			x.honest()
		})
	}
}

// finishes says that all is done, and gives nothing any more.
func finishes(x *exchange) {
	if x.call != "GET transfers content" {
		x.to.Header().Set("Content-Type", "application/problem+json")
		x.to.WriteHeader(http.StatusGone)
		_, _ = fmt.Fprintf(x.to, `{"type":%q,"title":"account moved","status":410,"code":%[2]q}`, problem.TypeOf(string(transfer.AccountMoved)), transfer.AccountMoved)
		return
	}
	answering(x.call, func(_ *exchange, answer []byte) []byte {
		var p transfer.Plan
		if json.Unmarshal(answer, &p) != nil {
			return answer
		}
		p.State = transfer.Redirecting
		answer, _ = json.Marshal(p) // as it came
		return answer
	})(x)
}

// waitsAnHour: however long the old pod asks to wait, the person is told when
// it goes on, and may cancel (Protocol §4.5).
func waitsAnHour(s *stage, l *liars) {
	s.t.Helper()
	if n := s.one(s.to, "(x.wait_until - x.changed_at) / 1000", "moves"); n != "3600" {
		s.t.Errorf("it waits for %s seconds", n)
	}
	cancels(s, l)
}

// withoutEnd answers without end: what the pod does, and then spaces, which JSON
// allows, before whatever would end it.
func withoutEnd(x *exchange) {
	a := x.ask()
	maps.Copy(x.to.Header(), a.header)
	x.to.Header().Del("Content-Length")
	x.to.WriteHeader(a.status)
	_, _ = x.to.Write(bytes.TrimRight(a.body, "}\n"))
	for spaces := bytes.Repeat([]byte(" "), 64<<10); ; {
		if _, err := x.to.Write(spaces); err != nil {
			return
		}
	}
}

// trickling answers a byte at a time, and would be at it for a day.
func trickling(x *exchange) {
	a := x.ask()
	maps.Copy(x.to.Header(), a.header)
	x.to.WriteHeader(a.status)
	for i := range a.body {
		select {
		case <-x.r.Context().Done():
			return
		case <-time.After(time.Second):
		}
		if _, err := x.to.Write(a.body[i : i+1]); err != nil {
			return
		}
		_ = http.NewResponseController(x.to).Flush()
	}
}

// circle answers the first page of posts over and over, each time with higher
// numbers, under cursors that come again after so many steps.
func circle(steps int) func(*stage) lie {
	return func(*stage) lie {
		n := 0
		first := answering("GET posts", func(x *exchange, answer []byte) []byte {
			page, err := transfer.ReadPage(bytes.NewReader(answer))
			if err != nil {
				return answer
			}
			n++
			page.CaughtUp, page.Through, page.Next = false, int64(1000+n), transfer.Cursor(fmt.Sprintf("cursor-%d", n%steps))
			var out bytes.Buffer
			_ = transfer.WritePage(&out, page) // what was read can be written
			return out.Bytes()
		})
		return onlyOne(func(x *exchange) {
			if x.call == "GET posts" {
				x.r.URL.RawQuery = "limit=4"
			}
			first(x)
		})
	}
}

// repeated gives its first page of posts as the answer to every question.
func repeated(*stage) lie {
	var first *given
	return onlyOne(at("GET posts", func(x *exchange) {
		if first == nil {
			first = x.ask()
		}
		first.give(x.to)
	}))
}

// fewer leaves out a post.
func fewer(s *stage) lie {
	return answering("GET posts", entries(func(list []transfer.Entry) []transfer.Entry {
		return slices.DeleteFunc(list, func(e transfer.Entry) bool { return e.GUID == guid(s.w.name, "post", 5) })
	}))
}

// fewerPosts signs for one post less.
func fewerPosts(m *transfer.Manifest) {
	for i := range m.Tallies {
		if m.Tallies[i].Collection == transfer.Posts {
			m.Tallies[i].Count--
		}
	}
}

// invented adds a post that the account never had.
func invented(s *stage) lie {
	return answering("GET posts", entries(func(list []transfer.Entry) []transfer.Entry {
		if len(list) == 0 || list[0].GUID != guid(s.w.name, "post", 0) {
			return list
		}
		post, err := transfer.Decode[transfer.Post](list[0])
		post.Text = "Nobody ever wrote this."
		more, err2 := transfer.Encode(guid(s.w.name, "invented", 0), post)
		if err != nil || err2 != nil {
			return list
		}
		return append(list, more)
	}))
}

// planned changes what is announced.
func planned(change func(c *transfer.CollectionPlan)) func(*exchange, []byte) []byte {
	return func(_ *exchange, answer []byte) []byte {
		var p transfer.Plan
		if json.Unmarshal(answer, &p) != nil {
			return answer
		}
		for i := range p.Collections {
			change(&p.Collections[i])
		}
		answer, _ = json.Marshal(p) // as it came
		return answer
	}
}

// flip turns the last byte.
func flip(raw []byte) []byte {
	raw = bytes.Clone(raw)
	if len(raw) > 0 {
		raw[len(raw)-1] ^= 1
	}
	return raw
}

// disguised announces a drawing that can hold scripts as a photo, and is right
// in all else.
func disguised(s *stage) lie {
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	bad := guid(s.w.name, "photo", 0)
	given := map[string]transfer.Digest{}
	page := answering("GET photos", entries(func(list []transfer.Entry) []transfer.Entry {
		for i, e := range list {
			photo, err := transfer.Decode[transfer.Photo](e)
			if err == nil && e.GUID == bad {
				photo.SHA256, photo.Size = transfer.Digest(fmt.Sprintf("%x", sha256.Sum256(svg))), int64(len(svg))
				list[i], _ = transfer.Encode(bad, photo) // it was decoded
			}
			given[e.GUID] = list[i].Digest
		}
		return list
	}))
	content := answering("GET photos content", func(x *exchange, photo []byte) []byte {
		if strings.Contains(x.r.URL.Path, bad) {
			x.ask().header.Set("ETag", fmt.Sprintf("\"%x\"", sha256.Sum256(svg)))
			return svg
		}
		return photo
	})
	manifest := answering("GET manifest", signed(asOld, transfer.TypManifest, func(m *transfer.Manifest) {
		tallier := transfer.NewTallier(transfer.Photos)
		for _, guid := range slices.Sorted(maps.Keys(given)) {
			tallier.Add(guid, given[guid])
		}
		i := slices.IndexFunc(m.Tallies, func(t transfer.Tally) bool { return t.Collection == transfer.Photos })
		m.Tallies[i] = tallier.Tally()
	}))
	lies := map[string]lie{"GET photos": page, "GET photos content": content, "GET manifest": manifest}
	return onlyOne(func(x *exchange) {
		if with := lies[x.call]; with != nil {
			with(x)
			return
		}
		x.honest()
	})
}

// tombstones deletes in the page of posts what nobody brought, and what the
// person wrote at the new pod.
func tombstones(s *stage) lie {
	page := s.w.fill(s.t, s.w.open(s.t, s.to.URL+"/posts/new"), "/posts", "text", "This was written here.", "audience", "public")
	own := path.Base(page.URL.Path)
	return answering("GET posts", entries(func(list []transfer.Entry) []transfer.Entry {
		if len(list) == 0 {
			return list
		}
		for _, guid := range []string{own, guid(s.w.name, "never", 0)} {
			list = append(list, transfer.Entry{GUID: guid, Deleted: true})
		}
		return list
	}))
}
