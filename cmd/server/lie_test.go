package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"podmove/transfer"
)

// inPage alters pages; change gets the cursor that was asked for.
func inPage(change func(cursor string, page []byte) []byte) func(*exchange, []byte) []byte {
	return func(x *exchange, answer []byte) []byte { return change(x.r.URL.Query().Get("cursor"), answer) }
}

var (
	nonceMember   = regexp.MustCompile(`"nonce":"[^"]*"`)
	nextMember    = regexp.MustCompile(`"next":"[^"]*"`)
	throughMember = regexp.MustCompile(`"through":[0-9]+`)
	digestMember  = regexp.MustCompile(`"digest":"[^"]*"`)
)

func otherNonce(_ string, page []byte) []byte {
	return nonceMember.ReplaceAll(page, []byte(`"nonce":"ABCDEFGHIJKLMNOPQRSTUVWXYZ"`))
}

func sameCursor(cursor string, page []byte) []byte {
	if cursor == "" {
		return page
	}
	return nextMember.ReplaceAll(page, []byte(`"next":"`+cursor+`"`))
}

func lowThrough(cursor string, page []byte) []byte {
	if cursor == "" {
		return page
	}
	return throughMember.ReplaceAll(page, []byte(`"through":1`))
}

func wrongDigest(_ string, page []byte) []byte {
	first := digestMember.Find(page)
	return bytes.Replace(page, first, []byte(`"digest":"`+strings.Repeat("0", 64)+`"`), 1)
}

// spaced puts a space into the first item, and gives it the digest of that.
func spaced(_ string, page []byte) []byte {
	var p struct {
		Entries []struct {
			Digest string          `json:"digest"`
			Item   json.RawMessage `json:"item"`
		} `json:"entries"`
	}
	if err := json.Unmarshal(page, &p); err != nil || len(p.Entries) == 0 {
		return page
	}
	item := append([]byte("{ "), p.Entries[0].Item[1:]...)
	page = bytes.Replace(page, p.Entries[0].Item, item, 1)
	return bytes.Replace(page, []byte(p.Entries[0].Digest), []byte(transfer.Sum(item)), 1)
}

// badSignature turns the first character of a signature.
func badSignature(_ *exchange, manifest []byte) []byte {
	i := bytes.LastIndexByte(manifest, '.') + 1
	flipped := byte('A')
	if manifest[i] == flipped {
		flipped = 'B'
	}
	manifest = bytes.Clone(manifest)
	manifest[i] = flipped
	return manifest
}
