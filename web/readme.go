package web

import (
	"strings"
	"time"

	"podmove/internal/locale"
	"podmove/transfer"
	"podmove/transfer/archive"
)

// lackWords are why something could not be put in.
var lackWords = map[transfer.Code]locale.Key{
	transfer.ContentMissing: locale.Key("its file is missing"),
	transfer.ContentDiffers: locale.Key("its file is damaged"),
	transfer.TextInvalid:    locale.Key("its text holds a character that cannot be stored"),
	transfer.TooLarge:       locale.Key("it is too large"),
}

// A readme is the text that goes with a download, in the person's language.
type readme struct {
	lang *locale.Locale
	id   string
	file string
	at   time.Time
}

func (r readme) text(lacking []archive.Lack, more int) string {
	say := r.lang.Text
	parts := []string{
		say(locale.Key("This is all that this pod kept of %[1]s, as it was on %[2]s."), r.id, r.lang.Moment(r.at)),
		say(locale.Key("account.json is the account: profile, blocks, aspects, contacts and posts. It is an archive in the format of diaspora*, version 2.0; under the name “podmove” stands what that format has no words for. It holds no key and no password.")),
		say(locale.Key("The folder photos holds the photos, also those that no post shows.")),
		say(locale.Key("To bring it all to another pod that runs Podmove, give this zip file as it is to the people who run that pod. They import it into your account there with this command:")),
		"    podmove import --account NAME " + r.file,
		say(locale.Key("Keep the file safe: it holds your contacts, and what you wrote for a few people only.")),
	}
	if len(lacking) > 0 {
		parts = append(parts, say(locale.Key("These things could not be put in, because this pod cannot read them any more:")), r.lacking(lacking, more))
	}
	return strings.Join(parts, "\n\n") + "\n"
}

func (r readme) lacking(list []archive.Lack, more int) string {
	var lines []string
	for _, l := range list {
		line := "  " + r.lang.Text(itemWords[l.Collection]) + " " + l.GUID
		if l.Name != "" {
			line += " (" + l.Name + ")"
		}
		if why, ok := lackWords[l.Why]; ok {
			line += ": " + r.lang.Text(why)
		}
		lines = append(lines, line)
	}
	if more > 0 {
		lines = append(lines, "  "+r.lang.Text(locale.Key("and %d more"), more))
	}
	return strings.Join(lines, "\n")
}
