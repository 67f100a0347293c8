package web

import (
	"bytes"
	"embed"
	"html/template"
	"strings"

	"podmove/internal/locale"
	"podmove/internal/pod"
)

//go:embed letters/news.html
var letters embed.FS

// Letters put what happened to an account into words for e-mail: the same words
// as on its pages.
type Letters struct {
	origin    string
	host      string
	languages *locale.Set
	pages     map[*locale.Locale]*template.Template
}

// A Letter is what an e-mail says. Text and HTML say the same.
type Letter struct {
	Language string // a tag such as "de"
	Subject  string
	Text     string
	HTML     string
}

// NewLetters reads the template. Origin is the pod's public URL.
func NewLetters(origin string) (*Letters, error) {
	languages, err := locale.New()
	if err != nil {
		return nil, err
	}
	l := &Letters{origin: origin, host: pod.Host(origin), languages: languages, pages: map[*locale.Locale]*template.Template{}}
	for _, tongue := range languages.All() {
		l.pages[tongue], err = template.New("news.html").Funcs(functions(tongue)).ParseFS(letters, "letters/news.html")
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// news are the events that are announced by e-mail (Protocol §7.5), with their
// subjects.
var news = map[string]locale.Key{
	"transfer-open":        locale.Key("%s: another pod may read your account"),
	"transfer-redirecting": locale.Key("%s: your account has moved"),
	"erasing-in-7-days":    locale.Key("%s: in seven days the old copies are erased"),
	"erasing-in-1-day":     locale.Key("%s: in a day the old copies are erased"),
	"transfer-erase-now":   locale.Key("%s: the old copies are to be erased without waiting"),
	"transfer-erased":      locale.Key("%s: the old copies are erased"),
	"transfer-undone":      locale.Key("%s: the move of your account was undone"),
	"transfer-waiting":     locale.Key("%s: erasing waits"),
	"move-done":            locale.Key("%s: your account is here"),
	"move-needs-attention": locale.Key("%s: your move needs your attention"),
	"move-cancelled":       locale.Key("%s: your move was cancelled"),
	"move-undone":          locale.Key("%s: your move was undone"),
}

// IsNews reports whether events of a kind are announced by e-mail.
func IsNews(kind string) bool { return news[kind] != "" }

// alarming are the news that somebody must hear whose account another has.
var alarming = map[string]bool{
	"transfer-open": true, "transfer-redirecting": true, "erasing-in-7-days": true, "erasing-in-1-day": true, "transfer-erase-now": true,
}

// letter is what letters/news.html shows.
type letter struct {
	Lang     *locale.Locale
	Said     string // what happened
	ID       string // the account
	Link     string
	Alarming bool
	Host     string
}

// Of is the letter about an event, in the language that the account chose.
func (l *Letters) Of(a pod.Account, e pod.Event) (Letter, error) {
	tongue := l.languages.Match(a.Language)
	v := letter{
		Lang: tongue, Said: spoken(tongue, e), ID: a.Username + "@" + l.host,
		Link: l.origin + pathOfEvent(e), Alarming: alarming[e.Kind], Host: l.host,
	}
	var html bytes.Buffer
	err := l.pages[tongue].Execute(&html, v)
	return Letter{
		Language: tongue.Tag(), Subject: tongue.Text(news[e.Kind], l.host), Text: v.text(), HTML: html.String(),
	}, err
}

// pathOfEvent is the page that says more.
func pathOfEvent(e pod.Event) string {
	if strings.HasPrefix(e.Kind, "move-") {
		return "/moves/" + e.Subject
	}
	return DeparturePath + e.Subject
}

// How letters go on after what happened.
var (
	letterLink  = locale.Key("How it stands, and what you can do now:")
	letterAlarm = locale.Key("If this was not you: sign in, cancel or undo it there, and change your password.")
	letterWhy   = locale.Key("You get this because it is, or was until lately, the e-mail address of %s.")
)

// LinkWords stand before the link.
func (v letter) LinkWords() string { return v.Lang.Text(letterLink) }

// Alarm is what to do if it was somebody else.
func (v letter) Alarm() string { return v.Lang.Text(letterAlarm) }

// Why is why the letter came.
func (v letter) Why() string { return v.Lang.Text(letterWhy, v.ID) }

// text is the letter without HTML.
func (v letter) text() string {
	lines := []string{v.Said, "", v.LinkWords(), v.Link, ""}
	if v.Alarming {
		lines = append(lines, v.Alarm(), "")
	}
	return strings.Join(append(lines, "-- ", v.Host, v.Why(), ""), "\n")
}
