package invariants

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"podmove/transfer"
)

// stubs finds old addresses that lead away without proof.
func (w *Watch) stubs(f *Findings, is snapshot) {
	const rule = "no stub without proof"
	led := false
	for _, d := range is.departures {
		led = led || d.moved()
		if !d.moved() && len(d.stubs) > 0 {
			f.say(rule, "%d stubs stand, and the move is %s", len(d.stubs), d.state)
		}
		for i := range d.stubs {
			r := d.receipts[i]
			now, here := is.items[i]
			switch {
			case !r.good():
				f.say(rule, "%s has the receipt %q", i, r.outcome)
			case here && now.digest != r.digest:
				f.say(rule, "the receipt for %s is for other bytes", i)
			case !here && r.erased == 0 && !w.deleted(i):
				f.say(rule, "%s is not here, and was not erased", i)
			}
		}
		if d.moved() {
			compare(f, rule, d, is)
		}
	}
	if (is.state == "moved") != led {
		f.say(rule, "the account is %s", is.state)
	}
}

// deleted reports whether the person deleted a post at the old pod, as they may
// even after the move: its stub answers no more (Protocol §6.1).
func (w *Watch) deleted(i item) bool {
	wished := w.wrote[i.guid]
	return i.collection == string(transfer.Posts) && wished != nil && (wished.gone || wished.mayBeGo)
}

// compare sums up anew what the signed receipt must tally (Protocol §4.7, §5.2).
func compare(f *Findings, rule string, d departure, is snapshot) {
	var signed struct {
		Tallies []transfer.Tally `json:"tallies"`
	}
	parts := strings.Split(d.receipt, ".")
	if len(parts) != 3 {
		f.say(rule, "the move is %s without a signed receipt", d.state)
		return
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(claims, &signed)
	}
	if err != nil {
		f.say(rule, "the signed receipt cannot be read: %v", err)
		return
	}
	for _, want := range signed.Tallies {
		var lines []string
		for i, r := range d.receipts {
			now, here := is.items[i]
			counts := r.erased > 0 || now.digest == r.digest || !here && d.stubs[i] // deleted since
			if i.collection == string(want.Collection) && r.good() && counts {
				lines = append(lines, fmt.Sprintf("%s %s\n", i.guid, r.digest))
			}
		}
		if n, sum := sumOf(lines); n != want.Count || sum != string(want.Digest) {
			f.say(rule, "the signed receipt is for %d of %s, %d have receipts, or they differ", want.Count, want.Collection, n)
		}
	}
}

// erased finds what was erased without proof, or too early.
func (w *Watch) erased(f *Findings, is snapshot) {
	const rule = "no erase without proof"
	for _, d := range is.departures {
		from := d.due
		if d.erases > 0 {
			from = min(from, d.erases)
		}
		for i, r := range d.receipts {
			if r.erased == 0 {
				continue
			}
			changed := r.holding == "edited" || r.holding == "removed"
			switch {
			case d.state != "erasing" && d.state != "erased":
				f.say(rule, "%s was erased, and the move is %s", i, d.state)
			case !r.good() || (r.holding != "held" && !changed):
				f.say(rule, "%s was erased; its receipt is %q, the last answer %q", i, r.outcome, r.holding)
			case r.held == 0 || r.erased-r.held > w.age().Milliseconds():
				f.say(rule, "%s was erased on an answer that is too old", i)
			case r.erased < from:
				f.say(rule, "%s was erased before its time", i)
			case changed && (r.listed == 0 || r.listed > r.erased-w.Notice.Milliseconds()):
				f.say(rule, "%s was erased before the person had time to see that it is %s", i, r.holding)
			}
		}
	}
	for _, i := range w.expected(is) {
		if _, r := is.receipt(i); r.erased == 0 {
			if _, here := is.items[i]; !here {
				f.say(rule, "%s is gone", i)
			}
		}
	}
}
