package archive

import (
	"encoding/json"
	"strconv"
	"strings"

	"podmove/transfer"
)

// The members that are only written, beside those of shape.go.

// settings are what diaspora* asks for and a transfer does not carry. A pod that
// is no diaspora* pod has no key to give.
const settings = `,"private_key":"","disable_mail":false,"show_community_spotlight_in_stream":false,` +
	`"auto_follow_back":false,"auto_follow_back_aspect":null`

type writtenProfile struct {
	entity[pictured]
	Own *kept `json:"podmove,omitempty"`
}

type pictured struct {
	profileData
	Medium string `json:"image_url_medium,omitempty"`
	Small  string `json:"image_url_small,omitempty"`
}

type writtenGroup struct {
	groupData
	Own kept `json:"podmove"`
}

// writtenContact: whether they share back is theirs to say (Protocol §3.9), so
// it says no.
type writtenContact struct {
	contactData
	Followed  bool `json:"followed"` // I share with them, as diaspora* has it
	Following bool `json:"following"`
	Sharing   bool `json:"sharing"`
	Own       kept `json:"podmove"`
}

type writtenPost struct {
	entity[any]
	Pods    *[]string `json:"subscribed_pods_uris,omitempty"` // of a public post
	Readers *[]string `json:"subscribed_users_ids,omitempty"` // of a limited one
	Own     *kept     `json:"podmove,omitempty"`
}

type writtenReshare struct {
	Author    string `json:"author"`
	GUID      string `json:"guid"`
	CreatedAt string `json:"created_at"`
	RootBy    string `json:"root_author,omitempty"`
	RootGUID  string `json:"root_guid,omitempty"`
}

type writtenMessage struct {
	Author    string                 `json:"author"`
	GUID      string                 `json:"guid"`
	CreatedAt string                 `json:"created_at"`
	Text      string                 `json:"text"`
	Photos    []entity[writtenPhoto] `json:"photos"`
	Public    bool                   `json:"public"`
	Provider  string                 `json:"provider_display_name,omitempty"`
	Location  *entity[place]         `json:"location,omitempty"`
	Poll      *entity[poll]          `json:"poll,omitempty"`
}

type writtenPhoto struct {
	GUID      string      `json:"guid"`
	Author    string      `json:"author"`
	Public    bool        `json:"public"`
	CreatedAt string      `json:"created_at"`
	Path      string      `json:"remote_photo_path"`
	Name      string      `json:"remote_photo_name"`
	Post      string      `json:"status_message_guid"`
	Height    json.Number `json:"height,omitempty"`
	Width     json.Number `json:"width,omitempty"`
	Text      string      `json:"text,omitempty"`
}

// keep is the item of an entry as it stands beside diaspora*'s words.
func keep(e transfer.Entry) kept { return kept{GUID: e.GUID, Item: e.Item} }

// when spells a time as diaspora* does where it can: to the whole second.
func when(t transfer.Time) string { return strings.Replace(string(t), ".000Z", "Z", 1) }

// written is a side of a photo; none if it is not known.
func written(side int64) json.Number {
	if side == 0 {
		return ""
	}
	return json.Number(strconv.FormatInt(side, 10))
}
