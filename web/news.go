package web

import (
	"podmove/internal/locale"
	"podmove/internal/pod"
)

// An announcement is what a letter says beside what happened.
type announcement struct {
	subject locale.Key // after the host of the pod
	next    locale.Key // what can be done now
	alarm   locale.Key // what to do if it was somebody else
}

// What to do if it was somebody else.
const (
	cancelIt = locale.Key("If this was not you: sign in, cancel it, and change your password.")
	undoIt   = locale.Key("If this was not you: sign in, undo it, and change your password.")
	tooLate  = locale.Key("If this was not you: sign in, change your password, and write to the people who run the pod.")
)

// news are the events that are announced by e-mail: those of a move (Protocol
// §7.5), and what changes how the account is signed in to.
var news = map[string]announcement{
	"transfer-open": {
		locale.Key("%s: another pod may read your account"),
		locale.Key("The page shows what is read, and you can cancel it there. Nothing was changed here."), cancelIt,
	},
	"transfer-redirecting": {
		locale.Key("%s: your account has moved"),
		locale.Key("Look whether everything is at the new pod. The page says until when you can undo the move."), undoIt,
	},
	"erasing-in-7-days": {
		locale.Key("%s: in seven days the old copies are erased"),
		locale.Key("Look whether everything is at the new pod. If you want the account back here, undo the move on the page."), undoIt,
	},
	"erasing-in-1-day": {
		locale.Key("%s: in a day the old copies are erased"),
		locale.Key("Look whether everything is at the new pod. If you want the account back here, undo the move on the page."), undoIt,
	},
	"transfer-erase-now": {
		locale.Key("%s: the old copies are to be erased without waiting"),
		locale.Key("Until erasing begins you can undo the move on the page."), undoIt,
	},
	"transfer-waiting": {
		locale.Key("%s: erasing waits"),
		locale.Key("You need not do anything. Until erasing begins you can undo the move on the page."), undoIt,
	},
	"transfer-keys-differ": {
		locale.Key("%s: the new pod has other keys than before"),
		locale.Key("Look on the page, and confirm only if you are sure that it is the same pod. If you do nothing, nothing is erased here."), undoIt,
	},
	"move-keys-differ": {
		locale.Key("%s: the old pod has other keys than before"),
		locale.Key("You need not do anything: what came stays here. If you still have an account at the old pod, look there."), tooLate,
	},
	"transfer-erased": {
		locale.Key("%s: the old copies are erased"),
		locale.Key("The page says what was erased and what stays. This cannot be undone."), tooLate,
	},
	"transfer-undone": {
		locale.Key("%s: the move of your account was undone"),
		locale.Key("You can use the account here as before."), tooLate,
	},
	"move-done": {
		locale.Key("%s: your account is here"),
		locale.Key("Look whether everything is here. You can undo it on the page until the old pod erases its copies."), undoIt,
	},
	"move-needs-attention": {
		locale.Key("%s: your move needs your attention"),
		locale.Key("The page says what is wrong. You can try again there, or cancel; what came so far is kept."), cancelIt,
	},
	"move-cancelled": {
		locale.Key("%s: your move was cancelled"),
		locale.Key("The page says what came. You can begin again at any time."), tooLate,
	},
	"move-undone": {
		locale.Key("%s: your move was undone"),
		locale.Key("The page says what was taken away and what stays. You can begin again at any time."), tooLate,
	},
	"two-step-on": {
		locale.Key("%s: two-step sign-in was switched on"),
		locale.Key("Signing in asks for a code from your authenticator now. Keep the recovery codes apart from it."), tooLate,
	},
	"two-step-off": {
		locale.Key("%s: two-step sign-in was switched off"),
		locale.Key("Your password alone signs you in now. You can switch it on again in the settings."), tooLate,
	},
	"two-step-reset": {
		locale.Key("%s: two-step sign-in was taken off"),
		locale.Key("Your password alone signs you in now. You can switch it on again in the settings."), tooLate,
	},
	"recovery-code-used": {
		locale.Key("%s: a recovery code was used"),
		locale.Key("If your authenticator is lost, switch two-step sign-in off in the settings and set it up anew."), tooLate,
	},
	"recovery-codes-new": {
		locale.Key("%s: new recovery codes were made"),
		locale.Key("The old recovery codes are void. Keep the new ones apart from your authenticator."), tooLate,
	},
}

// IsNews reports whether events of a kind are announced by e-mail.
func IsNews(kind string) bool { return news[kind].subject != "" }

// mailed is what happened as a letter may say it. What a move needs attention
// for can be in another pod's words: the page shows them as that, but in a letter
// from this pod they, and an address among them, would pass for ours.
func mailed(l *locale.Locale, e pod.Event) string {
	if e.Kind == "move-needs-attention" {
		return l.Text(eventWords[e.Kind])
	}
	return spoken(l, e)
}
