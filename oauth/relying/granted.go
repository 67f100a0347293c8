package relying

import (
	"encoding/json"
	"slices"
	"strings"

	"podmove/oauth"
	"podmove/transfer"
)

// maxDetails is how many authorization details an answer may hold.
const maxDetails = 8

// granted reads what was granted (RFC 9396 §7). It may be less than was asked,
// never more: a pod that grants more has misunderstood something, or its page
// showed the person something else.
func (a tokenAnswer) granted(peer Peer, asked oauth.Details) ([]transfer.Collection, error) {
	host := hostOf(peer.Issuer)
	given, ok := a.details()
	if !ok {
		return nil, broken(host, "token: no authorization_details, or not one of type %s", oauth.DetailsType)
	}
	same := given.Purpose == asked.Purpose && given.Destination == asked.Destination &&
		given.Since == asked.Since && given.Until == asked.Until && given.Retry == asked.Retry
	if !same || given.Limited && !asked.Limited {
		return nil, broken(host, "token: the granted details are not those asked for")
	}
	var list []transfer.Collection
	for _, c := range transfer.Collections() {
		if slices.Contains(given.Collections, string(c)) {
			list = append(list, c)
		}
	}
	beyond := slices.ContainsFunc(given.Collections, func(c string) bool { return !slices.Contains(asked.Collections, c) })
	if beyond || len(list) == 0 || len(list) != len(given.Collections) {
		return nil, broken(host, "token: the granted collections are %.200q", given.Collections)
	}
	// RFC 6749 §5.1: without a scope the answer is the scope asked for. It is the
	// access token's, and where that is for one resource (RFC 8707 §2.2) openid need
	// not stand in it: the ID token itself is what openid asked for.
	if a.Scope != "" && !contains(append(strings.Fields(a.Scope), oauth.ScopeOpenID), scopes(asked)) {
		return nil, transfer.Errorf(transfer.ScopeMissing, "%s agreed to less than a %s needs. Nothing was changed. Start again from the move's page", host, asked.Purpose)
	}
	return list, nil
}

// details finds the one that is ours.
func (a tokenAnswer) details() (found oauth.Details, ok bool) {
	var list []json.RawMessage
	if json.Unmarshal(a.Details, &list) != nil || len(list) > maxDetails {
		return found, false
	}
	for _, raw := range list {
		var d oauth.Details
		var kind struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(raw, &kind) != nil || kind.Type != oauth.DetailsType {
			continue
		}
		if ok || json.Unmarshal(raw, &d) != nil {
			return found, false // two of them, or one that cannot be read
		}
		found, ok = d, true
	}
	return found, ok
}

func contains(list, all []string) bool {
	return !slices.ContainsFunc(all, func(s string) bool { return !slices.Contains(list, s) })
}
