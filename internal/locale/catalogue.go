package locale

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message/catalog"
)

// tags are the languages, of each of which there is a catalogue. The first is
// the one that keys are in.
var tags = []language.Tag{language.English, language.German, language.Arabic}

// names are what the languages call themselves.
var names = map[language.Tag]string{
	language.English: "English",
	language.German:  "Deutsch",
	language.Arabic:  "العربية",
}

//go:embed catalogue/*.json
var files embed.FS

// A Message is a sentence in one language: one text, or one for each plural
// form of the first argument ("one", "other" and what else the language has).
type Message struct {
	Text  string
	Forms map[string]string
}

// UnmarshalJSON reads a string or an object of plural forms.
func (m *Message) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '{' {
		return json.Unmarshal(raw, &m.Forms)
	}
	return json.Unmarshal(raw, &m.Text)
}

// MarshalJSON is the reverse of UnmarshalJSON.
func (m Message) MarshalJSON() ([]byte, error) {
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	var err error
	if m.Forms != nil {
		err = enc.Encode(m.Forms)
	} else {
		err = enc.Encode(m.Text)
	}
	return raw.Bytes(), err
}

// ReadCatalogue is what a language says for each key.
func ReadCatalogue(tag string) (map[Key]Message, error) {
	raw, err := files.ReadFile("catalogue/" + tag + ".json")
	if err != nil {
		return nil, err
	}
	var messages map[Key]Message
	if err := json.Unmarshal(raw, &messages); err != nil {
		return nil, fmt.Errorf("locale: the catalogue %s: %w", tag, err)
	}
	return messages, nil
}

func read() (catalog.Catalog, error) {
	all := catalog.NewBuilder(catalog.Fallback(tags[0]))
	for _, tag := range tags {
		messages, err := ReadCatalogue(tag.String())
		if err != nil {
			return nil, err
		}
		for key, m := range messages {
			if err := m.set(all, tag, key); err != nil {
				return nil, fmt.Errorf("locale: the catalogue %s, %q: %w", tag, key, err)
			}
		}
	}
	return all, nil
}

func (m Message) set(all *catalog.Builder, tag language.Tag, key Key) error {
	if m.Forms == nil {
		return all.SetString(tag, string(key), m.Text)
	}
	var cases []any
	for _, form := range []string{"=0", "zero", "one", "two", "few", "many", "other"} {
		if text, ok := m.Forms[form]; ok {
			cases = append(cases, form, text)
		}
	}
	return all.Set(tag, string(key), plural.Selectf(1, "%d", cases...))
}
