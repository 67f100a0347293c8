package web

import (
	"podmove/internal/locale"
	"podmove/internal/pod"
	"podmove/transfer"
)

// kindWords are collections in a list.
var kindWords = map[transfer.Collection]locale.Key{
	transfer.Profiles: locale.Key("Profile"),
	transfer.Blocks:   locale.Key("Blocks"),
	transfer.Aspects:  locale.Key("Aspects"),
	transfer.Contacts: locale.Key("Contacts"),
	transfer.Posts:    locale.Key("Posts"),
	transfer.Photos:   locale.Key("Photos"),
}

// itemWords are what one thing of a collection is called.
var itemWords = map[transfer.Collection]locale.Key{
	transfer.Profiles: locale.Key("The profile"),
	transfer.Blocks:   locale.Key("A block"),
	transfer.Aspects:  locale.Key("An aspect"),
	transfer.Contacts: locale.Key("A contact"),
	transfer.Posts:    locale.Key("A post"),
	transfer.Photos:   locale.Key("A photo"),
}

var resultWords = map[transfer.Result]locale.Key{
	transfer.Imported:  locale.Key("arrived"),
	transfer.Unchanged: locale.Key("was here already"),
	transfer.Skipped:   locale.Key("left out"),
	transfer.Failed:    locale.Key("failed"),
	transfer.Removed:   locale.Key("deleted, as at the old pod"),
}

var heldWords = map[transfer.HoldingState]locale.Key{
	transfer.Held:         locale.Key("is there"),
	transfer.EditedThere:  locale.Key("was edited there"),
	transfer.RemovedThere: locale.Key("was removed there"),
	transfer.AbsentThere:  locale.Key("is not there"),
}

// A glossary gives templates the words of what programs call by codes.
type glossary struct{}

// Kind is a collection.
func (glossary) Kind(c transfer.Collection) locale.Key { return kindWords[c] }

// One is one thing of a collection.
func (glossary) One(c transfer.Collection) locale.Key { return itemWords[c] }

// Result is what became of an item.
func (glossary) Result(r transfer.Result) locale.Key { return resultWords[r] }

// Held is what the new pod says of an item.
func (glossary) Held(h transfer.HoldingState) locale.Key { return heldWords[h] }

// Because is the reason of an outcome; empty if there is none to tell.
func (glossary) Because(c transfer.Code) locale.Key {
	if key, ok := codeWords[c]; ok {
		return key
	}
	return locale.Key("")
}

// eventWords are what happened, by kind, in languages other than English, in
// which events are written.
var eventWords = map[string]locale.Key{
	"move-planned":         locale.Key("A move to this account was prepared."),
	"move-authorizing":     locale.Key("You went to the old pod to agree."),
	"move-copying":         locale.Key("The copy goes on."),
	"move-catching-up":     locale.Key("Reading what changed meanwhile."),
	"move-freezing":        locale.Key("The account at the old pod stands still: reading the last changes."),
	"move-verifying":       locale.Key("Comparing what came with what the old pod says it gave."),
	"move-done":            locale.Key("It is done."),
	"move-waiting":         locale.Key("The move waits."),
	"move-needs-attention": locale.Key("The move needs your attention."),
	"move-cancelled":       locale.Key("The move was cancelled. What came is kept here, and nothing at the old pod was changed."),
	"move-undone":          locale.Key("The move was undone."),
	"transfer-open":        locale.Key("You agreed that another pod reads this account."),
	"transfer-copying":     locale.Key("The account is being copied."),
	"transfer-frozen":      locale.Key("The new pod reads the last changes. Until it has them, nothing can be written here, but posts can be deleted."),
	"transfer-verified":    locale.Key("The new pod has proved what arrived."),
	"transfer-redirecting": locale.Key("Everything is at the new pod. Old links lead there now, and this can be undone for a while."),
	"transfer-erasing":     locale.Key("The old copies are being erased."),
	"transfer-erased":      locale.Key("The old copies are erased."),
	"transfer-erase-now":   locale.Key("You asked to erase the old copies without waiting. First the new pod has to prove that it holds everything."),
	"transfer-finished":    locale.Key("The copy is finished. Nothing changed here."),
	"transfer-cancelled":   locale.Key("Cancelled; nothing changed here"),
	"transfer-expired":     locale.Key("Given up because nothing happened; nothing changed here"),
	"transfer-undone":      locale.Key("Undone: everything is here as it was"),
	"transfer-waiting":     locale.Key("Erasing waits until the new pod proves what it holds."),
	"transfer-keys-differ": locale.Key("The new pod answers with other keys than when you agreed. Perhaps it lost its keys; perhaps somebody else has bought its name. Nothing that it says is believed until you confirm on this page that it is the same pod."),
	"transfer-keys-agree":  locale.Key("The keys of the new pod are trusted. What waited for that goes on."),
	"move-keys-differ":     locale.Key("The old pod answers with other keys than when you agreed. Perhaps somebody else has bought its name. Nothing that it says about this move is believed, and what came stays here."),
	"move-keys-agree":      locale.Key("The old pod answers again with keys that you agreed to."),
	"erasing-in-7-days":    locale.Key("In about seven days the old copies are erased. Until then you can undo the move."),
	"erasing-in-1-day":     locale.Key("In about a day the old copies are erased. Until then you can undo the move."),
	"two-step-on":          locale.Key("Two-step sign-in was switched on."),
	"two-step-off":         locale.Key("Two-step sign-in was switched off."),
	"two-step-reset":       locale.Key("Two-step sign-in was taken off by the people who run the pod."),
	"recovery-code-used":   locale.Key("A recovery code was used to sign in."),
	"recovery-codes-new":   locale.Key("New recovery codes were made. The old ones are void."),
}

