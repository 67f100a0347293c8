package transfer

import "time"

// A Finding is what was seen, before anybody agrees to anything, of one thing
// that a move needs. Only what a pod tells everybody is looked at (Protocol §2.8).
type Finding struct {
	Sight Sight
	Level Level
	Host  string        // whose
	What  string        // what is missing or differs; may be a stranger's word
	Span  time.Duration // how far off a clock is
	At    time.Time     // when a certificate ends
}

// A Level says what a finding means for the move.
type Level string

// The levels.
const (
	Fine     Level = "ok"
	Warning  Level = "warning"  // it may go wrong
	Obstacle Level = "obstacle" // it cannot go right
)

// A Sight names what was seen. The list is closed.
type Sight string

// The sights.
const (
	PodFound         Sight = "pod-found"
	PodSilent        Sight = "pod-silent"
	PodSlow          Sight = "pod-slow"
	PodBusy          Sight = "pod-busy"
	PodFails         Sight = "pod-fails"
	PodForwards      Sight = "pod-forwards"
	HostUnknown      Sight = "host-unknown"
	HostForbidden    Sight = "host-forbidden"
	AccountUnknown   Sight = "account-unknown"
	AccountDiffers   Sight = "account-differs"
	AccountHere      Sight = "account-here"
	NoPod            Sight = "no-pod"
	AddressUnclear   Sight = "address-unclear"
	DocumentBroken   Sight = "document-broken"
	DocumentsAgree   Sight = "documents-agree"
	DocumentsDiffer  Sight = "documents-differ"
	AbilityMissing   Sight = "ability-missing"
	MovesOffered     Sight = "moves-offered"
	MovesUnsaid      Sight = "moves-unsaid"
	FormatSame       Sight = "format-same"
	FormatUnsaid     Sight = "format-unsaid"
	FormatDiffers    Sight = "format-differs"
	CertificateGood  Sight = "certificate-good"
	CertificateEnds  Sight = "certificate-ends"
	CertificateOver  Sight = "certificate-over"
	CertificateAlien Sight = "certificate-alien" // for another name
	CertificateOwn   Sight = "certificate-own"   // by nobody whom this pod trusts
	NotEncrypted     Sight = "not-encrypted"
	ClockRight       Sight = "clock-right"
	ClockOff         Sight = "clock-off"
	ClockWrong       Sight = "clock-wrong"
	ClockUnsaid      Sight = "clock-unsaid"
)
