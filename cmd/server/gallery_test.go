package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"podmove/internal/browser"
)

// screenshots, set in the environment, names the directory that gets new
// pictures of the main pages.
const screenshots = "PODMOVE_SCREENSHOTS"

// maxPage is the most bytes of a page with its style and script, but without
// photos: a second or so on a slow phone.
const maxPage = 100 << 10

// A gallery is a visitor who looks at each page in several ways: by day and by
// night, on a phone and on a desk, in each language.
type gallery struct {
	visitor
	t    *testing.T
	seen *sync.Map // routes
}

// look looks at the page where the visitor is, which a route shows. On it
// axe-core finds nothing, nothing scrolls sideways, and little is to be loaded.
// The longest words, and the other direction, are looked at where there is least
// room.
func (g gallery) look(route string) {
	g.t.Helper()
	g.seen.Store(route, true)
	address := g.Address().String()
	desk, phone := browser.View{}, browser.Phone()
	for language, views := range map[string][]browser.View{
		"en": {desk, phone, night(desk)}, "de": {night(phone)}, "ar": {phone},
	} {
		g.Look(browser.View{Language: language})
		g.Visit(address)
		g.judge(language, views...)
	}
	g.Look(desk)
	g.Visit(address)
}

func night(v browser.View) browser.View {
	v.Dark = true
	return v
}

// judge looks at a page without going to it again: it may be the answer to a
// form.
func (g gallery) judge(language string, views ...browser.View) {
	g.t.Helper()
	if w := g.Weight(); w > maxPage {
		g.t.Errorf("%s has %d bytes", g.Address(), w)
	}
	for _, view := range views {
		view.Language = language
		g.Look(view)
		how := fmt.Sprintf("%s as %+v", g.Address(), view)
		for _, finding := range g.Audit() {
			g.t.Errorf("%s: %s", how, finding)
		}
		g.fits(how)
	}
	g.Look(browser.View{})
}

// answer judges the answer to a form.
func (g gallery) answer() {
	g.t.Helper()
	g.judge("en", browser.View{}, night(browser.Phone()))
}

func (g gallery) fits(how string) {
	g.t.Helper()
	if wide := g.Sideways(); wide != "" {
		g.t.Errorf("%s scrolls sideways:\n%s", how, wide)
	}
}

// shoot takes a picture of the page on a desk and one on a phone.
func (g gallery) shoot(name string) {
	g.t.Helper()
	dir := os.Getenv(screenshots)
	if dir == "" {
		dir = g.t.TempDir()
	} else {
		dir = filepath.Join("../..", dir) // go test runs here
	}
	for suffix, view := range map[string]browser.View{"": {Width: 1000, Height: 700}, "-phone": {Width: 390, Height: 844}} {
		g.Look(view)
		file := filepath.Join(dir, name+suffix+".png")
		g.Screenshot(file)
		if info, err := os.Stat(file); err != nil || info.Size() > 200<<10 {
			g.t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	g.Look(browser.View{})
}
