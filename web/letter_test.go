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
		wants(t, letter.HTML, "undo it on the page", "sign in, undo it")
	})
	t.Run("speak the language that the account chose", func(t *testing.T) {
		wants(t, of("de", "transfer-erased", "x").HTML, `lang="de" dir="ltr"`, "gelöscht")
		letter := of("ar", "transfer-erased", "x")
		wants(t, letter.HTML, `<html lang="ar" dir="rtl">`, `<div lang="ar" dir="rtl"`, "\u2068aurora@pod.example\u2069")
		wants(t, letter.Subject, "\u2068pod.example\u2069")
	})
	t.Run("ask nobody else for anything", func(t *testing.T) {
		if html := of("", "transfer-open", "x").HTML; strings.Contains(html, "src=") || strings.Contains(html, "url(") || strings.Contains(html, "<link") {
			t.Error(html)
		}
	})
	t.Run("quote no other pod", func(t *testing.T) {
		letter := of("", "move-needs-attention", "The move stopped: the old pod says: sign in at http://evil.example.")
		wants(t, letter.Text, "The move needs your attention.")
		if strings.Contains(letter.Text+letter.HTML, "evil") {
			t.Error(letter.Text)
		}
	})
	t.Run("have words for all that is announced", func(t *testing.T) {
		for kind := range news {
			if n := news[kind]; n.next == "" || n.alarm == "" || eventWords[kind] == "" || of("de", kind, "English").Subject == "" || strings.Contains(of("de", kind, "English").Text, "English") {
				t.Errorf("%s has none", kind)
			}
		}
	})
}
