package archive_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"podmove/transfer"
	"podmove/transfer/transfertest"
)

// TestWriteShape compares with what diaspora* writes (lib/schemas/
// archive-format.json and the federation entities it refers to). What it
// requires stands before the slash, what it knows behind it.
func TestWriteShape(t *testing.T) {
	f := transfertest.Made(transfertest.Aurora)
	m := filled(t, f)
	whole := download(t, m.Reader(f.Owner), f.Owner)
	var v map[string]any
	if err := json.Unmarshal(unzipped(t, whole, "account.json"), &v); err != nil {
		t.Fatal(err)
	}
	user := v["user"].(map[string]any)
	shaped(t, "the archive", v, "version user / others_data")
	shaped(t, "the user", user, "username email private_key profile / language disable_mail show_community_spotlight_in_stream auto_follow_back auto_follow_back_aspect blocks contact_groups contacts posts relayables followed_tags post_subscriptions")
	shapedEntity(t, "profile", user["profile"], "author / edited_at first_name last_name image_url image_url_medium image_url_small birthday gender bio location searchable public nsfw tag_string")
	for _, group := range user["contact_groups"].([]any) {
		shaped(t, "a group", group, "name /")
	}
	for _, contact := range user["contacts"].([]any) {
		shaped(t, "a contact", contact, "sharing following receiving followed account_id contact_groups_membership / person_guid person_name public_key")
	}
	for _, id := range user["blocks"].([]any) {
		if s, ok := id.(string); !ok || !transfer.ValidID(s) {
			t.Errorf("a block is %v", id)
		}
	}
	kinds := map[string]int{}
	for _, post := range user["posts"].([]any) {
		kinds[shapedPost(t, post.(map[string]any))]++
	}
	if want := map[string]int{"status_message": 39, "reshare": 3}; !maps.Equal(kinds, want) {
		t.Errorf("the posts are %v, want %v", kinds, want)
	}
}

func shapedPost(t *testing.T, post map[string]any) string {
	t.Helper()
	data := post["entity_data"].(map[string]any)
	if post["entity_type"] == "reshare" {
		shaped(t, "a reshare", post, "entity_type entity_data subscribed_pods_uris /")
		shapedEntity(t, "reshare", post, "author guid created_at / root_author root_guid")
		return "reshare"
	}
	reach := "subscribed_users_ids"
	if data["public"] == true {
		reach = "subscribed_pods_uris"
	}
	shaped(t, "a post", post, "entity_type entity_data "+reach+" /")
	shapedEntity(t, "status_message", post, "author guid created_at text public photos / provider_display_name location poll")
	for _, photo := range data["photos"].([]any) {
		shapedEntity(t, "photo", photo, "author guid public created_at remote_photo_path remote_photo_name / text status_message_guid height width")
	}
	if place, ok := data["location"]; ok {
		shapedEntity(t, "location", place, "address lat lng /")
	}
	if poll, ok := data["poll"]; ok {
		shapedEntity(t, "poll", poll, "guid question poll_answers /")
		for _, answer := range poll.(map[string]any)["entity_data"].(map[string]any)["poll_answers"].([]any) {
			shapedEntity(t, "poll_answer", answer, "guid answer /")
		}
	}
	if _, err := time.Parse(time.RFC3339, data["created_at"].(string)); err != nil {
		t.Error(err)
	}
	return "status_message"
}

func shapedEntity(t *testing.T, kind string, v any, members string) {
	t.Helper()
	if got := v.(map[string]any)["entity_type"]; got != kind {
		t.Errorf("a %s is a %v", kind, got)
	}
	shaped(t, "a "+kind, v.(map[string]any)["entity_data"], members)
}

// shaped wants the required members, and no others than the known ones and
// Podmove's own.
func shaped(t *testing.T, what string, v any, members string) {
	t.Helper()
	required, known, _ := strings.Cut(members, "/")
	got := v.(map[string]any)
	for _, name := range strings.Fields(required) {
		if _, ok := got[name]; !ok {
			t.Errorf("%s has no %s", what, name)
		}
	}
	for name := range got {
		if name != "podmove" && !slices.Contains(strings.Fields(required+" "+known), name) {
			t.Errorf("%s has a member %s, which diaspora* does not know", what, name)
		}
	}
}
