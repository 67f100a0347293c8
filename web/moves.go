package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"podmove/internal/locale"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// A Mover carries accounts to this pod.
type Mover interface {
	Begin(ctx context.Context, s destination.Start) (destination.Move, error)
	Authorize(ctx context.Context, account int64, move, session string) (string, error)
	Agreed(ctx context.Context, session string, answer url.Values) (destination.Move, error)
	Cancel(ctx context.Context, account int64, move string) (destination.Move, error)
	Retry(ctx context.Context, account int64, move string, c destination.Choice) (destination.Move, error)
	Report(ctx context.Context, account int64, move string) (destination.Report, error)
	List(ctx context.Context, account int64) ([]destination.Move, error)
	Items(ctx context.Context, account int64, move string, after transfer.Outcome, limit int) ([]destination.Arrival, error)
	EachOutcome(ctx context.Context, account int64, move string, see func(destination.Arrival) error) error
}

// Moves are the pages through which a person brings an account here.
type Moves struct {
	Site  *Site
	Mover Mover
	// Check looks whether a move can go well before the person is sent to agree;
	// its error is that of the first obstacle. Nil looks at nothing.
	Check func(ctx context.Context, account int64, move string) ([]transfer.Finding, error)
	// Undo takes a finished move back; nil offers no undo.
	Undo func(ctx context.Context, account int64, move string) error
	Now  func() time.Time // nil is time.Now
	// Streams holds a place for each page that may be told of progress at once.
	Streams chan struct{}
	// Stopping is closed when this process stops.
	Stopping <-chan struct{}
}

// Mount adds the pages.
func (m Moves) Mount(r gin.IRouter) {
	in := m.Site.SignedIn()
	r.GET("/move", in, m.form)
	r.POST("/move", in, m.begin)
	r.GET("/oauth/callback", m.back)
	r.GET("/moves/:id", in, m.show)
	r.GET("/moves/:id/events", in, m.events)
	r.GET("/moves/:id/items", in, m.items)
	r.GET("/moves/:id/items.csv", in, m.csv)
	r.GET("/moves/:id/items.json", in, m.json)
	r.POST("/moves/:id/agree", in, m.agree)
	if m.Check != nil {
		r.POST("/moves/:id/check", in, m.check)
	}
	r.POST("/moves/:id/cancel", in, m.act(func(ctx context.Context, account int64, id string) error {
		_, err := m.Mover.Cancel(ctx, account, id)
		return err
	}))
	r.POST("/moves/:id/retry", in, m.retry)
	if m.Undo != nil {
		r.POST("/moves/:id/undo", in, m.fresh, m.act(m.Undo))
	}
}

func (m Moves) fresh(c *gin.Context) {
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	m.Site.IsFresh(c, now(), "/moves/"+c.Param("id"))
}

// moveForm is what the first page shows.
type moveForm struct {
	Here    string // the account here
	ID      string // the old one
	Issuer  string // the old pod, where a link named it
	Copy    bool
	Replace bool
	Message string // what is wrong
	Moves   []destination.Move
}

// Words are for people what a state is.
func (moveForm) Words(s destination.State) locale.Key { return stateWords[s] }

// form may be reached by a link from the old pod (OpenID Connect Core §4),
// which only fills it in: nothing is fetched or sent (Protocol §2.6).
func (m Moves) form(c *gin.Context) {
	if target := c.Query("target_link_uri"); target != "" && target != m.Site.Origin && !strings.HasPrefix(target, m.Site.Origin+"/") {
		m.Site.Problem(c, http.StatusBadRequest, m.Site.say(c, locale.Key("This link leads elsewhere")),
			m.Site.say(c, locale.Key("It asks to go on to another site afterwards, which this pod does not do. Start the move from this page instead.")))
		return
	}
	m.showForm(c, http.StatusOK, moveForm{ID: c.Query("login_hint"), Issuer: c.Query("iss")})
}

func (m Moves) showForm(c *gin.Context, status int, f moveForm) {
	a, _ := m.Site.Account(c)
	var err error
	if f.Moves, err = m.Mover.List(c.Request.Context(), a.ID); err != nil {
		m.Site.Fail(c, err)
		return
	}
	f.Here = m.Site.ID(a)
	m.Site.Page(c, status, "move", f)
}

