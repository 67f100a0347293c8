package locale

import (
	"fmt"
	"slices"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// A Key is an English sentence, as a format for fmt. "make generate" collects
// every Key in the program.
type Key string

// A Locale is one language.
type Locale struct {
	tag     language.Tag
	printer *message.Printer
}

// A Set is the languages that a pod speaks.
type Set struct {
	locales []*Locale // the first is for those who understand none of them
	matcher language.Matcher
}

// New reads the catalogues.
func New() (*Set, error) {
	catalogues, err := read()
	if err != nil {
		return nil, err
	}
	s := &Set{}
	for _, tag := range tags {
		s.locales = append(s.locales, &Locale{tag, message.NewPrinter(tag, message.Catalog(catalogues))})
	}
	s.matcher = language.NewMatcher(tags)
	return s, nil
}

// All are the languages, the default first.
func (s *Set) All() []*Locale { return slices.Clone(s.locales) }

// Match is the language that fits best what somebody prefers, in falling
// order: each is a tag such as "de", or an Accept-Language header.
func (s *Set) Match(preferred ...string) *Locale {
	_, i := language.MatchStrings(s.matcher, preferred...)
	return s.locales[i]
}

// Named is the language with exactly that tag.
func (s *Set) Named(tag string) (*Locale, bool) {
	i := slices.IndexFunc(s.locales, func(l *Locale) bool { return l.Tag() == tag })
	if i < 0 {
		return nil, false
	}
	return s.locales[i], true
}

// Tag is the language for <html lang>: "de".
func (l *Locale) Tag() string { return l.tag.String() }

// Name is what the language calls itself.
func (l *Locale) Name() string { return names[l.tag] }

// Dir is the direction it is read in, for <html dir>: "ltr" or "rtl".
func (l *Locale) Dir() string {
	if script, _ := l.tag.Script(); slices.Contains(rightToLeft, script.String()) {
		return "rtl"
	}
	return "ltr"
}

var rightToLeft = []string{"Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm"}

// Text is a sentence in the language. Integers among the arguments are written
// as the language writes them, and choose the plural form.
func (l *Locale) Text(key Key, args ...any) string {
	return l.printer.Sprintf(string(key), args...)
}

// Number is a whole number: 12,345 or 12.345.
func (l *Locale) Number(n int64) string { return l.printer.Sprint(number.Decimal(n)) }

// Bytes is a size in units that people know: 8.1 MB.
func (l *Locale) Bytes(n int64) string {
	size, unit := float64(n), "B"
	for _, larger := range []string{"kB", "MB", "GB", "TB"} {
		if size < 1000 {
			break
		}
		size, unit = size/1000, larger
	}
	digits := 1
	if unit == "B" || size >= 100 {
		digits = 0
	}
	return fmt.Sprintf("%s\u00a0%s", l.printer.Sprint(number.Decimal(size, number.MaxFractionDigits(digits))), unit)
}
