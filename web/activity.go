package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"podmove/internal/audit"
	"podmove/internal/locale"
	"podmove/internal/pod"
)

// A Log is what was done on the pod.
type Log interface {
	// AuditBefore are the newest rows about an account, or all if it is empty,
	// before the one with the number given, if that is not zero.
	AuditBefore(ctx context.Context, account string, before int64, limit int) ([]audit.Row, error)
	AuditHead(ctx context.Context) (audit.Head, error)
	AccountNamed(ctx context.Context, username string) (pod.Account, error)
	AccountWithGUID(ctx context.Context, guid string) (pod.Account, error)
}

// Activity are the pages of what was done: with an account for its owner, on
// the whole pod for those who look after it.
type Activity struct {
	Site *Site
	Log  Log
}

// Mount adds the pages.
func (p Activity) Mount(r gin.IRouter) {
	r.GET("/settings/activity", p.Site.SignedIn(), p.mine)
	r.GET("/admin/audit", p.Site.admin, p.all)
}

// admin hides what is behind it: others find nothing there, as at any address
// that is not in use.
func (s *Site) admin(c *gin.Context) {
	if a, ok := s.Account(c); !ok || !a.Admin {
		s.Missing(c)
	}
}

// rowsAtOnce is how many rows a page shows.
const rowsAtOnce = 50

// activityPage is what templates/activity.html shows.
type activityPage struct {
	Rows  []activity
	Older string // query of the next page; empty if this is the last
	Whole bool   // each row with all that it holds
}

// auditPage is what templates/audit.html shows, to those who look after the pod.
type auditPage struct {
	activityPage
	Head    audit.Head
	Account string // username that was asked for
	Unknown bool   // nobody has it
}

func (p Activity) mine(c *gin.Context) {
	a, _ := p.Site.Account(c)
	page, err := p.page(c, a.GUID, url.Values{})
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	p.Site.Page(c, http.StatusOK, "activity", page)
}

// all is the whole log, or what of it is about one account.
func (p Activity) all(c *gin.Context) {
	ctx, page := c.Request.Context(), auditPage{Account: strings.ToLower(strings.TrimSpace(c.Query("account")))}
	about := pod.Account{}
	var err error
	if page.Account != "" {
		about, err = p.Log.AccountNamed(ctx, page.Account)
		page.Unknown = errors.Is(err, pod.ErrNoAccount)
	}
	if err == nil {
		page.activityPage, err = p.page(c, about.GUID, url.Values{"account": {page.Account}})
	}
	if err == nil {
		page.Whole, err = true, p.name(ctx, page.Rows)
	}
	if err == nil || page.Unknown {
		page.Head, err = p.Log.AuditHead(ctx)
	}
	if err != nil {
		p.Site.Fail(c, err)
		return
	}
	p.Site.Page(c, http.StatusOK, "audit", page)
}

// page is the rows about an account, from where the address says.
func (p Activity) page(c *gin.Context, account string, query url.Values) (page activityPage, err error) {
	before, _ := strconv.ParseInt(c.Query("before"), 10, 64) // what is no number begins at the newest
	rows, err := p.Log.AuditBefore(c.Request.Context(), account, max(before, 0), rowsAtOnce+1)
	if len(rows) > rowsAtOnce {
		rows = rows[:rowsAtOnce]
		query.Set("before", strconv.FormatInt(rows[rowsAtOnce-1].Number, 10))
		page.Older = "?" + query.Encode()
	}
	for _, r := range rows {
		page.Rows = append(page.Rows, activity{Row: r})
	}
	return page, err
}

// name finds out whose accounts rows are about.
func (p Activity) name(ctx context.Context, rows []activity) error {
	names := map[string]string{"": ""}
	for i := range rows {
		guid := rows[i].Account
		if _, known := names[guid]; !known {
			a, err := p.Log.AccountWithGUID(ctx, guid)
			if err != nil && !errors.Is(err, pod.ErrNoAccount) {
				return err
			}
			names[guid] = a.Username
		}
		rows[i].Username = names[guid]
	}
	return nil
}

// An activity is a row as people read it.
type activity struct {
	audit.Row
	Username string // whose account it is about; only for those who see all
}

// Words are what was done; empty if there are none for it.
func (a activity) Words() locale.Key {
	if key, ok := auditWords[a.Kind]; ok {
		return key
	}
	return eventWords[string(a.Kind)]
}

// By is who did it. Of which host, if it was another pod or a program, the
// detail says.
func (a activity) By() locale.Key {
	who, _, _ := strings.Cut(a.Actor, " ")
	return actorWords[audit.Actor(who)]
}

// Detail is what more a person wants to know of it.
func (a activity) Detail() (d struct {
	Host    string `json:"host"`
	Network string `json:"network"`
	Times   int64  `json:"times"`
}) {
	_ = json.Unmarshal([]byte(a.Row.Detail), &d) // a row that holds none, or others' words, tells none
	return d
}

// Raw is the detail as it is kept.
func (a activity) Raw() string { return a.Row.Detail }

var actorWords = map[audit.Actor]locale.Key{
	audit.Person: locale.Key("in a browser"),
	audit.Client: locale.Key("by a program"),
	audit.Pod:    locale.Key("by another pod"),
	audit.Podmin: locale.Key("by the people who run this pod"),
	audit.System: locale.Key("by this pod itself"),
}

// auditWords are what was done, where there is no event of it.
var auditWords = map[audit.Kind]locale.Key{
	audit.GrantGiven:      locale.Key("A permission to read the account was given."),
	audit.GrantRevoked:    locale.Key("A permission to read the account was taken back."),
	audit.GrantStolen:     locale.Key("A permission was ended because one of its tokens came twice, as if it were stolen."),
	audit.SignInFailed:    locale.Key("A sign-in was refused: the password was wrong."),
	audit.SignInThrottled: locale.Key("A sign-in was refused: there had been too many."),
	audit.PasswordChanged: locale.Key("The password was changed."),
	audit.EmailChanged:    locale.Key("The e-mail address was changed."),
	audit.AccountAdded:    locale.Key("The account was made."),
	audit.AccountClosed:   locale.Key("The account was closed."),
	audit.ArchiveRead:     locale.Key("An archive was read into the account."),
	audit.KeyAdded:        locale.Key("A key of this pod was made."),
	audit.KeyDropped:      locale.Key("A key of this pod was removed."),
	audit.PodRestored:     locale.Key("This pod was restored from a backup."),
}
