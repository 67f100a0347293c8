package main

import (
	"testing"

	"podmove/internal/browser"
	"podmove/internal/demo"
)

// TestBrowser clicks through moves as people do. While it does, no page may
// speak with another host, break its policy, or run a script that fails: see
// the package browser.
func TestBrowser(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_NOTICE=1s", "PODMOVE_GRACE=1h"), newQuickPod(t, dialect)
		stories := []struct {
			what, name string
			view       browser.View
			tell       func(*testing.T, visitor, holding)
		}{
			{"without a photo that is missing", "flo", browser.View{}, photoLeft},
			{"from the old pod's settings, with signing up in the middle", "ada", browser.View{}, fromSettings},
			{"from the new pod, refused and then allowed", "bea", browser.View{}, refusedFirst},
			{"without script", "cleo", browser.View{NoScript: true}, withoutScript},
			{"on a phone at night, by keyboard alone", "dora", browser.View{Width: 320, Height: 640, Dark: true}, byKeyboard},
			{"with a photo that is missing at first", "eva", browser.View{}, photoRetried},
			{"and back, at the old pod", "gil", browser.View{}, undoneAtOld},
			{"and back, at the new pod", "hana", browser.View{}, undoneAtNew},
			{"and erased at once", "ines", browser.View{}, erasedNow},
		}
		stories = shared(dialect, stories)
		for _, s := range stories {
			from.album(t, s.name, 12, 2)
		}
		start(t, from, to)
		for _, s := range stories {
			t.Run(s.what, func(t *testing.T) {
				t.Parallel()
				s.tell(t, visit(t, s.view, s.name, from, to), from.holding(t, s.name))
			})
		}
	})
}

// TestBrowserReopened closes the browser in the middle of the copy. Whoever opens
// another one finds the move where it is.
func TestBrowserReopened(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newPod(t, dialect, "PODMOVE_PAGE_ITEMS=10"), newPod(t, dialect)
		from.album(t, "ada", 30, 2)
		goOn := behind(t, from).halt(t)
		start(t, from, to)
		before := from.holding(t, "ada")
		v := visit(t, browser.View{}, "ada", from, to)
		v.bring()
		v.consent()
		v.allow()
		v.See("Copying", "10 of 30")
		v.Close()
		v = visit(t, browser.View{}, "ada", from, to)
		v.Visit(to.URL + "/move")
		v.signIn()
		v.Click("From " + v.oldID())
		v.See("Copying", "10 of 30")
		goOn()
		v.See("Everything arrived.", "30 of 30")
		v.arrived(t, before)
	})
}

func fromSettings(t *testing.T, v visitor, before holding) {
	v.Visit(v.from.URL)
	v.Click("Sign in")
	v.signIn()
	v.Click("Settings")
	v.Click("Move to another pod")
	v.Fill("Address of the new pod", v.to.Host())
	v.Click("Go on")
	v.See("Go on at your new pod")
	v.Click("Go to " + v.to.Host())
	v.Click("Sign up")
	v.signUp()
	v.See("A link from " + v.from.URL + " filled this in.")
	v.Click("Go on")
	v.Click("Go to " + v.from.Host() + " and agree")
	v.See("Is it you?", v.name) // signed in there a moment ago, and asked all the same
	v.Fill("Password", demo.Password)
	v.Click("Sign in")
	v.allow()
	v.See("Everything arrived.")
	v.arrived(t, before)
	v.Visit(v.from.URL + "/posts/" + guid(v.name, "post", 0))
	v.See(v.name + " wrote this as number 0.")
	if host := v.Address().Host; host != v.to.Host() {
		t.Errorf("an old link leads to %s", host)
	}
}

func refusedFirst(t *testing.T, v visitor, before holding) {
	v.bring()
	v.consent()
	v.Click("No, do nothing")
	v.See("Consent was refused at "+v.from.Host(), "Nothing was changed")
	if after := v.from.holding(t, v.name); !after.equal(before) {
		t.Errorf("the old account was changed: %s", after)
	}
	v.Click("Go to " + v.from.Host() + " and agree")
	v.See("Is it you?")
	v.Fill("Password", demo.Password)
	v.Click("Sign in")
	v.allow()
	v.See("Everything arrived.")
	v.arrived(t, before)
}