func (m Moves) begin(c *gin.Context) {
	a, _ := m.Site.Account(c)
	f := moveForm{
		ID: c.PostForm("id"), Issuer: c.PostForm("iss"),
		Copy: c.PostForm("purpose") == string(transfer.Copy), Replace: c.PostForm("profile") == string(destination.ReplaceProfile),
	}
	move, err := m.Mover.Begin(c.Request.Context(), destination.Start{
		Account: a.ID, ID: f.ID, Issuer: f.Issuer,
		Purpose: transfer.Purpose(c.PostForm("purpose")), Profile: destination.ProfileChoice(c.PostForm("profile")),
	})
	switch code := transfer.CodeOf(err); code {
	case "":
		c.Redirect(http.StatusSeeOther, "/moves/"+move.ID)
	case transfer.RequestInvalid, transfer.SamePod, transfer.TransferActive:
		f.Message = m.Site.words(c, err, beginWords)
		m.showForm(c, http.StatusUnprocessableEntity, f)
	default:
		m.Site.Fail(c, err)
	}
}

// agree sends the browser to the old pod, if nothing stands in the way that can
// be seen from here. Browsers hold the redirect after a
// form against form-action, which names the origin that the old ID suggests;
// to any other origin leads a page with a link.
func (m Moves) agree(c *gin.Context) {
	a, _ := m.Site.Account(c)
	id, ctx := c.Param("id"), c.Request.Context()
	found, err := m.look(c)
	if err != nil {
		m.stay(c, err, found)
		return
	}
	address, err := m.Mover.Authorize(ctx, a.ID, id, m.Site.Browser(c))
	if err != nil {
		m.stay(c, err, found)
		return
	}
	report, err := m.Mover.Report(ctx, a.ID, id)
	if err != nil {
		m.Site.Fail(c, err)
		return
	}
	if strings.HasPrefix(address, m.likely(report.Move)+"/") {
		c.Redirect(http.StatusSeeOther, address)
		return
	}
	m.Site.Page(c, http.StatusOK, "move-leave", address)
}

// Where a person types the old ID, or goes to agree, nothing has begun yet.
var (
	beginWords = map[transfer.Code]locale.Key{
		transfer.RequestInvalid: locale.Key("This is not an ID: it looks like name@old.example."),
	}
	agreeWords = map[transfer.Code]locale.Key{
		transfer.PodUnreachable: locale.Key("The old pod does not answer. Nothing was changed: look at the ID, or try again later."),
		transfer.RateLimited:    locale.Key("The old pod is busy. Nothing was changed: try again in a while."),
		transfer.Unavailable:    locale.Key("The old pod is busy. Nothing was changed: try again in a while."),
		transfer.AnswerInvalid:  locale.Key("What answers there is no pod to move from. Nothing was changed: look at the ID."),
		transfer.RequestInvalid: locale.Key("What answers there is no pod to move from. Nothing was changed: look at the ID."),
	}
	backWords = map[transfer.Code]locale.Key{
		transfer.RequestInvalid: locale.Key("This answer belongs to no sign-in under way in this browser. Nothing was changed: start again from the move’s page."),
	}
)

// likely is the old pod's origin as a link named it, or as its ID suggests it.
func (m Moves) likely(move destination.Move) string {
	if move.Issuer != "" {
		return move.Issuer
	}
	scheme, _, _ := strings.Cut(m.Site.Origin, "://")
	return scheme + "://" + hostOf(move.Typed)
}

// host is the old pod's as a person compares it with what the browser shows.
func (m Moves) host(move destination.Move) string {
	_, host, _ := strings.Cut(m.likely(move), "://")
	return host
}

func hostOf(id string) string { return id[strings.LastIndexByte(id, '@')+1:] }

// back is where the old pod sends the browser after its consent page.
func (m Moves) back(c *gin.Context) {
	move, err := m.Mover.Agreed(c.Request.Context(), m.Site.Browser(c), c.Request.URL.Query())
	if err != nil && (move.ID == "" || move.State == destination.Authorizing && transfer.CodeOf(err) == transfer.Internal) { // nor could it be noted
		m.Site.Fail(c, err, backWords)
		return
	}
	if err != nil && transfer.CodeOf(err) == transfer.Internal {
		m.Site.Log.ErrorContext(c, "a consent failed", "move", move.ID, "error", err)
	}
	c.Redirect(http.StatusSeeOther, "/moves/"+move.ID) // it says what went wrong
}

// act does something to a move and goes back to its page.
func (m Moves) act(do func(ctx context.Context, account int64, id string) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		a, _ := m.Site.Account(c)
		if err := do(c.Request.Context(), a.ID, c.Param("id")); err != nil {
			m.Site.Fail(c, err)
			return
		}
		c.Redirect(http.StatusSeeOther, "/moves/"+c.Param("id"))
	}
}
