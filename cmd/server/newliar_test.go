package main

import (
	"encoding/json"
	"time"

	"podmove/transfer"
)

// receipt changes the signed receipt in a request to complete.
func receipt(change func(r *transfer.Receipt)) func(*exchange, []byte) []byte {
	again := signed(asNew, transfer.TypReceipt, change)
	return func(x *exchange, body []byte) []byte {
		var request struct {
			Receipt string `json:"receipt"`
		}
		if json.Unmarshal(body, &request) != nil {
			return body
		}
		request.Receipt = string(again(x, []byte(request.Receipt)))
		body, _ = json.Marshal(request) // a string
		return body
	}
}

// overcount signs for one more of each kind.
func overcount(r *transfer.Receipt) {
	for i := range r.Tallies {
		r.Tallies[i].Count++
	}
}

// othersums signs for the sums of something else.
func othersums(r *transfer.Receipt) {
	for i := range r.Tallies {
		r.Tallies[i].Digest = transfer.Sum([]byte("something else"))
	}
}

// outcomes changes what is told of single items.
func outcomes(change func(list []transfer.Outcome) []transfer.Outcome) func(*exchange, []byte) []byte {
	return func(_ *exchange, body []byte) []byte {
		var request struct {
			Items []transfer.Outcome `json:"items"`
		}
		if json.Unmarshal(body, &request) != nil || len(request.Items) == 0 {
			return body
		}
		request.Items = change(request.Items)
		body, _ = json.Marshal(request) // as it came
		return body
	}
}

// strangers tells of what nobody gave: things that there are not, and things of
// somebody else's.
func strangers(s *stage) lie {
	told := outcomes(func(list []transfer.Outcome) []transfer.Outcome {
		for _, guid := range []string{guid(s.w.name, "never", 0), guid(bystander, "post", 0), guid(bystander, "photo", 0)} {
			more := list[0]
			more.Collection, more.GUID, more.Result, more.Digest = transfer.Posts, guid, transfer.Imported, transfer.Sum([]byte(guid))
			list = append(list, more)
		}
		return list
	})
	return asking("POST receipts", told)
}

// pretending answers for everything that it is there, with proofs that it made up.
func pretending(*stage) lie {
	return answering("POST holdings", signed(asNew, transfer.TypHoldings, func(h *transfer.Holdings) {
		for i := range h.Items {
			h.Items[i].State, h.Items[i].Proof = transfer.Held, transfer.Sum([]byte(h.Items[i].GUID))
		}
	}))
}

// erasesNoMore: a new pod that answers for somebody else's things, too, has none
// of those erased.
func erasesNoMore(s *stage, l *liars) {
	s.t.Helper()
	l.lie(s.w.name, answering("POST holdings", signed(asNew, transfer.TypHoldings, func(h *transfer.Holdings) {
		h.Items = append(h.Items, transfer.Holding{Collection: transfer.Posts, GUID: guid(bystander, "post", 0), State: transfer.Held, Proof: transfer.Sum(nil)})
	})))
	erases(s, l)
}

// erases has the old copies erased.
func erases(s *stage, _ *liars) {
	s.t.Helper()
	time.Sleep(time.Second) // the notice
	s.w.fill(s.t, s.w.open(s.t, s.w.departure(s.t, s.from)), "/erase")
	s.endsAtOld("erased")
}

// erasesLater has them erased once the new pod says the truth.
func erasesLater(s *stage, l *liars) {
	s.t.Helper()
	l.lie(s.w.name, pretending(s))
	before := l.from.holding(s.t, s.w.name)
	page := s.w.departure(s.t, s.from)
	time.Sleep(time.Second) // the notice
	s.w.fill(s.t, s.w.open(s.t, page), "/erase")
	s.w.until(s.t, page, "They are not erased here; this pod asks again.")
	if after := l.from.holding(s.t, s.w.name); !after.equal(before) {
		s.t.Errorf("the old account is\n%s\nand was\n%s", after, before)
	}
	s.seen.Check(s.t)
	l.lie(s.w.name, nil)
	s.endsAtOld("erased")
}
