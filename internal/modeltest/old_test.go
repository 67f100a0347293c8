package modeltest

import (
	"context"
	"fmt"

	"pgregory.net/rapid"

	"podmove/internal/pod"
	"podmove/transfer"
)

// What a person does at the old pod. Each names a deed, or none if there is
// nothing to do it to. Transfers are drawn from all that there ever were: a tab may
// be an old one.

// text is one that nobody wrote before.
func (m *model) text() string {
	m.texts++
	return fmt.Sprintf("text %d", m.texts)
}

// writing is what writing to the account answers (Protocol §5.1).
func (m *model) writing() string {
	switch {
	case m.moved():
		return "not active"
	case m.frozen():
		return string(transfer.AccountFrozen)
	}
	return ""
}

// wrote notes a write that went well.
func (m *model) wrote(err error, note func()) error {
	if err == nil {
		note()
		m.mutex.Lock()
		defer m.mutex.Unlock()
		for id := range m.transfers {
			m.changed[id] = true
		}
	}
	return err
}

func (m *model) write(t *rapid.T) *deed {
	text, public := m.text(), rapid.Bool().Draw(t, "public")
	return &deed{answer: m.writing(), writes: true, do: func(ctx context.Context) error {
		guid, err := m.old.store.CreatePost(ctx, m.from.ID, transfer.Post{Public: public, Text: text, CreatedAt: transfer.TimeOf(m.clock())})
		return m.wrote(err, func() { m.seen.Wrote(guid, text) })
	}}
}

// post draws one of an account's posts.
func (s side) post(t *rapid.T, account int64) (p pod.Post, ok bool) {
	list, err := s.store.VisiblePosts(t.Context(), account, pod.Viewer{Account: account}, pod.Mark{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		return p, false
	}
	return list[rapid.IntRange(0, len(list)-1).Draw(t, "post")], true
}

func (m *model) edit(t *rapid.T) *deed {
	post, ok := m.old.post(t, m.from.ID)
	if !ok {
		return nil
	}
	guid, text := post.GUID, m.text()
	return &deed{answer: m.writing(), writes: true, do: func(ctx context.Context) error {
		err := m.old.store.EditPost(ctx, m.from.ID, guid, func(p transfer.Post) (transfer.Post, error) { p.Text = text; return p, nil })
		return m.wrote(err, func() { m.seen.Wrote(guid, text) })
	}}
}

// remove deletes a post, which may be done at any time (Protocol §5.1). One with
// photos would take those along.
func (m *model) remove(t *rapid.T) *deed {
	post, ok := m.old.post(t, m.from.ID)
	if !ok || len(post.Item.Photos) > 0 {
		return nil
	}
	guid := post.GUID
	return &deed{writes: true, do: func(ctx context.Context) error {
		return m.wrote(m.old.store.DeletePost(ctx, m.from.ID, guid), func() { m.seen.Deleted(guid) })
	}}
}

// transfer draws one.
func (m *model) transfer(t *rapid.T) (id string, ok bool) {
	if len(m.transferIDs) == 0 {
		return "", false
	}
	return m.transferIDs[len(m.transferIDs)-1-rapid.IntRange(0, len(m.transferIDs)-1).Draw(t, "transfer")], true
}

// withdraw is cancelling at the old pod: once it is too late it says how it stands.
func (m *model) withdraw(t *rapid.T) *deed {
	id, ok := m.transfer(t)
	if !ok {
		return nil
	}
	return &deed{old: []transfer.State{transfer.Copying, transfer.Cancelled}, do: func(ctx context.Context) error {
		_, err := m.source().Withdraw(ctx, m.from.ID, id)
		return err
	}}
}

// accept is going on without what did not arrive (Protocol §5.2).
func (m *model) accept(t *rapid.T) *deed {
	id, ok := m.transfer(t)
	if !ok {
		return nil
	}
	return m.accepts(id)
}

func (m *model) accepts(id string) *deed {
	d := &deed{answer: string(transfer.TransferClosed), old: []transfer.State{transfer.Copying, transfer.Redirecting}}
	switch {
	case m.transfers[id].State == transfer.Redirecting:
		d.answer = ""
	case m.transfers[id].State == transfer.Verified && m.changed[id]:
		d.answer = string(transfer.ChangedSince)
	case m.transfers[id].State == transfer.Verified:
		d.answer = ""
	}
	d.do = func(ctx context.Context) error {
		_, err := m.source().Accept(ctx, m.from.ID, id)
		return err
	}
	return d
}

// undoing is what an undo answers (Protocol §7.1).
func undoing(s transfer.State) string {
	switch s {
	case transfer.Redirecting, transfer.Undone:
		return ""
	case transfer.ErasingOld, transfer.Erased:
		return string(transfer.Erasing)
	}
	return string(transfer.TransferClosed)
}

func (m *model) undoOld(t *rapid.T) *deed {
	id, ok := m.transfer(t)
	if !ok {
		return nil
	}
	return m.undoes(id)
}

func (m *model) undoes(id string) *deed {
	return &deed{answer: undoing(m.transfers[id].State), old: []transfer.State{transfer.Undone}, do: func(ctx context.Context) error {
		_, err := m.redirects().Undo(ctx, m.from.ID, id)
		return err
	}}
}

// eraseNow: Protocol §7.5. Asked for once, it is asked for.
func (m *model) eraseNow(t *rapid.T) *deed {
	id, ok := m.transfer(t)
	if !ok {
		return nil
	}
	d, was := &deed{}, m.transfers[id]
	switch {
	case m.hurried[id], was.State == transfer.ErasingOld, was.State == transfer.Erased:
	case was.State != transfer.Redirecting:
		d.answer = string(transfer.TransferClosed)
	case m.clock().Before(was.Redirected.Add(notice)):
		d.answer = string(transfer.RequestInvalid)
	}
	d.do = func(ctx context.Context) error {
		_, err := m.redirects().EraseNow(ctx, m.from.ID, id)
		if err == nil && was.State == transfer.Redirecting {
			m.mutex.Lock()
			defer m.mutex.Unlock()
			m.hurried[id] = true
		}
		return err
	}
	return d
}
