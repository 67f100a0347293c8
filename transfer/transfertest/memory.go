package transfertest

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"

	"podmove/transfer"
)

// A Memory is a pod in memory: the plainest Readers and Writers there are. Any
// number of goroutines may use it.
type Memory struct {
	mu       sync.Mutex
	key      []byte // seals cursors
	fresh    int    // guids and names given out
	accounts map[string]*account
	blobs    map[transfer.Digest][]byte
	parts    map[transfer.Digest][]byte // what came of blobs that broke off
}

// NewMemory makes an empty pod.
func NewMemory() *Memory {
	return &Memory{
		key: []byte(rand.Text()), accounts: map[string]*account{},
		blobs: map[transfer.Digest][]byte{}, parts: map[transfer.Digest][]byte{},
	}
}

// An account is one place on the pod. Its rows stay after a deletion, as
// tombstones (Protocol §4.2).
type account struct {
	seq  int64
	rows map[transfer.Collection]map[string]*row
	runs map[string]*run // by source account
}

type row struct {
	seq   int64
	entry transfer.Entry // Deleted: a tombstone
	file  string         // of a photo: its address
}

// A run is what came from one source account.
type run struct {
	cursors  map[transfer.Collection]transfer.Cursor
	arrivals map[transfer.Collection]map[string]arrival
}

type arrival struct {
	outcome transfer.Outcome
	local   string // guid here
	made    bool   // the run made the row
}

// Items is part of Pod.
func (m *Memory) Items(_ *testing.T, name string, c transfer.Collection) (list []transfer.Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.account(name).rows[c] {
		if !r.entry.Deleted {
			list = append(list, r.entry)
		}
	}
	return list
}

// Author is part of Pod.
func (m *Memory) Author(t *testing.T, name string, item transfer.Item) string {
	t.Helper()
	m.mu.Lock()
	guid := m.freshGUID()
	m.mu.Unlock()
	check(t, m.Put(name, guid, item))
	return guid
}

// Put stores an item under guid, as if the person had made or edited it there.
func (m *Memory) Put(name, guid string, item transfer.Item) error {
	e, err := transfer.Encode(guid, item)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.account(name).put(item.Collection(), e)
	return nil
}

// Delete deletes an item, as if the person had done it there.
func (m *Memory) Delete(name string, c transfer.Collection, guid string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.account(name); a.live(c, guid) != nil {
		a.put(c, transfer.Entry{GUID: guid, Deleted: true})
	}
}

// account finds the account, or makes it. The caller holds the lock.
func (m *Memory) account(name string) *account {
	a, ok := m.accounts[name]
	if !ok {
		a = &account{rows: map[transfer.Collection]map[string]*row{}, runs: map[string]*run{}}
		for _, c := range transfer.Collections() {
			a.rows[c] = map[string]*row{}
		}
		m.accounts[name] = a
	}
	return a
}

func (m *Memory) freshGUID() string {
	m.fresh++
	return fmt.Sprintf("%032x", m.fresh)
}

// put takes the account's next change number (Protocol §4.1).
func (a *account) put(c transfer.Collection, e transfer.Entry) {
	a.seq++
	r, ok := a.rows[c][e.GUID]
	if !ok {
		r = &row{}
		a.rows[c][e.GUID] = r
	}
	r.seq, r.entry = a.seq, e
}

// live is the row of that guid, nil if there is none or a tombstone.
func (a *account) live(c transfer.Collection, guid string) *row {
	if r := a.rows[c][guid]; r != nil && !r.entry.Deleted {
		return r
	}
	return nil
}

func (a *account) run(source string) *run {
	r, ok := a.runs[source]
	if !ok {
		r = &run{cursors: map[transfer.Collection]transfer.Cursor{}, arrivals: map[transfer.Collection]map[string]arrival{}}
		for _, c := range transfer.Collections() {
			r.arrivals[c] = map[string]arrival{}
		}
		a.runs[source] = r
	}
	return r
}
