package web

import (
	"strings"
	"testing"

	"podmove/internal/pod"
)

func TestLetters(t *testing.T) {
	l, err := NewLetters("https://pod.example")
	must(t, err)
	of := func(language, kind, text string) Letter {
		t.Helper()
		letter, err := l.Of(pod.Account{Username: "aurora", Language: language}, pod.Event{Kind: kind, Subject: "a0b1", Text: text})
		must(t, err)
		return letter
	}
	t.Run("say what happened, to whom, and where to see it", func(t *testing.T) {
		letter := of("", "transfer-redirecting", "Everything is at <b>aurora@new.example.")
		wants(t, letter.Text, "Everything is at <b>aurora@new.example.", "https://pod.example/departures/a0b1", "aurora@pod.example", "If this was not you")
		wants(t, letter.HTML, "Everything is at &lt;b&gt;aurora@new.example.", `href="https://pod.example/departures/a0b1"`, "If this was not you")
		if letter.Subject != "pod.example: your account has moved" || letter.Language != "en" {
			t.Errorf("%q in %s", letter.Subject, letter.Language)
		}
	})
	t.Run("lead to the move where the account came here", func(t *testing.T) {
		letter := of("", "move-done", "It is done.")
		wants(t, letter.Text, "https://pod.example/moves/a0b1")
		if strings.Contains(letter.Text, "If this was not you") {
			t.Error("it alarms for nothing")
		}
	})
	t.Run("speak the language that the account chose", func(t *testing.T) {
		wants(t, of("de", "transfer-erased", "x").HTML, `lang="de" dir="ltr"`, "gelöscht")
		wants(t, of("ar", "transfer-erased", "x").HTML, `lang="ar" dir="rtl"`)
	})
	t.Run("ask nobody else for anything", func(t *testing.T) {
		if html := of("", "transfer-open", "x").HTML; strings.Contains(html, "src=") || strings.Contains(html, "url(") || strings.Contains(html, "<link") {
			t.Error(html)
		}
	})
	t.Run("have words for all that is announced", func(t *testing.T) {
		for kind := range news {
			if eventWords[kind] == "" || of("de", kind, "English").Subject == "" || strings.Contains(of("de", kind, "English").Text, "English") {
				t.Errorf("%s has none", kind)
			}
		}
	})
}
