package pod

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

// What a session holds.
const (
	accountKey = "account" // row id of who is signed in
	authKey    = "auth"    // when they typed their password, in milliseconds since 1970
	browserKey = "browser" // a random name of the browser

	awaitedKey = "awaited" // row id of whose password was right and whose code is awaited
	typedKey   = "typed"   // when that password was typed
)

// codeLife is how long after the password a code may come.
const codeLife = 5 * time.Minute

// SessionRows keep sessions. A token is the SHA-256 of what the cookie holds.
type SessionRows interface {
	// Session is the data of a session that has not expired; nil if none is
	// there.
	Session(ctx context.Context, token string) ([]byte, error)
	SaveSession(ctx context.Context, token string, data []byte, expires time.Time) error
	DeleteSession(ctx context.Context, token string) error
}

// Sessions say who a browser belongs to.
type Sessions struct {
	scs *scs.SessionManager
	now func() time.Time
}

// SessionOptions are what Sessions work with.
type SessionOptions struct {
	Origin   string        // the pod's public URL, without a trailing slash
	Lifetime time.Duration // of a session, however much it is used; zero means 14 days
	Rows     SessionRows
	Now      func() time.Time
	Log      *slog.Logger // hears of sessions that could not be read or written
}

// NewSessions makes Sessions.
func NewSessions(o SessionOptions) *Sessions {
	m := scs.New()
	m.Store = sessionStore{o.Rows}
	m.HashTokenInStore = true
	m.Lifetime = 14 * 24 * time.Hour
	if o.Lifetime > 0 {
		m.Lifetime = o.Lifetime
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		o.Log.ErrorContext(r.Context(), "cannot read or write a session", "error", err)
		w.Header().Set("Retry-After", "60") // Protocol §8
		// It may have been read, or written when all else was done.
		http.Error(w, "This pod cannot reach its database. Try again in a moment. If you had sent something, look first whether it was taken.", http.StatusServiceUnavailable)
	}
	m.Cookie.Name, m.Cookie.Secure = CookieName(o.Origin, "session")
	return &Sessions{scs: m, now: o.Now}
}

// CookieName names a cookie, and says whether it goes over TLS alone. __Host- makes browsers refuse one that another host
// or a page without TLS set (RFC 6265bis §4.1.3.2). In development several pods
// share a host and browsers keep no cookies apart by port, so that the name
// carries a hash of the pod's URL (Protocol §1.1).
func CookieName(origin, what string) (name string, secure bool) {
	if strings.HasPrefix(origin, "https://") {
		return "__Host-" + what, true
	}
	sum := sha256.Sum256([]byte(origin))
	return what + "_" + hex.EncodeToString(sum[:4]), false
}

// Wrap loads the session of each request, and saves it if it changed.
func (s *Sessions) Wrap(next http.Handler) http.Handler { return s.scs.LoadAndSave(next) }

// SignIn makes the session that of an account whose password was typed at a
// moment and was right. The moment is that before the password was compared, so
// that a password changed meanwhile ends this session, too. The cookie gets a new
// value, so that one planted before is worth nothing.
func (s *Sessions) SignIn(ctx context.Context, account int64, at time.Time) error {
	if err := s.scs.RenewToken(ctx); err != nil {
		return err
	}
	s.scs.Remove(ctx, awaitedKey)
	s.scs.Put(ctx, accountKey, account)
	s.scs.Put(ctx, authKey, at.UnixMilli())
	return nil
}

// Await notes in this browser's session that an account's password was right and
// that its code is missing. Nobody is signed in by that.
func (s *Sessions) Await(ctx context.Context, account int64, at time.Time) error {
	if err := s.scs.RenewToken(ctx); err != nil {
		return err
	}
	s.scs.Put(ctx, awaitedKey, account)
	s.scs.Put(ctx, typedKey, at.UnixMilli())
	return nil
}

// Awaited is what Await noted, for a few minutes; zero if nothing is.
func (s *Sessions) Awaited(ctx context.Context) (account int64, at time.Time) {
	at = time.UnixMilli(s.scs.GetInt64(ctx, typedKey)).UTC()
	if s.now().Sub(at) > codeLife {
		return 0, time.Time{}
	}
	return s.scs.GetInt64(ctx, awaitedKey), at
}

// SignOut ends the session.
func (s *Sessions) SignOut(ctx context.Context) error { return s.scs.Destroy(ctx) }

// Account is the row id of who is signed in, and when they typed their
// password; zero and the zero time if nobody is.
func (s *Sessions) Account(ctx context.Context) (id int64, auth time.Time) {
	id = s.scs.GetInt64(ctx, accountKey)
	if id == 0 {
		return 0, time.Time{}
	}
	return id, time.UnixMilli(s.scs.GetInt64(ctx, authKey)).UTC()
}

// Browser is a random name that stays the same in this browser until it signs
// out, and is made when it is first asked for. What must come back to the
// browser it left from (a consent, a callback) is bound to it: the cookie's
// value changes at sign-in and would lose them.
func (s *Sessions) Browser(ctx context.Context) string {
	name := s.scs.GetString(ctx, browserKey)
	if name == "" {
		name = rand.Text()
		s.scs.Put(ctx, browserKey, name)
	}
	return name
}

// sessionStore fits SessionRows to scs.
type sessionStore struct{ rows SessionRows }

var _ scs.CtxStore = sessionStore{}

func (s sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	data, err := s.rows.Session(ctx, token)
	return data, data != nil, err
}

func (s sessionStore) CommitCtx(ctx context.Context, token string, data []byte, expires time.Time) error {
	return s.rows.SaveSession(ctx, token, data, expires)
}

func (s sessionStore) DeleteCtx(ctx context.Context, token string) error {
	return s.rows.DeleteSession(ctx, token)
}

// The rest is for callers without a context; scs has none for a store that
// takes one.

func (s sessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s sessionStore) Commit(token string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expires)
}

func (s sessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
