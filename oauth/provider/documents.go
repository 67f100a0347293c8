package provider

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"podmove/internal/outbound"
)

// How long a client metadata document is kept. The draft has the server honour
// the answer's Cache-Control, within bounds of its own.
const (
	keptAtLeast  = 30 * time.Second // where the answer says nothing, too
	keptAtMost   = 24 * time.Hour
	maxDocuments = 1_000 // of 5 KiB at most
)

// How often a host may be asked for documents. One that fails uses its budget
// up fifteen times as fast, and is asked every fifteen seconds at most then.
const (
	hostBurst = 120
	hostEvery = time.Second
	hostFine  = 14
)

// documents are the clients' metadata documents that were read a little while
// ago. Only what was read, and could be used, is ever kept: a failure is
// remembered by its host's budget alone, so that a host that is mended is
// believed at once.
type documents struct {
	http  *http.Client
	now   func() time.Time
	hosts *limiter
	reads singleflight.Group

	mu   sync.Mutex
	kept map[string]keptDocument
}

type keptDocument struct {
	client *client
	read   time.Time
	until  time.Time
}

func newDocuments(o Options) *documents {
	return &documents{http: o.HTTP, now: o.Now, hosts: newLimiter(hostBurst, hostEvery, o.Now), kept: map[string]keptDocument{}}
}

// get is the client behind an address, as use makes it out of a document. A kept
// one that does not suit is read anew, since a client's keys change before its
// document's time is over; but not twice within keptAtLeast.
func (d *documents) get(ctx context.Context, u *url.URL, suits func(*client) bool, use func([]byte) (*client, error)) (*client, error) {
	id := u.String()
	d.mu.Lock()
	kept, known := d.kept[id]
	d.mu.Unlock()
	now := d.now()
	if known && now.Before(kept.until) && (suits(kept.client) || now.Before(kept.read.Add(keptAtLeast))) {
		return kept.client, nil
	}
	// Who asks for one document at the same time shares one answer, which must
	// not end because the first of them hangs up.
	got, err, _ := d.reads.Do(id, func() (any, error) {
		return d.read(context.WithoutCancel(ctx), u, use)
	})
	if err != nil {
		return nil, err
	}
	return got.(*client), nil
}

// read asks the host, if it has some of its budget left.
func (d *documents) read(ctx context.Context, u *url.URL, use func([]byte) (*client, error)) (*client, error) {
	host := strings.ToLower(u.Host)
	if wait := d.hosts.take(host); wait > 0 {
		return nil, tooOften(wait, "Documents of this client's host were asked for too often, or could not be read.")
	}
	raw, header, err := outbound.RawJSON(ctx, d.http, u.String(), maxDocument)
	if err != nil {
		d.hosts.fine(host, hostFine)
		return nil, err
	}
	c, err := use(raw)
	if err != nil { // the host is well, and its author may be trying things
		return nil, err
	}
	d.keep(c, freshness(header))
	return c, nil
}

// keep keeps a client's document. What was kept before is gone in any case.
func (d *documents) keep(c *client, life time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.kept, c.ID)
	if life == 0 {
		return
	}
	now := d.now()
	if len(d.kept) >= maxDocuments {
		d.makeRoom(now)
	}
	d.kept[c.ID] = keptDocument{client: c, read: now, until: now.Add(life)}
}

// makeRoom forgets what is too old, and the one that would be next if nothing is.
func (d *documents) makeRoom(now time.Time) {
	next, first := "", time.Time{}
	for id, k := range d.kept {
		if !now.Before(k.until) {
			delete(d.kept, id)
		} else if next == "" || k.until.Before(first) {
			next, first = id, k.until
		}
	}
	if len(d.kept) >= maxDocuments {
		delete(d.kept, next)
	}
}

// freshness is how long an answer may be kept (RFC 9111 §4.2.1), within bounds.
// None of it: RFC 9111 §5.2.2.4 and §5.2.2.5.
func freshness(h http.Header) time.Duration {
	life, said := keptAtLeast, false
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			life, said = ageOf(value), true
		}
	}
	if expires := h.Get("Expires"); !said && expires != "" {
		at, _ := http.ParseTime(expires) // RFC 9111 §5.3: what cannot be read is past
		date, _ := http.ParseTime(h.Get("Date"))
		life = at.Sub(date)
	}
	if said {
		life -= ageOf(h.Get("Age")) // RFC 9111 §4.2.3: what it spent in other caches
	}
	return min(max(life, keptAtLeast), keptAtMost)
}

// ageOf reads delta-seconds (RFC 9111 §1.2.2), quoted or not. What is none is 0;
// more than matters here is as much as does.
func ageOf(value string) time.Duration {
	n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
	switch {
	case err == nil:
		return time.Duration(n) * time.Second
	case strings.Trim(value, "0123456789") == "" && value != "":
		return 2 * keptAtMost
	default:
		return 0
	}
}