// spoken is an event in a language.
func spoken(l *locale.Locale, e pod.Event) string {
	if key, ok := eventWords[e.Kind]; ok && l.Tag() != "en" {
		return l.Text(key)
	}
	return e.Text
}

// codeWords are what codes mean to a person.
var codeWords = map[transfer.Code]locale.Key{
	transfer.RequestInvalid:   locale.Key("This could not be understood. Look at what you typed and try again."),
	transfer.NotFound:         locale.Key("The other pod does not know this account. Look at the spelling."),
	transfer.NotGranted:       locale.Key("You did not agree to that. Nothing was done."),
	transfer.CursorInvalid:    locale.Key("The old pod lost the place in the list. Everything is read again from the beginning."),
	transfer.CursorExpired:    locale.Key("The old pod lost the place in the list. Everything is read again from the beginning."),
	transfer.TransferClosed:   locale.Key("This move has ended already."),
	transfer.TransferActive:   locale.Key("Another move of this account stands in the way. Finish it, cancel it or undo it first."),
	transfer.AccountMoved:     locale.Key("This account has moved away already."),
	transfer.AccountFrozen:    locale.Key("The account is being moved: for about a minute nothing can be written to it, but posts can be deleted."),
	transfer.AccountAdmin:     locale.Key("This account looks after its pod. Hand that role over first; then it can move."),
	transfer.ChangedSince:     locale.Key("Something changed meanwhile. The new pod reads that first."),
	transfer.Incomplete:       locale.Key("The two pods do not agree yet on what arrived."),
	transfer.AcceptanceNeeded: locale.Key("Some items did not arrive. Look at the list, and accept it at the old pod or try them again; until then nothing there is changed."),
	transfer.SignatureInvalid: locale.Key("The other pod’s signature is not right. Nothing was changed."),
	transfer.TooLarge:         locale.Key("The other pod sent more than is allowed. What came before is kept."),
	transfer.RateLimited:      locale.Key("The old pod asks to wait."),
	transfer.Unavailable:      locale.Key("The old pod is busy. The move goes on by itself."),
	transfer.Erasing:          locale.Key("It is too late to undo: erasing has begun."),
	transfer.PodUnreachable:   locale.Key("The old pod does not answer. The move goes on by itself when it does."),
	transfer.AnswerInvalid:    locale.Key("The old pod answers in a way that cannot be trusted. What came before is kept, and nothing there was changed."),
	transfer.CursorStuck:      locale.Key("The old pod sends the same things over and over. What came before is kept."),
	transfer.NonceForeign:     locale.Key("The old pod sent an answer that belongs to another move. Nothing of it was stored."),
	transfer.DigestWrong:      locale.Key("Something arrived damaged. Nothing of it was stored."),
	transfer.NotCanonical:     locale.Key("The old pod answers in a way that cannot be trusted. What came before is kept, and nothing there was changed."),
	transfer.BeyondPlan:       locale.Key("The old pod sent more than it announced. What came before is kept."),
	transfer.ManifestDiffers:  locale.Key("What came is not what the old pod says it gave. What came is kept here, and nothing there was changed."),
	transfer.IdentityDiffers:  locale.Key("You agreed as somebody else than you typed here. Nothing was copied."),
	transfer.SamePod:          locale.Key("This is an account of this pod: a move leads from another pod to this one."),
	transfer.ConsentRefused:   locale.Key("You said no at the old pod. Nothing was copied."),
	transfer.ConsentNeeded:    locale.Key("The old pod does not take our permission any more. What came is kept; agree once more to go on, or cancel."),
	transfer.KeysDiffer:       locale.Key("The old pod answers with other keys than when you agreed. Perhaps somebody else has bought its name. What came is kept. If you are sure that it is the same pod, agree there once more to go on; else cancel."),
	transfer.Expired:          locale.Key("Nothing happened for too long, so the move was given up. What came is kept here, and nothing at the old pod was changed."),
	transfer.StorageFull:      locale.Key("This pod has no room left. The people who run it have to make some; then the move goes on."),
	transfer.QuotaExceeded:    locale.Key("The old account is larger than an account may be here. What came is kept, and nothing at the old pod was changed. Ask the people who run this pod for more room, then try again; or cancel."),
	transfer.ItemInvalid:      locale.Key("it is not of the right shape"),
	transfer.GUIDInvalid:      locale.Key("its name cannot be used here"),
	transfer.GUIDTaken:        locale.Key("something else here has its name"),
	transfer.NameInvalid:      locale.Key("its file name cannot be used here"),
	transfer.TextInvalid:      locale.Key("its text holds a character that cannot be stored"),
	transfer.TextTooLong:      locale.Key("its text is too long"),
	transfer.ContentMissing:   locale.Key("the photo’s file is missing at the old pod"),
	transfer.ContentDiffers:   locale.Key("the photo’s file is not the one that was announced"),
	transfer.ContentTooLarge:  locale.Key("the photo is larger than this pod takes"),
	transfer.ContentRefused:   locale.Key("it is no photo that can be shown"),
	transfer.KeptHere:         locale.Key("what is here was kept"),
	transfer.Duplicate:        locale.Key("it came twice"),
}
