package transfer_test

import (
	"testing"
	"time"

	"podmove/transfer"
)

// TestEnvelope holds the claims of signed messages to Protocol §1.4, whoever
// reads them.
func TestEnvelope(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	theirs := transfer.Envelope{Issuer: "https://old.example", Audience: "https://new.example", Transfer: guid, Nonce: "nonce-of-the-transfer"}
	question := theirs
	question.IssuedAt, question.Expires, question.ID = at(0), at(time.Minute), "identifier-of-the-question"
	answer := theirs
	answer.IssuedAt, answer.ID, answer.InReplyTo = at(0), "identifier-of-the-answer", question.ID
	asked := theirs
	asked.InReplyTo = question.ID

	both := map[string]struct {
		change func(*transfer.Envelope)
		ok     bool
	}{
		"takes a good one":                          {func(*transfer.Envelope) {}, true},
		"takes one by a clock that is ahead":        {func(e *transfer.Envelope) { e.IssuedAt = at(4 * time.Minute) }, true},
		"refuses another issuer":                    {func(e *transfer.Envelope) { e.Issuer = "https://third.example" }, false},
		"refuses an issuer with a slash":            {func(e *transfer.Envelope) { e.Issuer += "/" }, false},
		"refuses one for another pod":               {func(e *transfer.Envelope) { e.Audience = "https://third.example" }, false},
		"refuses one for its own signer":            {func(e *transfer.Envelope) { e.Audience = e.Issuer }, false},
		"refuses one for nobody":                    {func(e *transfer.Envelope) { e.Audience = "" }, false},
		"refuses another transfer":                  {func(e *transfer.Envelope) { e.Transfer = "another" }, false},
		"refuses no transfer":                       {func(e *transfer.Envelope) { e.Transfer = "" }, false},
		"refuses another transfer nonce":            {func(e *transfer.Envelope) { e.Nonce = "another" }, false},
		"refuses no transfer nonce":                 {func(e *transfer.Envelope) { e.Nonce = "" }, false},
		"refuses no identifier":                     {func(e *transfer.Envelope) { e.ID = "" }, false},
		"refuses an identifier that can be guessed": {func(e *transfer.Envelope) { e.ID = "17" }, false},
		"refuses one without a time":                {func(e *transfer.Envelope) { e.IssuedAt = 0 }, false},
		"refuses one from the future":               {func(e *transfer.Envelope) { e.IssuedAt = at(6 * time.Minute) }, false},
	}
	for name, c := range both {
		t.Run("of a question "+name, func(t *testing.T) {
			e := question
			c.change(&e)
			judged(t, e.CheckRequest(theirs, now), c.ok)
		})
		t.Run("of an answer "+name, func(t *testing.T) {
			e := answer
			c.change(&e)
			judged(t, e.CheckAnswer(asked, now), c.ok)
		})
	}
	for name, c := range map[string]struct {
		issued, expires int64
		ok              bool
	}{
		"takes one that is good for five minutes":               {at(0), at(5 * time.Minute), true},
		"takes five minutes of a clock that is ahead":           {at(4 * time.Minute), at(9 * time.Minute), true},
		"takes five minutes from now of a clock behind":         {at(-time.Hour), at(5 * time.Minute), true},
		"refuses one that is good for longer":                   {at(0), at(5*time.Minute + time.Second), false},
		"refuses one that is good for longer by its own clock":  {at(4 * time.Minute), at(9*time.Minute + time.Second), false},
		"refuses one good for longer by a clock behind":         {at(-time.Hour), at(6 * time.Minute), false},
		"takes one that a clock five minutes behind has signed": {at(-5 * time.Minute), at(time.Second), true},
		"refuses one that has expired by such a clock, too":     {at(-6 * time.Minute), at(-5 * time.Minute), false},
		"refuses one without an end":                            {at(0), 0, false},
	} {
		t.Run("of a question "+name, func(t *testing.T) {
			e := question
			e.IssuedAt, e.Expires = c.issued, c.expires
			judged(t, e.CheckRequest(theirs, now), c.ok)
		})
	}
	t.Run("of an answer refuses one that names another question", func(t *testing.T) {
		e := answer
		e.InReplyTo = "identifier-of-another-question"
		judged(t, e.CheckAnswer(asked, now), false)
	})
	t.Run("of an answer refuses one that names none", func(t *testing.T) {
		e := answer
		e.InReplyTo = ""
		judged(t, e.CheckAnswer(asked, now), false)
		judged(t, e.CheckAnswer(theirs, now), false)
	})
}

func judged(t *testing.T, err error, ok bool) {
	t.Helper()
	if ok && err != nil || !ok && transfer.CodeOf(err) != transfer.SignatureInvalid {
		t.Errorf("got %v", err)
	}
}
