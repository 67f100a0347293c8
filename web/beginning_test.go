package web

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"podmove/internal/store/storetest"
)

func TestBeginning(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want int // bytes shown
		more bool
	}{
		"leaves a short text as it is":        {strings.Repeat("a", longest), longest, false},
		"ends with a paragraph":               {strings.Repeat("a", 2_000) + "\n\n" + strings.Repeat("b ", 2_000), 2_000, true},
		"ends with a word where no paragraph": {strings.Repeat("abcd ", 2_000), 2_999, true},
		"cuts no character in two":            {"a" + strings.Repeat("é", 40_000), 2_999, true},
		"shows something of one long word":    {strings.Repeat("x", 65_535), longest, true},
		"does not end before there is much":   {"a\n\n" + strings.Repeat("x", 65_535), longest, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, more := beginning(tt.text)
			if len(got) != tt.want || more != tt.more || !utf8.ValidString(got) {
				t.Errorf("%d bytes, more: %v; want %d, %v", len(got), more, tt.want, tt.more)
			}
		})
	}
}

func TestLongPosts(t *testing.T) {
	l := lives(t, storetest.Open(t, storetest.SQLite))
	var last string
	for range 3 {
		last = l.send(t, "/posts", url.Values{"text": {strings.Repeat("☃ ", 30_000) + "the end"}, "audience": {"public"}})
	}
	t.Run("show their beginnings in a list", func(t *testing.T) {
		page := l.see(t, "/u/aurora")
		if len(page) > 100_000 || strings.Contains(page, "the end") || strings.Count(page, "Read the whole post") != 3 {
			t.Errorf("%d bytes, %d links", len(page), strings.Count(page, "Read the whole post"))
		}
	})
	t.Run("are whole on their own pages", func(t *testing.T) {
		if page := l.see(t, last); !strings.Contains(page, "the end") || strings.Contains(page, "Read the whole post") {
			t.Error("something is missing")
		}
	})
}
