package main

import (
	"archive/zip"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"podmove/internal/browser"
	"podmove/internal/demo"
)

// athome is what people do at a pod who do not move.
func athome(g gallery) {
	at := g.from.URL
	g.Visit(at)
	g.look("/")
	g.Visit(at + "/nothing-is-here")
	g.answer()
	g.Visit(at + "/sign-up")
	g.look("/sign-up")
	g.Fill("Username", g.name)
	g.Fill("E-mail address", "other@mail.example")
	g.Fill("Password", demo.Password)
	g.Click("Make the account")
	g.See("is taken")
	g.answer()
	g.Visit(at + "/sign-in")
	g.look("/sign-in")
	g.Fill("Username", g.name)
	g.Fill("Password", "another one")
	g.Click("Sign in")
	g.See("do not belong together")
	g.answer()
	g.signIn()
	posts(g)
	people(g)
	g.Click("Settings")
	g.look("/settings")
	g.Click("Edit the profile")
	g.look("/settings/profile")
	g.Visit(at + "/settings/activity")
	g.See("The account was made.")
	g.look("/settings/activity")
	g.Visit(at + "/settings/close")
	g.look("/settings/close")
	twoSteps(g)
	podmin(g)
}

// podmin is what those see who look after the pod.
func podmin(g gallery) {
	g.Click("Sign out")
	g.Visit(g.from.URL + "/sign-in?next=/admin/audit")
	g.name = "boss"
	g.signIn()
	g.See("What was done on this pod", "key-added", "sign-in-failed")
	g.look("/admin/audit")
	g.Fill("Only about the account", "nobody")
	g.Click("Show")
	g.See("Nobody here has this username.")
	g.answer()
	g.Visit(g.from.URL + "/admin/departures")
	g.See("None waits.")
	g.answer()
	g.from.forge(g.t, `INSERT INTO transfers (id, account_id, grant_id, client, nonce, purpose, collections, limited, destination, state, plan, reason, waits_at, created_at, used_at, redirect_at, asked_at)
		SELECT 'waits', id, '', 'https://new.example/oauth/client.json', '', 'move', '', TRUE, 'ada@new.example', 'erasing', '{}', 'holdings-absent', 1790000000000, 1, 1, 1780000000000, 1790000000000 FROM accounts WHERE username = 'ada'`)
	g.Visit(g.from.URL + "/admin/departures")
	g.See("ada@new.example", "does not hold everything that it took")
	g.look("/admin/departures")
	g.from.forge(g.t, "DELETE FROM transfers WHERE id = 'waits'")
}

// twoSteps sets two-step sign-in up, and signs in with a recovery code: the
// authenticator's was taken just now.
func twoSteps(g gallery) {
	g.Visit(g.from.URL + "/settings")
	g.Click("Two-step sign-in")
	g.look("/settings/two-step")
	g.Click("Set it up")
	g.look("/settings/two-step/set-up")
	g.Fill("The code that it shows now", "000000")
	g.Click("Switch it on")
	g.See("This code is not right")
	g.answer()
	g.Fill("The code that it shows now", g.authenticator())
	g.Click("Switch it on")
	g.See("Recovery codes")
	g.answer()
	code := g.Read(".codes code")
	g.Click("I have them")
	g.look("/settings/two-step")
	g.Click("Sign out")
	g.Visit(g.from.URL + "/sign-in?next=/settings")
	g.signIn()
	g.look("/sign-in/code")
	g.Fill("Code", "000000")
	g.Click("Go on")
	g.See("This code is not right")
	g.answer()
	g.Fill("Code", code)
	g.Click("Go on")
	g.See("A recovery code was used to sign in; 9 are left.")
}

// authenticator is the code for the secret on the page.
func (g gallery) authenticator() string {
	g.t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(g.Read("main code"), " ", ""), time.Now())
	if err != nil {
		g.t.Fatal(err)
	}
	return code
}

