package transfer

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxText is the longest text of a post or profile, in characters, as in
// diaspora*.
const MaxText = 65535

// The shapes that a foreign name must have (Protocol §3.8), and a diaspora* ID.
var (
	guidShape = regexp.MustCompile(`^[0-9A-Za-z_@.:-]{15,254}[0-9A-Za-z]$`)
	nameShape = regexp.MustCompile(`^[0-9A-Za-z]{16,64}\.(jpe?g|png|gif|webp)$`)
	idShape   = regexp.MustCompile(`^([a-z0-9._-]+)@([a-z0-9.-]+|\[[0-9a-f:]{2,45}\])(?::[0-9]{1,5})?$`)
	codeShape = regexp.MustCompile(`^[a-z]{1,20}(-[a-z]{1,20}){0,3}$`)
	typeNames = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}
)

// ValidGUID reports whether s may name an item.
func ValidGUID(s string) bool { return guidShape.MatchString(s) }

// ValidName reports whether s may be a photo's file name.
func ValidName(s string) bool { return nameShape.MatchString(s) }

// ValidID reports whether s is a diaspora* ID, which may carry a port:
// aurora@old.example, aurora@127.0.0.1:4001. A page may name 100,000 of them, so
// the lengths are not the expression's business, which would make it slow.
func ValidID(s string) bool {
	at := idShape.FindStringSubmatchIndex(s)
	return at != nil && at[3]-at[2] <= 64 && at[5]-at[4] <= 180
}

// CheckText refuses what no item's text may hold (Protocol §3.3): NUL, and
// bytes that are not UTF-8, which is how a lone surrogate shows up in Go.
func CheckText(s string, limit int) error {
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return Errorf(TextInvalid, "the text holds a character that cannot travel (NUL or half of a surrogate pair)")
	case utf8.RuneCountInString(s) > limit:
		return Errorf(TextTooLong, "the text has more than %d characters", limit)
	}
	return nil
}

// A rule is one thing that must hold of an item.
type rule struct {
	holds bool
	code  Code
	what  string
}

// obey is the first rule broken, or the first text refused.
func obey(rules []rule, texts ...string) error {
	for _, r := range rules {
		if !r.holds {
			return Errorf(r.code, "%s", r.what)
		}
	}
	for _, s := range texts {
		if err := CheckText(s, MaxText); err != nil {
			return err
		}
	}
	return nil
}

// Check says what is wrong with a profile.
func (p Profile) Check() error {
	return obey([]rule{
		{p.Avatar == "" || ValidGUID(p.Avatar), GUIDInvalid, "avatar is not a guid"},
		{len(p.Tags) <= 5, ItemInvalid, "a profile has at most 5 tags"},
		{!slices.Contains(p.Tags, ""), ItemInvalid, "a tag is empty"},
		{short(p.FirstName, 70) && short(p.LastName, 70), TextTooLong, "a name has more than 70 characters"},
		{short(p.Gender, 255) && short(p.Location, 255) && short(p.Birthday, 10), TextTooLong, "gender, location or birthday is too long"},
	}, append([]string{p.Bio, p.FirstName, p.LastName, p.Gender, p.Location, p.Birthday}, p.Tags...)...)
}

// Check says what is wrong with a block.
func (b Block) Check() error {
	return obey([]rule{{ValidID(b.ID), ItemInvalid, "id is not a diaspora* ID"}})
}

// Check says what is wrong with an aspect.
func (a Aspect) Check() error {
	return obey([]rule{
		{a.Name != "", ItemInvalid, "an aspect has a name"},
		{short(a.Name, 255), TextTooLong, "the name has more than 255 characters"},
	}, a.Name)
}

// Check says what is wrong with a contact.
func (c Contact) Check() error {
	return obey([]rule{
		{ValidID(c.ID), ItemInvalid, "id is not a diaspora* ID"},
		{len(c.Aspects) <= 1000, TooLarge, "a contact is in at most 1,000 aspects"},
		{rising(c.Aspects), ItemInvalid, "aspects are sorted and named once"},
		{all(c.Aspects, ValidGUID), GUIDInvalid, "an aspect is not a guid"},
	})
}

// Check says what is wrong with a post.
func (p Post) Check() error {
	if err := obey([]rule{
		{p.CreatedAt.Valid(), ItemInvalid, "created_at is not a time"},
		{!p.Public || len(p.Audience) == 0, ItemInvalid, "a public post names no audience"},
		{len(p.Audience) <= 20000, TooLarge, "a post names at most 20,000 recipients"},
		{rising(p.Audience), ItemInvalid, "audience is sorted and named once"},
		{all(p.Audience, ValidID), ItemInvalid, "a recipient is not a diaspora* ID"},
		{len(p.Photos) <= 500, TooLarge, "a post has at most 500 photos"},
		{all(p.Photos, ValidGUID), GUIDInvalid, "a photo is not a guid"},
		{short(p.Provider, 255), TextTooLong, "provider has more than 255 characters"},
		{p.Root == nil || p.Root.GUID == "" || ValidGUID(p.Root.GUID), GUIDInvalid, "the root is not a guid"},
		{p.Root == nil || p.Root.Author == "" || ValidID(p.Root.Author), ItemInvalid, "the root's author is not a diaspora* ID"},
	}, p.Text, p.Provider); err != nil {
		return err
	}
	return p.checkParts()
}

func (p Post) checkParts() error {
	if l := p.Location; l != nil {
		if err := obey([]rule{{short(l.Lat, 64) && short(l.Lng, 64), TextTooLong, "a coordinate is too long"}}, l.Address, l.Lat, l.Lng); err != nil {
			return err
		}
	}
	if p.Poll == nil {
		return nil
	}
	rules := []rule{{ValidGUID(p.Poll.GUID), GUIDInvalid, "the poll is not a guid"}, {len(p.Poll.Answers) <= 100, TooLarge, "a poll has at most 100 answers"}}
	texts := []string{p.Poll.Question}
	for _, a := range p.Poll.Answers {
		rules = append(rules, rule{ValidGUID(a.GUID), GUIDInvalid, "a poll's answer is not a guid"})
		texts = append(texts, a.Text)
	}
	return obey(rules, texts...)
}

// Check says what is wrong with a photo.
func (p Photo) Check() error {
	return obey([]rule{
		{p.CreatedAt.Valid(), ItemInvalid, "created_at is not a time"},
		{ValidName(p.Name), NameInvalid, "name is not a photo's file name"},
		{p.SHA256.Valid(), ItemInvalid, "sha256 is not a digest"},
		{p.Size > 0, ItemInvalid, "size is not positive"},
		{p.Width >= 0 && p.Height >= 0, ItemInvalid, "a side is negative"},
		{slices.Contains(typeNames, p.Type), ContentRefused, "type is none of JPEG, PNG, GIF and WebP"},
	}, p.Text)
}

func short(s string, limit int) bool { return len(s) <= 4*limit && utf8.RuneCountInString(s) <= limit }

func all(list []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !ok(s) })
}

// rising reports whether list is sorted bytewise without repeats.
func rising(list []string) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}
