package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"podmove/internal/browser"
	"podmove/internal/demo"
	"podmove/transfer"
)

// A visitor is a person who sees two pods in a browser: an old one, which knows
// them, and a new one.
type visitor struct {
	*browser.Tab
	name     string
	from, to *testPod
}

// visit opens a browser that speaks with the two pods and with nobody else.
func visit(t *testing.T, view browser.View, name string, from, to *testPod) visitor {
	t.Helper()
	return visitor{browser.Open(t, view, from.Host(), to.Host()), name, from, to}
}

func (v visitor) oldID() string { return v.name + "@" + v.from.Host() }

func (v visitor) newID() string { return v.name + "@" + v.to.Host() }

// signUp fills in the form for a new account.
func (v visitor) signUp() {
	v.Fill("Username", v.name)
	v.Fill("E-mail address", v.name+"@mail.example")
	v.Fill("Password", demo.Password)
	v.Click("Make the account")
}

// signIn fills in the form of a pod that asks who it is.
func (v visitor) signIn() {
	v.Fill("Username", v.name)
	v.Fill("Password", demo.Password)
	v.Click("Sign in")
}

// bring goes from the new pod's first page to that of a move from the old one.
func (v visitor) bring() {
	v.Visit(v.to.URL)
	v.Click("Bring my account here")
	v.signUp()
	v.Fill("Your old ID", v.oldID())
	v.Click("Go on")
	v.See("Ready to begin", v.oldID(), v.newID())
}

// consent goes from the move's page to the old pod's question.
func (v visitor) consent() {
	v.Click("Go to " + v.from.Host() + " and agree")
	v.signIn()
	v.See("Move your account to another pod?", v.to.Host(), v.newID())
}

// allow agrees.
func (v visitor) allow() {
	v.Click("Move to " + v.to.Host())
	v.See("Move from " + v.oldID())
}

// moved goes all the way, until everything arrived.
func (v visitor) moved() {
	v.bring()
	v.consent()
	v.allow()
	v.See("Everything arrived.", "old links lead here")
}

// departure goes to the old pod's page about the move.
func (v visitor) departure() {
	v.Visit(v.from.URL + "/departures")
	v.Click("Move to " + v.newID())
}

// arrived compares what is at both ends.
func (v visitor) arrived(t *testing.T, before holding) {
	t.Helper()
	sameItems(t, before, v.to.holding(t, v.name))
	if after := v.from.holding(t, v.name); after.MovedTo != v.newID() {
		t.Errorf("the old account moved to %q", after.MovedTo)
	}
}

// album adds an account with some posts, of which the first have a photo each.
// It must be called before the pod starts.
func (p *testPod) album(t *testing.T, name string, posts, photos int) {
	t.Helper()
	list, files := belongings(t, name, posts, photos, func(int) bool { return true })
	p.settle(t, name, map[string]any{"posts": list}, files)
	if n := p.holding(t, name).photos(); n != int64(photos) {
		t.Fatalf("%s has %d photos", name, n)
	}
}

// settle adds an account and reads an archive into it.
func (p *testPod) settle(t *testing.T, name string, user map[string]any, files []byte) {
	t.Helper()
	p.addAccount(t, name)
	user["username"], user["profile"] = name, entity("profile", map[string]any{"author": name + "@old.example", "first_name": name})
	archive, err := json.Marshal(map[string]any{"version": "2.0", "user": user})
	if err != nil {
		t.Fatal(err)
	}
	p.execute(t, "", "import", "--account", name, written(t, archive), written(t, files))
}

// belongings are posts as an archive has them, of which the first have a photo
// each, and a zip of these. What is not public is for a friend.
func belongings(t *testing.T, name string, posts, photos int, public func(i int) bool) (list []map[string]any, zipped []byte) {
	t.Helper()
	owner := name + "@old.example"
	var files bytes.Buffer
	out := zip.NewWriter(&files)
	for i := range posts {
		pictures := []any{}
		if i < photos {
			file := guid(name, "file", i)[:20] + ".png"
			f, err := out.Create(file)
			if err == nil {
				_, err = f.Write(picture(t, name, i))
			}
			if err != nil {
				t.Fatal(err)
			}
			pictures = append(pictures, entity("photo", map[string]any{
				"author": owner, "guid": guid(name, "photo", i), "public": public(i), "created_at": "2020-01-01T00:00:00Z", "text": "a square",
				"remote_photo_path": "https://old.example/uploads/images/", "remote_photo_name": file,
			}))
		}
		post := entity("status_message", map[string]any{
			"author": owner, "guid": guid(name, "post", i), "public": public(i), "created_at": fmt.Sprintf("2020-01-01T%02d:%02d:00Z", i/60, i%60),
			"text": fmt.Sprintf("%s wrote this as number %d.", name, i), "photos": pictures,
		})
		if !public(i) {
			post["subscribed_users_ids"] = []string{"friend@river.example"}
		}
		list = append(list, post)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return list, files.Bytes()
}

func entity(kind string, data map[string]any) map[string]any {
	return map[string]any{"entity_type": kind, "entity_data": data}
}

func guid(name, kind string, i int) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %s %d", name, kind, i)))[:32]
}

// picture is a square of a colour that no other picture has.
func picture(t *testing.T, name string, i int) []byte {
	t.Helper()
	hash := fnv.New32a()
	fmt.Fprint(hash, name, i)
	c := hash.Sum32()
	square := image.NewPaletted(image.Rect(0, 0, 64, 64), color.Palette{color.RGBA{byte(c), byte(c >> 8), byte(c >> 16), 255}})
	var out bytes.Buffer
	if err := png.Encode(&out, square); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// lose takes a photo's bytes away from a pod, as a damaged disk would, and
// answers how to put them back.
func (p *testPod) lose(t *testing.T, raw []byte) (found func()) {
	t.Helper()
	sum := fmt.Sprintf("%x", sha256.Sum256(raw))
	place, aside := filepath.Join(p.dir, "photos", sum[:2], sum), filepath.Join(t.TempDir(), sum)
	rename(t, place, aside)
	return func() { rename(t, aside, place) }
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// photos is how many photos an account has.
func (h holding) photos() int64 { return h.Items[transfer.Photos].Count }
