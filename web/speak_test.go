package web

import "testing"

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"both are here":                 "Both are here.",
		"Both are here.":                "Both are here.",
		"is it there?":                  "Is it there?",
		"été":                           "Été.",
		"aurora@old.example leads here": "aurora@old.example leads here.",
		"new.example is no pod":         "new.example is no pod.",
		`"x" is not an ID`:              `"x" is not an ID.`,
	} {
		if got := sentence(text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
