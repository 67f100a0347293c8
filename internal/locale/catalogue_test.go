package locale_test

import (
	"regexp"
	"slices"
	"testing"

	"podmove/internal/locale"
)

// verb is a place in a format: %s, %[2]d.
var verb = regexp.MustCompile(`%(\[\d+\])?[a-z%]`)

func verbs(text string) []string {
	list := verb.FindAllString(text, -1)
	slices.Sort(list)
	return list
}

func TestCatalogues(t *testing.T) {
	t.Parallel()
	english, err := locale.ReadCatalogue("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"en", "de", "ar"} {
		messages, err := locale.ReadCatalogue(tag)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(tag+" says everything", func(t *testing.T) {
			t.Parallel()
			for key := range english {
				if m := messages[key]; m.Text == "" && m.Forms["other"] == "" {
					t.Errorf("%q is missing", key)
				}
			}
		})
		t.Run(tag+" says nothing that nobody asks for", func(t *testing.T) {
			t.Parallel()
			for key := range messages {
				if _, ok := english[key]; !ok {
					t.Errorf("%q is left over", key)
				}
			}
		})
		t.Run(tag+" has a place for each argument", func(t *testing.T) {
			t.Parallel()
			for key, m := range messages {
				if m.Text != "" && !slices.Equal(verbs(m.Text), verbs(string(key))) {
					t.Errorf("%q became %q", key, m.Text)
				}
			}
		})
	}
}
