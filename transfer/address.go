package transfer

import (
	"net/url"
	"strings"
)

// MaxAddress is the longest URL that either side takes from the other.
const MaxAddress = 2000

// The placeholders of [Templates].
const (
	PlaceGUID    = "{guid}"
	PlaceName    = "{name}"
	PlaceVariant = "{variant}"
)

// Expand fills a template: each placeholder becomes its value, percent-encoded.
// A placeholder without a value stays.
func Expand(template string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for place, value := range values {
		pairs = append(pairs, place, url.PathEscape(value))
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// CheckTemplate refuses a template that could lead anywhere but to the origin
// ("https://new.example"): each of the placeholders given may stand in it once,
// nothing else in braces may, and what it expands to must pass CheckAddress
// (Protocol §5.4).
func CheckTemplate(template, origin string, placeholders ...string) error {
	values := make(map[string]string, len(placeholders))
	for _, place := range placeholders {
		if strings.Count(template, place) > 1 {
			return Errorf(RequestInvalid, "an address template names %s twice", place)
		}
		values[place] = "ghijklmnopqrstuv" // no hex digit: a "%" before it escapes nothing
	}
	return CheckAddress(Expand(template, values), origin)
}

// CheckAddress refuses a URL that is not a plain path at exactly the origin:
// the whole URL is parsed, and scheme, host, port and empty user-info compared
// (Protocol §5.4).
func CheckAddress(address, origin string) error {
	refused := Errorf(RequestInvalid, "the address %.200q is not a path at %s", address, origin)
	if len(address) > MaxAddress || strings.ContainsFunc(address, strange) {
		return refused
	}
	at, err := url.Parse(address)
	if err != nil {
		return refused.Because(err)
	}
	here, err := url.Parse(origin)
	if err != nil || here.Host == "" {
		return refused.Because(err)
	}
	same := at.Scheme == here.Scheme && at.Host == here.Host && at.User == nil
	plain := strings.HasPrefix(at.Path, "/") && at.RawQuery == "" && !at.ForceQuery && !strings.Contains(address, "#")
	if !same || !plain {
		return refused
	}
	return nil
}

// strange characters have no place in a URL, or mean different things to
// different readers.
func strange(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`\<>"{}|^`+"`", r) }

// OriginOf is the origin of a URL: scheme, host, and port if it is spelled out.
// Empty if there is none. A pod's client_id names the pod by it.
func OriginOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
