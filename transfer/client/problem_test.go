package client

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"podmove/transfer"
)

func TestProblem(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   transfer.Code
	}{
		"reads a code back":                           {409, `{"type":"urn:podmove:problem:changed-since"}`, transfer.ChangedSince},
		"takes no code that is only this side's":      {409, `{"type":"urn:podmove:problem:storage-full"}`, transfer.AnswerInvalid},
		"takes no other type":                         {404, `{"type":"about:blank"}`, transfer.NotFound},
		"takes no bare code":                          {401, `{"type":"incomplete"}`, transfer.TokenInvalid},
		"goes by the status where nothing else helps": {429, `<html>`, transfer.RateLimited},
		"knows what a pod of another version lacks":   {405, ``, transfer.MethodRefused},
		"knows a broken proxy":                        {502, ``, transfer.Unavailable},
		"knows an answer that has no place here":      {418, `{}`, transfer.AnswerInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parseProblem(c.status, []byte(c.body)); got.Code != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
	t.Run("shows a stranger's words on one line without tricks", func(t *testing.T) {
		got := plain("a\n\tb\u202e\x00c" + strings.Repeat("x", 1000))
		if !strings.HasPrefix(got, "a  bcx") || utf8.RuneCountInString(got) != maxDetail {
			t.Errorf("got %q", got)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	date := "Wed, 21 Oct 2015 07:28:00 GMT"
	for value, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "0": 0, "": 0, "-1": 0, "soon": 0,
		"99999999999999999999":          maxRetryAfter,
		"4294967295":                    maxRetryAfter,
		"Wed, 21 Oct 2015 07:29:00 GMT": time.Minute,
		"Wed, 21 Oct 2015 07:27:00 GMT": 0,
		"Fri, 31 Dec 9999 23:59:59 GMT": maxRetryAfter,
	} {
		if got := retryAfter(value, date); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func FuzzProblem(f *testing.F) {
	f.Add(409, []byte(`{"type":"urn:podmove:problem:incomplete","detail":"two","guids":["0123456789abcdef"]}`))
	f.Add(503, []byte(`{"type":5}`))
	f.Fuzz(func(t *testing.T, status int, raw []byte) {
		e := parseProblem(status, raw)
		if !meant[e.Code] && e.Code != transfer.AnswerInvalid {
			t.Errorf("a stranger announced %s", e.Code)
		}
		if len(e.GUIDs) > maxGUIDs || utf8.RuneCountInString(e.Message) > maxDetail+50 || strings.ContainsAny(e.Message, "\n\r\x00") {
			t.Errorf("the problem is not bounded: %q, %d guids", e.Message, len(e.GUIDs))
		}
	})
}

func FuzzPlan(f *testing.F) {
	good, err := json.Marshal(transfer.Plan{Format: transfer.Format, Collections: []transfer.CollectionPlan{{Collection: transfer.Posts, Count: 3}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"format":1,"collections":[{"count":-1}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := parsePlan(raw)
		if err != nil {
			return
		}
		for _, c := range p.Collections {
			if c.Count < 0 || c.Bytes < 0 || c.ContentBytes < 0 || len(p.Collections) > maxCollections {
				t.Errorf("took %+v", p)
			}
		}
	})
}
