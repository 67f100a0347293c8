package locale_test

import (
	"testing"
	"time"

	"podmove/internal/locale"
)

func speak(t *testing.T, tag string) *locale.Locale {
	t.Helper()
	set, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	l, ok := set.Named(tag)
	if !ok {
		t.Fatalf("there is no language %q", tag)
	}
	return l
}

func TestLocale(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.March, 1, 14, 5, 9, 0, time.FixedZone("", 3600))
	for _, c := range []struct{ name, tag, got, want string }{
		{"numbers are grouped as in English", "en", speak(t, "en").Number(1234567), "1,234,567"},
		{"numbers are grouped as in German", "de", speak(t, "de").Number(1234567), "1.234.567"},
		{"a moment in English", "en", speak(t, "en").Moment(at), "1 March 2026, 13:05 UTC"},
		{"a moment in German", "de", speak(t, "de").Moment(at), "1. März 2026, 13:05 Uhr (UTC)"},
		{"sizes below a kilobyte", "en", speak(t, "en").Bytes(999), "999\u00a0B"},
		{"sizes in German have a comma", "de", speak(t, "de").Bytes(8_123_000), "8,1\u00a0MB"},
		{"large sizes have no decimals", "en", speak(t, "en").Bytes(123_456_789_000), "123\u00a0GB"},
		{"one of something", "en", speak(t, "en").Span(24 * time.Hour * 1), "24 hours"},
		{"some of something", "de", speak(t, "de").Span(72 * time.Hour), "3 Tage"},
		{"Arabic has a dual", "ar", speak(t, "ar").Span(2 * time.Minute), "دقيقتان"},
		{"a sentence that nobody translated comes in English", "de", speak(t, "de").Text("Nobody says this"), "Nobody says this"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.got != c.want {
				t.Errorf("%s: got %q, want %q", c.tag, c.got, c.want)
			}
		})
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	set, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		preferred []string
		want, dir string
	}{
		{"a browser's header decides", []string{"", "fr;q=0.9, de-AT;q=0.8, en;q=0.1"}, "de", "ltr"},
		{"what the person chose goes before the header", []string{"ar", "de"}, "ar", "rtl"},
		{"who speaks none of them gets English", []string{"", "xx"}, "en", "ltr"},
		{"no header is English", []string{"", ""}, "en", "ltr"},
		{"rubbish is English", []string{"", "\x00;;q=,,,"}, "en", "ltr"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := set.Match(c.preferred...)
			if l.Tag() != c.want || l.Dir() != c.dir {
				t.Errorf("got %s, %s; want %s, %s", l.Tag(), l.Dir(), c.want, c.dir)
			}
		})
	}
}
