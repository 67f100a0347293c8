package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/internal/pod"
	"podmove/transfer"
)

// Locale is the language of a page: the one that the person chose, else what
// the browser prefers.
func (s *Site) Locale(c *gin.Context) *locale.Locale {
	if a, ok := s.Account(c); ok {
		if l, ok := s.speaks.Named(a.Language); ok {
			return l
		}
	}
	return s.prefers(c.Request)
}

// prefers is the language that a browser asks for (RFC 9110 §12.5.4).
func (s *Site) prefers(r *http.Request) *locale.Locale {
	return s.speaks.Match(r.Header.Get("Accept-Language"))
}

// say is a sentence in the language of the page.
func (s *Site) say(c *gin.Context, key locale.Key, args ...any) string {
	return s.Locale(c).Text(key, args...)
}

// functions are what every template may call.
func functions(l *locale.Locale) template.FuncMap {
	return template.FuncMap{
		"t":    func(key any, args ...any) string { return l.Text(locale.Key(fmt.Sprint(key)), args...) },
		"th":   func(key any, args ...any) template.HTML { return markedUp(l, locale.Key(fmt.Sprint(key)), args) },
		"day":  func(at time.Time) string { return l.Moment(at) },
		"date": func(at time.Time) string { return l.Date(at) },
		// when is a moment as programs and people read it.
		"when": func(at time.Time) template.HTML {
			stamp := at.UTC().Format(time.RFC3339)
			return template.HTML(fmt.Sprintf(`<time datetime="%s">%s</time>`, stamp, template.HTMLEscapeString(l.Moment(at))))
		},
		"stamp":  func(at time.Time) string { return at.UTC().Format(time.RFC3339) },
		"number": l.Number,
		"bytes":  l.Bytes,
		"span":   l.Span,
		"took":   l.Seconds,
		"spoken": func(e pod.Event) string { return spoken(l, e) },
		"link":   func(address, text string) template.HTML { return anchor(address, text, "") },
		"out":    func(address, text string) template.HTML { return anchor(address, text, "nofollow noopener noreferrer") },
	}
}

// anchor is a link inside a sentence. An address that is no path here and not
// http is left out.
func anchor(address, text, rel string) template.HTML {
	shown := "<bdi>" + template.HTMLEscapeString(text) + "</bdi>"
	if !strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		return template.HTML(shown)
	}
	if rel != "" {
		rel = ` rel="` + rel + `"`
	}
	return template.HTML(`<a href="` + template.HTMLEscapeString(address) + `"` + rel + `>` + shown + `</a>`)
}

// markedUp is a sentence that holds elements. Its arguments are text: they are
// escaped, and keep their direction to themselves.
func markedUp(l *locale.Locale, key locale.Key, args []any) template.HTML {
	safe := make([]any, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			safe[i] = "<bdi>" + template.HTMLEscapeString(arg) + "</bdi>"
		default:
			safe[i] = arg
		}
	}
	return template.HTML(l.Text(key, safe...))
}

// words are what an error tells a person: in English what it says itself, in
// other languages what its code means; among those, what is given for a place
// where it means something else than in most.
func (s *Site) words(c *gin.Context, err error, here ...map[transfer.Code]locale.Key) string {
	if refusal, ok := errors.AsType[pod.Refusal](err); ok {
		return s.say(c, locale.Key(refusal.Message))
	}
	e, ok := errors.AsType[*transfer.Error](err)
	if !ok {
		return s.say(c, oops)
	}
	return s.coded(c, e.Code, e.Message, here...)
}

// coded is a sentence that came with a code. It is in English; other languages
// have one for each code, and may have another one for a place.
func (s *Site) coded(c *gin.Context, code transfer.Code, english string, here ...map[transfer.Code]locale.Key) string {
	l := s.Locale(c)
	for _, words := range here {
		if key, ok := words[code]; ok && l.Tag() != "en" {
			return l.Text(key)
		}
	}
	if key, ok := codeWords[code]; ok && (english == "" || l.Tag() != "en") {
		return l.Text(key)
	}
	return sentence(english)
}

// sentence begins with a capital and ends with a stop, which the message of an
// error does not. A name at the beginning stays as it is.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	first, _, _ := strings.Cut(text, " ")
	if r, size := utf8.DecodeRuneInString(text); !strings.ContainsAny(first, "@.:/") {
		text = string(unicode.ToUpper(r)) + text[size:]
	}
	if !strings.ContainsAny(text[len(text)-1:], ".!?") {
		text += "."
	}
	return text
}
