package main

import (
	"net/http"
	"sync"
	"testing"

	"github.com/gin-gonic/gin"

	"podmove/internal/browser"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/internal/store/storetest"
	"podmove/web"
)

// noPages are routes that show nothing of their own to people, and why.
var noPages = map[string]string{
	"/oauth/authorize":      "it leads on to the page of its interaction",
	"/oauth/callback":       "it leads on to the move's page",
	"/moves/:id/events":     "a stream for the move's page",
	"/moves/:id/items.csv":  "a file to download",
	"/moves/:id/items.json": "a file to download",
	"/public/:feed":         "a feed",
	"/settings/download":    "a file to download",

	"/settings/two-step/picture": "a picture on the page beside it",
	"/uploads/images/:file":      "a photo",
}

// TestPages is a tour of all pages.
func TestPages(t *testing.T) {
	t.Parallel()
	from := newQuickPod(t, storetest.SQLite, "PODMOVE_PAGE_ITEMS=100", "PODMOVE_NOTICE=1s", "PODMOVE_ADMIN_CONTACT=podmin@old.example", "PODMOVE_SUGGESTED_PODS=new.example")
	to := newQuickPod(t, storetest.SQLite)
	facts := makeAccount(t, "aurora", 1)
	from.addAccount(t, "aurora")
	from.execute(t, "", "import", "--account", "aurora", facts.Archive, facts.Photos)
	from.album(t, "ada", 3, 1)
	from.album(t, "eva", 3, 1)
	from.addAccount(t, "boss", "--admin")
	goOn := behind(t, from).halt(t)
	start(t, from, to)
	var seen sync.Map
	t.Run("tour", func(t *testing.T) {
		tour := func(what, name string, guide func(gallery)) {
			t.Run(what, func(t *testing.T) { // not in parallel: it would wait behind all other tests
				guide(gallery{visit(t, browser.View{}, name, from, to), t, &seen})
			})
		}
		tour("of what everybody sees, and of posts, people and settings", "ada", athome)
		tour("of a move, and of one in trouble", "aurora", func(g gallery) {
			underway(g, facts.Photos, goOn)
			trouble(gallery{visit(g.t, browser.View{}, "eva", from, to), g.t, &seen})
		})
	})
	for _, route := range routes() {
		if _, looked := seen.Load(route); looked == (noPages[route] != "") {
			t.Errorf("the tour went to %s: %v; and it is no page: %q", route, looked, noPages[route])
		}
	}
}

// routes are those of all pages.
func routes() (list []string) {
	web.Quiet()
	engine := gin.New()
	for _, group := range (&podServer{ground: &ground{}}).groups(nil, rooms{author: &pod.Author{Shelves: &store.Store{}}}, pod.Window{}, nil) {
		group.Mount(engine)
	}
	for _, route := range engine.Routes() {
		if route.Method == http.MethodGet {
			list = append(list, route.Path)
		}
	}
	return list
}
