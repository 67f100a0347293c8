package modeltest

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"pgregory.net/rapid"

	"podmove/transfer"
	"podmove/transfer/destination"
)

// What a person does at the new pod.

const browser = "a browser's session"

// loginTime is how long a browser may take (transfer/destination).
const loginTime = 15 * time.Minute

// begin fills in the form of a move. One that nobody agreed to yet makes room.
func (m *model) begin(*rapid.T) *deed {
	d := &deed{now: []destination.State{destination.Planned, destination.Cancelled}}
	for _, a := range m.moves {
		if !a.State.Ended() && a.Subject != "" {
			d.answer = string(transfer.TransferActive)
		}
	}
	d.do = func(ctx context.Context) error {
		_, err := m.mover().Begin(ctx, destination.Start{Account: m.to.ID, ID: m.typed(), Purpose: transfer.Move})
		return err
	}
	return d
}

// move draws one of all that there ever were.
func (m *model) move(t *rapid.T) (id string, ok bool) {
	if len(m.moveIDs) == 0 {
		return "", false
	}
	return m.moveIDs[len(m.moveIDs)-1-rapid.IntRange(0, len(m.moveIDs)-1).Draw(t, "move")], true
}

func (m *model) authorize(t *rapid.T) *deed {
	id, ok := m.move(t)
	if !ok {
		return nil
	}
	return m.authorizes(id)
}

func (m *model) authorizes(id string) *deed {
	d := &deed{now: []destination.State{destination.Authorizing}}
	if !m.moves[id].State.May(destination.Authorizing) {
		d.answer = string(transfer.TransferClosed)
	}
	d.do = func(ctx context.Context) error {
		state, err := m.mover().Authorize(ctx, m.to.ID, id, browser)
		if err == nil {
			m.mutex.Lock()
			defer m.mutex.Unlock()
			m.answers = append(m.answers, answer{state, id, m.clock().Add(loginTime), false})
		}
		return err
	}
	return d
}

// back is a browser's way back from the old pod, for the first time or again.
func (m *model) back(t *rapid.T) *deed {
	if len(m.answers) == 0 {
		return nil
	}
	return m.comesBack(len(m.answers) - 1 - rapid.IntRange(0, len(m.answers)-1).Draw(t, "answer"))
}

func (m *model) comesBack(i int) *deed {
	a := m.answers[i]
	d := &deed{now: []destination.State{destination.Copying, destination.Planned, destination.NeedsAttention}}
	switch {
	case a.used || m.clock().After(a.until):
		d.answer = string(transfer.RequestInvalid)
	case m.clock().After(a.until.Add(-time.Minute)): // it is noted while calls are slow
		d.answer = "?"
	case m.moves[a.move].State != destination.Authorizing:
		d.answer = string(transfer.TransferClosed)
	case m.moved():
		d.answer = string(transfer.ConsentRefused)
	}
	d.do = func(ctx context.Context) error {
		m.mutex.Lock()
		m.answers[i].used = true
		m.mutex.Unlock()
		_, err := m.mover().Agreed(ctx, browser, url.Values{"state": {a.state}})
		return err
	}
	return d
}

func (m *model) retry(t *rapid.T) *deed {
	id, ok := m.move(t)
	if !ok {
		return nil
	}
	return m.retries(id)
}

func (m *model) retries(id string) *deed {
	d, a := &deed{now: []destination.State{destination.Copying, destination.CatchingUp, destination.Freezing, destination.Verifying}}, m.moves[id]
	switch {
	case a.State != destination.Waiting && a.State != destination.NeedsAttention:
		d.answer = string(transfer.TransferClosed)
	case a.Reason == transfer.ConsentNeeded || !a.Phase.Working():
		d.answer = string(transfer.ConsentNeeded)
	}
	d.do = func(ctx context.Context) error {
		// What is done is completed by a move of its own: that is TestRetriedLater's.
		if is, err := m.new.store.Move(ctx, id); err != nil || is.State == destination.Done {
			return errors.Join(err, transfer.Errorf(transfer.TransferClosed, "the move is done"))
		}
		_, err := m.mover().Retry(ctx, m.to.ID, id, destination.Choice{})
		return err
	}
	return d
}

func (m *model) cancel(t *rapid.T) *deed {
	id, ok := m.move(t)
	if !ok {
		return nil
	}
	d := &deed{now: []destination.State{destination.Cancelled}}
	if !m.moves[id].State.May(destination.Cancelled) {
		d.answer = string(transfer.TransferClosed)
	}
	d.do = func(ctx context.Context) error {
		_, err := m.mover().Cancel(ctx, m.to.ID, id)
		return err
	}
	return d
}

// undoNew asks the old pod first (Protocol §7.2).
func (m *model) undoNew(t *rapid.T) *deed {
	id, ok := m.move(t)
	if !ok {
		return nil
	}
	return m.takesBack(id)
}

func (m *model) takesBack(id string) *deed {
	d, a := &deed{old: []transfer.State{transfer.Undone}, now: []destination.State{destination.Undone}}, m.moves[id]
	switch state := m.transfers[a.Transfer].State; {
	case !a.State.Ended(), a.Transfer != "" && state.Readable():
		d.answer = string(transfer.TransferActive)
	case a.Transfer == "":
		d.answer = string(transfer.TransferClosed)
	case m.later(id):
		d.answer = string(transfer.TransferActive)
	case state.Away():
		d.answer = undoing(state)
	}
	d.do = func(ctx context.Context) error { return m.keeper().Undo(ctx, m.to.ID, id) }
	return d
}

// touch edits a post that came, or one of the person's own, or deletes it.
func (m *model) touch(t *rapid.T) *deed {
	post, ok := m.new.post(t, m.to.ID)
	if !ok {
		return nil
	}
	guid, text, gone := post.GUID, m.text(), rapid.Bool().Draw(t, "gone")
	for _, touched := range append(post.Item.Photos, guid) {
		m.seen.Touched(touched)
	}
	return &deed{answer: "?", do: func(ctx context.Context) error {
		if gone {
			return m.new.store.DeletePost(ctx, m.to.ID, guid)
		}
		return m.new.store.EditPost(ctx, m.to.ID, guid, func(p transfer.Post) (transfer.Post, error) { p.Text = text; return p, nil })
	}}
}

// later reports whether what came is part of a later move by now.
func (m *model) later(id string) bool {
	return slices.ContainsFunc(m.moveIDs[slices.Index(m.moveIDs, id)+1:], func(other string) bool {
		a := m.moves[other]
		return a.Subject != "" && a.State != destination.Cancelled && a.State != destination.Undone
	})
}
