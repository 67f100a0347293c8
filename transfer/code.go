package transfer

import (
	"errors"
	"fmt"
	"time"
)

// A Code names what went wrong, in the same word at both ends of the wire: it
// is the last part of a problem document's type (Protocol §8), the reason in
// an outcome, and the reason a move waits. The list is closed.
type Code string

// Codes of a request or of a whole transfer.
const (
	RequestInvalid   Code = "request-invalid"   // the request cannot be understood
	MethodRefused    Code = "method-refused"    // this address is for other methods
	NotFound         Code = "not-found"         // no such thing, or not for this token
	TokenInvalid     Code = "token-invalid"     // no token, or one that is unknown, expired or revoked
	ScopeMissing     Code = "scope-missing"     // the token is good, but not for this
	NotGranted       Code = "not-granted"       // beyond what the person agreed to
	CursorInvalid    Code = "cursor-invalid"    // not a cursor of this transfer and collection
	CursorExpired    Code = "cursor-expired"    // too old to follow changes from: start from nothing
	NonceMissing     Code = "nonce-missing"     // a page request without, or with a weak, Transfer-Nonce
	NonceReplayed    Code = "nonce-replayed"    // this Transfer-Nonce was seen before
	TransferClosed   Code = "transfer-closed"   // cancelled, expired, undone or finished
	TransferActive   Code = "transfer-active"   // another move of this account is under way
	AccountMoved     Code = "account-moved"     // the account has moved away
	AccountFrozen    Code = "account-frozen"    // the account stands still: come back after Retry-After
	AccountAdmin     Code = "account-admin"     // an admin must hand the role over first
	ChangedSince     Code = "changed-since"     // something granted changed after the manifest: pull again
	Incomplete       Code = "incomplete"        // manifest and receipt differ
	AcceptanceNeeded Code = "acceptance-needed" // the person must accept what did not arrive, at the source
	SignatureInvalid Code = "signature-invalid" // a signed message of the wrong kind, key, audience or time
	MessageReplayed  Code = "message-replayed"  // a signed message seen before
	TooLarge         Code = "too-large"         // beyond a stated bound
	RateLimited      Code = "rate-limited"      // come back after Retry-After
	Unavailable      Code = "unavailable"       // not now; come back after Retry-After
	Internal         Code = "internal"          // our fault
	Erasing          Code = "erasing"           // too late to undo: erasing has begun
	PodUnreachable   Code = "pod-unreachable"   // the other pod does not answer
	AnswerInvalid    Code = "answer-invalid"    // the other pod's answer breaks the protocol
	CursorStuck      Code = "cursor-stuck"      // the other pod's cursor does not advance
	NonceForeign     Code = "nonce-foreign"     // a page or manifest of another transfer
	DigestWrong      Code = "digest-wrong"      // bytes and digest do not agree
	NotCanonical     Code = "not-canonical"     // bytes are not canonical JSON
	BeyondPlan       Code = "beyond-plan"       // more came than the plan announced
	ManifestDiffers  Code = "manifest-differs"  // what came is not what the manifest says
	IdentityDiffers  Code = "identity-differs"  // not the account that was asked for
	SamePod          Code = "same-pod"          // both ends are one pod
	ConsentRefused   Code = "consent-refused"   // the person said no
	ConsentNeeded    Code = "consent-needed"    // the grant is gone: consent anew
	KeysDiffer       Code = "keys-differ"       // the other pod has none of the keys that were agreed on
	Expired          Code = "expired"           // idle for too long
	StorageFull      Code = "storage-full"      // no room here
	QuotaExceeded    Code = "quota-exceeded"    // more than one account may take up here
)

// Codes of why erasing waits (Protocol §7.3).
const (
	HoldingsAbsent Code = "holdings-absent" // the new pod does not hold everything it took
	HoldingsListed Code = "holdings-listed" // the person has not yet had the time to see what was changed there
)

// Codes of one item: reasons in an outcome, or for an unsendable entry.
const (
	ItemInvalid     Code = "item-invalid"      // a member is missing, unknown or of the wrong shape
	GUIDInvalid     Code = "guid-invalid"      // not a guid (Protocol §3.8)
	GUIDTaken       Code = "guid-taken"        // the account has another item under this guid
	NameInvalid     Code = "name-invalid"      // not a photo file name (Protocol §3.8)
	TextInvalid     Code = "text-invalid"      // NUL or lone surrogates (Protocol §3.3)
	TextTooLong     Code = "text-too-long"     // over 65,535 characters
	ContentMissing  Code = "content-missing"   // a photo without its bytes
	ContentDiffers  Code = "content-differs"   // a photo whose bytes are not the ones named
	ContentTooLarge Code = "content-too-large" // a photo over the bound
	ContentRefused  Code = "content-refused"   // a photo that is not an image of its type
	KeptHere        Code = "kept-here"         // what was here stays (Protocol §3.9)
	Duplicate       Code = "duplicate"         // named twice in one archive
)

// An Error is a failure that a person or the other pod will read.
type Error struct {
	Code       Code
	Message    string        // what happened, what was kept, what to do; no internals
	RetryAfter time.Duration // for RateLimited, Unavailable and AccountFrozen; zero is unknown
	GUIDs      []string      // for Incomplete and ChangedSince: at most 100 items
	Guessed    bool          // from a status alone: perhaps no pod said it, but what stands before one
	Err        error         // the cause, for the log only
}

// Errorf makes an error with a code and a message for people.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Because adds a cause for the log.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

func (e *Error) Error() string {
	text := string(e.Code)
	if e.Message != "" {
		text += ": " + e.Message
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the code of err, Internal if it has none, "" if err is nil. It
// reads alike at the source and, after the wire, at the destination.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}
