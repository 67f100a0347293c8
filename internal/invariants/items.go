package invariants

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"podmove/transfer"
)

// expected are the items that have to be somewhere.
func (w *Watch) expected(is snapshot) []item {
	all := map[item]bool{}
	for _, known := range []map[item]row{w.was.items, is.items} {
		for i := range known {
			all[i] = i.collection != string(transfer.Profiles)
		}
	}
	for guid, wished := range w.wrote {
		all[item{"posts", guid}] = len(wished.texts) > 0 && !wished.gone && !wished.mayBeGo
	}
	maps.DeleteFunc(all, func(_ item, wanted bool) bool { return !wanted })
	return slices.SortedFunc(maps.Keys(all), func(a, b item) int { return cmp.Compare(a.String(), b.String()) })
}

// lost finds what is not where it has to be.
func (w *Watch) lost(f *Findings, is, there snapshot) {
	for _, i := range w.expected(is) {
		d, r := is.receipt(i)
		here, stays := is.items[i]
		switch {
		case stays && !w.right(i, here):
			f.Lost++
			f.say("nothing is lost", "%s is not what was written at the old pod", i)
		case !stays && r.erased == 0:
			f.Lost++
			f.say("nothing is lost", "%s is gone from the old pod, and was not erased", i)
		case stays && here.sha256 != "" && !w.Old.intact(here.sha256):
			f.Lost++
			f.say("nothing is lost", "the bytes of %s are not at the old pod", i)
		}
		if d.moved() && (r.good() || !stays) && !w.touched[i.guid] {
			w.arrived(f, i, r, there)
		}
	}
	for guid, wished := range w.wrote {
		if _, here := is.items[item{"posts", guid}]; here && wished.gone {
			f.say("nothing is lost", "the deletion of post %s is", guid)
		}
	}
}

// receipt is the newest word on an item: of a transfer that has moved the
// account, if there is one. One that completes another has no word on most.
func (s snapshot) receipt(i item) (d departure, r receipt) {
	for _, one := range s.departures {
		if d.moved() && !one.moved() {
			continue
		}
		word, has := one.receipts[i]
		if one.retries != "" && !has {
			continue
		}
		d, r = one, word
	}
	return d, r
}

// right reports whether a row at the old pod is what its person knows of it.
func (w *Watch) right(i item, r row) bool {
	if wished := w.wrote[i.guid]; wished != nil && i.collection == string(transfer.Posts) {
		return wished.gone || slices.Contains(wished.texts, r.text)
	}
	was, known := w.was.items[i]
	return !known || was.digest == r.digest
}

// arrived holds the new pod to a good receipt.
func (w *Watch) arrived(f *Findings, i item, r receipt, there snapshot) {
	a := there.arrivals[i]
	now, here := there.items[item{i.collection, a.local}]
	switch {
	case !here:
		f.say("nothing is lost", "%s has a good receipt, and is not at the new pod", i)
	case a.local == i.guid && now.digest != r.digest:
		f.say("nothing is lost", "%s is at the new pod, and is not what was given", i)
	case now.sha256 != "" && !w.New.intact(now.sha256):
		f.say("nothing is lost", "the bytes of %s are not at the new pod", i)
	case now.text != "" && !w.right(i, row{digest: r.digest, text: now.text}):
		f.say("nothing is lost", "%s at the new pod is not what was written last", i)
	default:
		return
	}
	f.Lost++
}

// profile holds the new pod, where an account has one of its own, to the receipt for
// the old one's.
func (w *Watch) profile(f *Findings, is, there snapshot) {
	for i := range w.was.items {
		d, r := is.receipt(i)
		if i.collection != string(transfer.Profiles) || !d.moved() || r.outcome != "imported" {
			continue
		}
		for at, now := range there.items {
			if at.collection == i.collection && now.digest != r.digest {
				f.Lost++
				f.say("nothing is lost", "%s at the new pod is not what was given", i)
			}
		}
	}
}

// twice finds what is more than once at the new pod.
func (w *Watch) twice(f *Findings, is, there snapshot) {
	locals := map[item]int{}
	for i, a := range there.arrivals {
		if slices.Contains([]string{"imported", "unchanged"}, a.outcome) {
			f.Moved++
		}
		if a.local == "" {
			continue
		}
		at := item{i.collection, a.local}
		if locals[at]++; locals[at] > 1 {
			f.Doubled++
			f.say("nothing is there twice", "%s at the new pod stands for two items", at)
		}
	}
	given, come := map[string]int{}, map[string]int{}
	for i := range is.items {
		given[is.items[i].digest]++
	}
	for i, r := range w.was.items {
		if is.items[i].digest != r.digest {
			given[r.digest]++
		}
	}
	for i, r := range there.items {
		if i.collection != string(transfer.Posts) && i.collection != string(transfer.Photos) {
			continue
		}
		if _, was := w.wasThere.items[i]; was || w.touched[i.guid] {
			continue
		}
		if locals[i] == 0 {
			f.Doubled++
			f.say("nothing is there twice", "nothing brought %s to the new pod", i)
		}
		if come[r.digest]++; come[r.digest] > max(given[r.digest], 1) {
			f.Doubled++
			f.say("nothing is there twice", "%s is at the new pod once more", i)
		}
	}
}

// others finds what happened to those who did nothing.
func (w *Watch) others(f *Findings, is, there snapshot) {
	for _, at := range []struct {
		pod      string
		was, now []string
	}{{"old", w.was.others, is.others}, {"new", w.wasThere.others, there.others}} {
		for _, line := range differ(at.was, at.now) {
			f.say("nobody else's item is touched", "at the %s pod: %.200s", at.pod, line)
		}
	}
	for i, r := range w.wasThere.items {
		brought := there.arrivals[i].local != "" || w.wasThere.arrivals[i].local != ""
		if there.items[i].digest != r.digest && !w.touched[i.guid] && i.collection != string(transfer.Profiles) && !brought {
			f.say("nobody else's item is touched", "%s was the person's own at the new pod", i)
		}
	}
}

// differ lists lines of one of two sorted lists alone.
func differ(a, b []string) (list []string) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			list, a = append(list, "gone is "+a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			list, b = append(list, "new is "+b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return list
}

// age is how old a proof may be.
func (s Scene) age() time.Duration { return cmp.Or(s.HoldingsAge, 24*time.Hour) }