func posts(g gallery) {
	g.Click("Write a post")
	g.look("/posts/new")
	g.Fill("Text", "A *walk* in the rain. #cycling\n\n> It stopped later.")
	g.Attach("Add photos", written(g.t, picture(g.t, g.name, 99)))
	g.Click("Preview")
	g.See("A walk in the rain.", "Photos of this post")
	g.answer()
	g.Click("Publish")
	g.See("A walk in the rain.")
	g.look("/posts/:key")
	short := g.Address()
	var post struct {
		ID     int64 `json:"id"`
		Author struct {
			GUID string `json:"guid"`
		} `json:"author"`
	}
	page := peek(g.t, short.String()+".json")
	if err := json.Unmarshal(page.Body, &post); err != nil || post.ID == 0 || post.Author.GUID == "" {
		g.t.Fatalf("%s: %v", page.Body, err)
	}
	g.Click("Edit")
	g.look("/posts/:key/edit")
	g.Visit(short.String() + "/delete")
	g.look("/posts/:key/delete")
	g.Visit(fmt.Sprintf("%s/p/%d", g.from.URL, post.ID))
	g.look("/p/:key")
	g.Visit(g.from.URL + "/people/" + post.Author.GUID)
	g.look("/people/:guid")
	g.Click("Profile")
	g.look("/u/:username")
	g.Click("Photos")
	g.look("/photos")
	g.Click("Delete")
	g.look("/photos/:guid/delete")
}

func people(g gallery) {
	g.Click("Contacts")
	g.Fill("New aspect", "Friends & <family>")
	g.Click("Make")
	g.Fill("Their ID", "friend@river.example")
	g.Tick("Friends & <family>")
	g.Click("Add")
	g.Fill("Block somebody", "troll@bad.example")
	g.Click("Block")
	g.See("friend@river.example", "troll@bad.example")
	g.look("/contacts")
	g.Click("friend@river.example")
	g.look("/contacts/:guid")
	g.Click("All contacts")
	g.Click("Delete")
	g.look("/aspects/:guid/delete")
}

// underway is a move, with a page for each of its states. The old pod gives the
// rest once it may go on.
func underway(g gallery, photos string, goOn func()) {
	g.Visit(g.from.URL + "/sign-in")
	g.signIn()
	g.Visit(g.from.URL + "/departures")
	g.shoot("1-leave")
	g.look("/departures")
	g.Fill("Address of the new pod", g.to.Host())
	g.Click("Go on")
	g.See("Go on at your new pod")
	g.answer()
	g.Visit(g.to.URL + "/sign-up?next=/move")
	g.signUp()
	g.look("/move")
	g.Fill("Your old ID", g.oldID())
	g.Click("Go on")
	g.look("/moves/:id")
	move := g.Address().String()
	g.Click("Check first")
	g.See("What the old pod tells everybody", "The clock of "+g.from.Host()+" goes as ours.")
	g.answer()
	g.Click("Go to " + g.from.Host() + " and agree")
	g.See("Is it you?")
	g.answer()
	g.Fill("Password", demo.Password)
	g.Click("Sign in")
	g.shoot("2-consent")
	g.look("/oauth/interactions/:id")
	g.allow()
	g.See("Copying", "100 of 300")
	g.shoot("3-progress")
	g.look("/moves/:id")
	g.departure()
	g.See("Being copied")
	g.look("/departures/:id")
	g.Visit(g.from.URL + "/settings/apps")
	g.See(g.to.Host(), g.newID(), "stops at once")
	g.look("/settings/apps")
	still(g)
	goOn()
	g.Visit(move)
	g.See("Everything arrived.")
	g.shoot("4-arrived")
	g.look("/moves/:id")
	g.Visit(move + "/items")
	g.look("/moves/:id/items")
	g.Visit(g.to.URL + "/move")
	g.look("/move")
	g.departure()
	g.See("Moved: old links lead to the new pod")
	g.shoot("5-moved-away")
	g.look("/departures/:id")
	onward(g)
	for _, page := range []string{"/", "/photos", "/departures", "/settings"} {
		g.Visit(g.from.URL + page)
		g.See("Sign out")
		g.look(page)
	}
	g.departure()
	g.Click("Erase the old copies now")
	g.See("Moved: the old copies are erased")
	g.look("/departures/:id")
	profile(g, photos)
}

