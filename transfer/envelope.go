package transfer

import "time"

// Bounds on the times of signed messages (Protocol §1.4).
const (
	MaxMessageLife = 5 * time.Minute // of a request, from when it was signed
	ClockSkew      = 5 * time.Minute // how far apart the clocks of two pods may be
	minMessageID   = 16              // characters
	maxMessageID   = 128
)

// Ends is until when a request can be taken, by the clock of the pod that it is
// for: the clock of its signer may be behind. It is remembered for as long, so
// that it is taken once.
func (e Envelope) Ends() time.Time { return time.Unix(e.Expires, 0).Add(ClockSkew) }

// CheckRequest refuses an envelope that is not, now, a request from the signer
// want.Issuer to want.Audience about the transfer want.Transfer. That it was
// signed, and that its identifier is new, is the caller's to check.
func (e Envelope) CheckRequest(want Envelope, now time.Time) error {
	signed, expires := time.Unix(e.IssuedAt, 0), time.Unix(e.Expires, 0)
	if signed.Before(now) {
		signed = now // a clock that is behind gives a message no longer life
	}
	if !e.Ends().After(now) || expires.After(signed.Add(MaxMessageLife)) {
		return Errorf(SignatureInvalid, "the message has expired, or would be good for more than five minutes")
	}
	return e.check(want, now)
}

// CheckAnswer refuses an envelope that does not answer the request
// want.InReplyTo.
func (e Envelope) CheckAnswer(want Envelope, now time.Time) error {
	if e.InReplyTo != want.InReplyTo || want.InReplyTo == "" {
		return Errorf(SignatureInvalid, "the answer is to another message")
	}
	return e.check(want, now)
}

func (e Envelope) check(want Envelope, now time.Time) error {
	fault := ""
	switch {
	case e.Issuer != want.Issuer || want.Issuer == "":
		fault = "issuer"
	case e.Audience != want.Audience:
		fault = "audience"
	case e.Transfer != want.Transfer || e.Nonce != want.Nonce || e.Transfer == "":
		fault = "transfer"
	case len(e.ID) < minMessageID || len(e.ID) > maxMessageID:
		fault = "identifier"
	case e.IssuedAt <= 0 || time.Unix(e.IssuedAt, 0).After(now.Add(ClockSkew)):
		fault = "time"
	}
	if fault != "" {
		return Errorf(SignatureInvalid, "the message has the wrong %s", fault)
	}
	return nil
}