func withoutScript(t *testing.T, v visitor, before holding) {
	v.moved()
	v.arrived(t, before)
	v.departure()
	v.See("Moved: old links lead to the new pod")
}

// byKeyboard is the main path with Tab, Enter and what is typed.
func byKeyboard(t *testing.T, v visitor, before holding) {
	type step struct{ to, text string }
	press := func(steps ...step) {
		for _, s := range steps {
			v.TabTo(s.to)
			v.Type(s.text)
		}
		v.Enter()
	}
	v.Visit(v.to.URL)
	press(step{"Bring my account here", ""})
	press(step{"Username", v.name}, step{"E-mail address", v.name + "@mail.example"}, step{"Password", demo.Password}, step{"Make the account", ""})
	press(step{"Your old ID", v.oldID()}, step{"Move: ", " "}, step{"Go on", ""})
	press(step{"Go to " + v.from.Host(), ""})
	press(step{"Username", v.name}, step{"Password", demo.Password}) // Enter in the last field sends a form
	v.See("Move your account to another pod?")
	press(step{"Posts and photos", ""}, step{"If I move on later", " "}, step{"Move to " + v.to.Host(), ""})
	v.See("Everything arrived.")
	v.arrived(t, before)
	v.Visit(v.from.URL + "/departures")
	press(step{"Move to " + v.newID(), ""})
	press(step{"Undo the move", ""})
	v.See("Undone: everything is here as it was")
}

func photoRetried(t *testing.T, v visitor, before holding) {
	found := v.from.lose(t, picture(t, v.name, 1))
	v.bring()
	v.consent()
	v.allow()
	v.See("What did not arrive", "the photo’s file is missing at the old pod")
	if after := v.from.holding(t, v.name); after.MovedTo != "" {
		t.Errorf("the old account moved to %s before everything arrived", after.MovedTo)
	}
	found()
	v.Click("Try these again")
	v.See("Everything arrived.")
	v.SeeNot("What did not arrive")
	v.arrived(t, before)
}

func photoLeft(t *testing.T, v visitor, before holding) {
	v.from.lose(t, picture(t, v.name, 0))
	v.bring()
	v.consent()
	v.allow()
	v.See("the photo’s file is missing at the old pod")
	v.Click("Go on without these, at " + v.from.Host())
	v.See("What did not arrive", "the photo’s file is missing at the old pod")
	v.Click("Go on without them")
	v.See("Moved: old links lead to the new pod") // the page may just have been looking again by itself
	v.Visit(v.to.URL + "/move")
	v.Click("From " + v.oldID())
	v.See("1 thing did not arrive. Everything else did.")
	if now := v.to.holding(t, v.name); now.photos() != before.photos()-1 {
		t.Errorf("%d photos arrived", now.photos())
	}
}

func undoneAtOld(t *testing.T, v visitor, before holding) {
	v.moved()
	v.departure()
	v.Click("Undo the move")
	v.See("Undone: everything is here as it was")
	if after := v.from.holding(t, v.name); !after.equal(before) {
		t.Errorf("the old account is %s and was %s", after, before)
	}
	v.Visit(v.from.URL + "/posts/" + guid(v.name, "post", 0))
	v.See(v.name + " wrote this as number 0.")
	if host := v.Address().Host; host != v.from.Host() {
		t.Errorf("after undoing, a link leads to %s", host)
	}
}

func undoneAtNew(t *testing.T, v visitor, before holding) {
	v.moved()
	v.Click("Undo the move")
	v.See("Undone")
	if after := v.from.holding(t, v.name); !after.equal(before) {
		t.Errorf("the old account is %s and was %s", after, before)
	}
	gone(t, v.to, v.name)
}

func erasedNow(t *testing.T, v visitor, before holding) {
	v.moved()
	v.departure()
	for !v.Offers("Erase the old copies now") {
		pause(t)
		v.Visit(v.Address().String())
	}
	v.Click("Erase the old copies now")
	v.See("You asked to erase the old copies without waiting.")
	v.See("Moved: the old copies are erased")
	if after := v.from.holding(t, v.name); after.photos() > 0 {
		t.Errorf("there is still %s", after)
	}
	sameItems(t, before, v.to.holding(t, v.name))
}
