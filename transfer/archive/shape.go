package archive

import "encoding/json"

// The members of an archive that are read, as diaspora* names them
// (lib/schemas/archive-format.json, version 2.0).

type entity[T any] struct {
	Type string `json:"entity_type"`
	Data T      `json:"entity_data"`
}

type profileData struct {
	Author     string `json:"author"`
	Bio        string `json:"bio"`
	Birthday   string `json:"birthday"`
	FirstName  string `json:"first_name"`
	Gender     string `json:"gender"`
	ImageURL   string `json:"image_url"`
	LastName   string `json:"last_name"`
	Location   string `json:"location"`
	NSFW       bool   `json:"nsfw"`
	Public     bool   `json:"public"`
	Searchable *bool  `json:"searchable"`
	Tags       string `json:"tag_string"`
}

type groupData struct {
	Name string `json:"name"`
}

type contactData struct {
	ID        string   `json:"account_id"`
	Groups    []string `json:"contact_groups_membership"`
	Receiving bool     `json:"receiving"` // I share with them; "following" and "followed" are swapped, and not read
}

type postData struct {
	entity[struct {
		GUID      string            `json:"guid"`
		CreatedAt string            `json:"created_at"`
		Text      string            `json:"text"`
		Public    bool              `json:"public"`
		Provider  string            `json:"provider_display_name"`
		Location  *entity[place]    `json:"location"`
		Poll      *entity[poll]     `json:"poll"`
		Photos    []json.RawMessage `json:"photos"` // entity[photoData]; what one gets wrong is its own
		RootGUID  string            `json:"root_guid"`
		RootBy    string            `json:"root_author"`
	}]
	Readers []string `json:"subscribed_users_ids"`
}

type place struct {
	Address string `json:"address"`
	Lat     string `json:"lat"`
	Lng     string `json:"lng"`
}

type poll struct {
	GUID     string           `json:"guid"`
	Question string           `json:"question"`
	Answers  []entity[answer] `json:"poll_answers"`
}

type answer struct {
	GUID string `json:"guid"`
	Text string `json:"answer"`
}

type photoData struct {
	GUID      string      `json:"guid"`
	CreatedAt string      `json:"created_at"`
	Name      string      `json:"remote_photo_name"`
	Public    bool        `json:"public"`
	Text      string      `json:"text"`
	Width     json.Number `json:"width"`
	Height    json.Number `json:"height"`
}
