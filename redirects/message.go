package redirects

import (
	"context"
	"crypto/rand"

	"podmove/transfer"
)

// Where a pod takes signed messages (Protocol §4).
const (
	holdingsPath = "/transfer/v1/holdings"
	noticesPath  = "/transfer/v1/notices"
)

// envelope is that of a message to the new pod.
func (s *Service) envelope(d Departure) transfer.Envelope {
	return transfer.Envelope{
		Issuer: s.Origin, Audience: d.Origin(), Transfer: d.ID, Nonce: d.Nonce,
		IssuedAt: s.now().Unix(), ID: rand.Text(),
	}
}

// request is the envelope of a message that is to be answered.
func (s *Service) request(d Departure) transfer.Envelope {
	e := s.envelope(d)
	e.Expires = e.IssuedAt + int64(transfer.MaxMessageLife.Seconds())
	return e
}

// theirs is what the envelope of a message from the new pod must be.
func (s *Service) theirs(d Departure) transfer.Envelope {
	return transfer.Envelope{Issuer: d.Origin(), Audience: s.Origin, Transfer: d.ID, Nonce: d.Nonce}
}

// exchange sends a message and reads the answer, which must be signed with the
// key that was pinned at consent. Its envelope is for answers to check.
func (s *Service) exchange(ctx context.Context, d Departure, path, typ string, message, answer any) error {
	if err := d.known(); err != nil { // a stranger is not even told what is asked for
		return err
	}
	signed, err := s.Sign(typ, message)
	if err != nil {
		return err
	}
	back, err := s.Send(ctx, d.Origin()+path, signed)
	if err != nil {
		return err
	}
	err = s.Verify(ctx, d.Pin(), back, typ, answer)
	if code := transfer.CodeOf(err); code == transfer.KeysDiffer || code == transfer.Unavailable {
		return err
	}
	if err != nil {
		return transfer.Errorf(transfer.SignatureInvalid, "the answer of the new pod is not signed with the key that was agreed on").Because(err)
	}
	return nil
}

// answers refuses an answer that is not the new pod's to the request.
func (s *Service) answers(d Departure, request, answer transfer.Envelope) error {
	want := s.theirs(d)
	want.InReplyTo = request.ID
	return answer.CheckAnswer(want, s.now())
}

// errStranger is the one answer to a message whose sender has no business
// here, whatever it lacks: that its keys cannot be read just now would tell
// strangers which transfers there are (Protocol §2.8). Who does have business
// here asks again.
func errStranger(cause error) error {
	return transfer.Errorf(transfer.SignatureInvalid, "the message is not signed by a pod that shares such a transfer with this one").Because(cause)
}
