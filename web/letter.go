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

// letter is what letters/news.html shows.
type letter struct {
	Lang  *locale.Locale
	Said  string // what happened
	Next  string // what can be done now
	Alarm string // what to do if it was somebody else
	ID    string // the account
	Link  string
	Host  string
}

// Of is the letter about an event, in the language that the account chose.
func (l *Letters) Of(a pod.Account, e pod.Event) (Letter, error) {
	tongue, n := l.languages.Match(a.Language), news[e.Kind]
	v := letter{
		Lang: tongue, Said: mailed(tongue, e), Next: tongue.Text(n.next), Alarm: tongue.Text(n.alarm),
		ID: a.Username + "@" + l.host, Link: l.origin + pathOfEvent(e), Host: l.host,
	}
	var html bytes.Buffer
	err := l.pages[tongue].Execute(&html, v)
	return Letter{
		Language: tongue.Tag(), Subject: tongue.Text(n.subject, aside(tongue, l.host)), Text: v.text(), HTML: html.String(),
	}, err
}

// pathOfEvent is the page that says more.
func pathOfEvent(e pod.Event) string {
	if e.Subject == "" { // it is about the account itself
		return "/settings"
	}
	if strings.HasPrefix(e.Kind, "move-") {
		return "/moves/" + e.Subject
	}
	return DeparturePath + e.Subject
}

// How letters go on after what happened.
var (
	letterLink = locale.Key("How it stands:")
	letterWhy  = locale.Key("You get this because it is, or was until lately, the e-mail address of %s.")
)

// LinkWords stand before the link.
func (v letter) LinkWords() string { return v.Lang.Text(letterLink) }

// Why is why the letter came.
func (v letter) Why() string { return v.Lang.Text(letterWhy, aside(v.Lang, v.ID)) }

// text is the letter without HTML.
func (v letter) text() string {
	return strings.Join([]string{v.Said, "", v.Next, "", v.LinkWords(), v.Link, "", v.Alarm, "", "-- ", v.Host, v.Why(), ""}, "\n")
}

// aside keeps a name's direction to itself in a sentence that runs from right to
// left: by Unicode's isolates, which a subject and plain text can hold as well.
func aside(l *locale.Locale, name string) string {
	if l.Dir() == "ltr" {
		return name
	}
	return "\u2068" + name + "\u2069"
}