// still is what somebody reads who writes while the account stands still, which
// a move is too quick to show.
func still(g gallery) {
	now := time.Now().UnixMilli()
	g.from.forge(g.t, fmt.Sprintf("UPDATE transfers SET state = 'frozen', froze = '%d', thaws_at = %d", now, now+time.Hour.Milliseconds()))
	g.Visit(g.from.URL + "/posts/new")
	g.Fill("Text", "Just one more.")
	g.Click("Publish")
	g.See("Your account is being moved")
	g.answer()
	g.departure()
	g.See("The new pod reads the last changes.")
	g.look("/departures/:id")
	g.from.forge(g.t, "UPDATE transfers SET state = 'copying', froze = '', thaws_at = 0")
}

// onward is what a person reads who went on from the new pod to a third one.
func onward(g gallery) {
	g.from.forge(g.t, `INSERT INTO transfer_onward (transfer_id, account, origin, profile, feed, named_at)
		SELECT id, 'aurora@third.example', 'https://third.example', 'https://third.example/people/1', 'https://third.example/public/aurora.atom', 1 FROM transfers`)
	g.departure()
	g.See("You moved on", "Old links here still lead to "+g.to.Host())
	g.look("/departures/:id")
	g.from.forge(g.t, "DELETE FROM transfer_onward")
}

// profile is what the person has at the new pod, down to the oldest post.
func profile(g gallery, photos string) {
	g.Visit(g.to.URL + "/posts/new")
	g.Fill("Text", "Here I am, with *everything* I had. #cycling")
	g.Attach("Add photos", written(g.t, largest(g.t, photos)))
	g.Click("Publish")
	g.Click("Profile")
	g.shoot("6-profile")
	g.look("/u/:username")
	g.Look(browser.Phone())
	for g.Offers("Older posts") {
		g.Click("Older posts")
		g.fits(g.Address().String())
	}
}

// trouble is a move to which a photo is missing, and which goes on without it.
func trouble(g gallery) {
	g.from.lose(g.t, picture(g.t, g.name, 0))
	g.bring()
	g.consent()
	g.allow()
	g.See("What did not arrive", "Try these again")
	g.look("/moves/:id")
	move := g.Address().String()
	g.Click("Go on without these, at " + g.from.Host())
	g.See("Go on without them")
	g.look("/departures/:id")
	g.Click("Go on without them")
	g.look("/departures/:id")
	later(g, move)
}

// later tries again what a move has left, once it is done.
func later(g gallery, move string) {
	g.Visit(move)
	if g.Offers("Go on without these, at " + g.from.Host()) { // else it has looked again by itself already
		g.Click("Try these again")
	}
	g.See("1 thing did not arrive.")
	g.Visit(move)
	g.See("asks you for your consent once more")
	g.look("/moves/:id")
	g.Click("Try these again")
	g.See("This completes an earlier move:")
	g.look("/moves/:id")
	g.Click("Go to " + g.from.Host() + " and agree")
	g.See("Is it you?")
	g.Fill("Password", demo.Password)
	g.Click("Sign in")
	g.See("Try again what did not arrive?")
	g.look("/oauth/interactions/:id")
	g.Click("Let " + g.to.Host() + " try again")
	g.See("What did not arrive", "the photo’s file is missing at the old pod")
	g.Visit(move)
	g.See("Tried again")
	g.look("/moves/:id")
}

// largest is the largest file in a zip.
func largest(t *testing.T, name string) []byte {
	t.Helper()
	r, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := slices.MaxFunc(r.File, func(a, b *zip.File) int { return cmp.Compare(a.UncompressedSize64, b.UncompressedSize64) }).Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
