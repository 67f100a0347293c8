package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"podmove/oauth"
	"podmove/transfer"
)

// maxDetails bounds authorization_details, in bytes.
const maxDetails = 4 << 10

// transferShape is that of a transfer's id.
var transferShape = regexp.MustCompile(`^[0-9a-f]{32}$`)

// parseDetails reads authorization_details (RFC 9396 §2): one object of our
// type, with members that are known, each once.
func parseDetails(raw string) (oauth.Details, error) {
	if raw == "" || len(raw) > maxDetails {
		return oauth.Details{}, fmt.Errorf("authorization_details is missing, or larger than %d bytes", maxDetails)
	}
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(raw), &list); err != nil || len(list) != 1 {
		return oauth.Details{}, errors.New("authorization_details is not an array of one object")
	}
	if err := once(list[0]); err != nil {
		return oauth.Details{}, err
	}
	var details oauth.Details
	d := json.NewDecoder(bytes.NewReader(list[0]))
	d.DisallowUnknownFields()
	if err := d.Decode(&details); err != nil {
		return oauth.Details{}, errors.New("authorization_details has a member that is unknown or of another kind")
	}
	return details, checkDetails(details)
}

// wholeCopy are the details of whoever names none.
func wholeCopy() string {
	d := oauth.Details{Type: oauth.DetailsType, Purpose: string(transfer.Copy)}
	for _, c := range transfer.Collections() {
		d.Collections = append(d.Collections, string(c))
	}
	raw, _ := json.Marshal([]oauth.Details{d}) // strings and a boolean
	return string(raw)
}

// once refuses an object that names a member twice, of which encoding/json
// would take the last, or in another spelling, which it would take as well.
func once(object json.RawMessage) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("authorization_details is not an array of one object")
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		name, _ := key.(string)
		if err != nil || seen[name] || name != strings.ToLower(name) {
			return errors.New("authorization_details names a member twice or in another spelling")
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return errors.New("authorization_details is not JSON")
		}
	}
	return nil
}

// checkDetails holds details to Protocol §2.2 and §4.4.
func checkDetails(d oauth.Details) error {
	since, okSince := moment(d.Since)
	until, okUntil := moment(d.Until)
	switch {
	case d.Type != oauth.DetailsType:
		return fmt.Errorf("the type is not %s", oauth.DetailsType)
	case d.Purpose != string(transfer.Move) && d.Purpose != string(transfer.Copy):
		return errors.New("the purpose is neither move nor copy")
	case d.Purpose == string(transfer.Move) && d.Since+d.Until != "":
		return errors.New("a move has no since and until")
	case !okSince || !okUntil || d.Since != "" && d.Until != "" && !since.Before(until):
		return errors.New("since and until are not a span of RFC 3339 times in UTC")
	case d.Destination != "" && !transfer.ValidID(d.Destination):
		return errors.New("the destination is not an account's ID")
	case d.Purpose == string(transfer.Move) && d.Destination == "":
		return errors.New("a move has a destination")
	case d.Retry != "" && (d.Purpose != string(transfer.Move) || !transferShape.MatchString(d.Retry)):
		return errors.New("only what a move has left is tried again, under that transfer's id")
	}
	return checkCollections(d)
}

func moment(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil && strings.HasSuffix(s, "Z")
}

// checkCollections: at least one, each known and named once. Protocol §2.4: a
// move takes profile and blocks along, and posts and photos together; what a
// move has left is of any.
func checkCollections(d oauth.Details) error {
	for i, c := range d.Collections {
		if !transfer.Collection(c).Known() || slices.Contains(d.Collections[:i], c) {
			return errors.New("a collection is unknown, or named twice")
		}
	}
	has := func(c transfer.Collection) bool { return slices.Contains(d.Collections, string(c)) }
	switch {
	case len(d.Collections) == 0:
		return errors.New("no collection is named")
	case d.Retry != "":
	case d.Purpose == string(transfer.Move) && (!has(transfer.Profiles) || !has(transfer.Blocks)):
		return errors.New("a move takes profile and blocks along")
	case d.Purpose == string(transfer.Move) && has(transfer.Posts) != has(transfer.Photos):
		return errors.New("a move takes posts and photos together, or neither")
	}
	return nil
}

// narrow is what of the details asked for the person granted: never more than
// was asked, in the order in which collections travel.
func narrow(asked oauth.Details, d Decision) (oauth.Details, error) {
	granted := asked
	if asked.Retry != "" { // it is a list of things, which the page shows
		return asked, nil
	}
	granted.Limited = asked.Limited && d.Limited
	granted.Collections = nil
	always := []transfer.Collection{}
	if asked.Purpose == string(transfer.Move) {
		always = []transfer.Collection{transfer.Profiles, transfer.Blocks} // Protocol §2.4
	}
	for _, c := range transfer.Collections() {
		ticked := slices.Contains(d.Collections, string(c)) || slices.Contains(always, c)
		if ticked && slices.Contains(asked.Collections, string(c)) {
			granted.Collections = append(granted.Collections, string(c))
		}
	}
	if err := checkCollections(granted); err != nil {
		return oauth.Details{}, transfer.Errorf(transfer.RequestInvalid,
			"Choose at least one thing to carry; in a move, posts and photos go together. Nothing was granted yet.")
	}
	return granted, nil
}
