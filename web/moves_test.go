package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"podmove/internal/store/storetest"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// carrier is a Mover that carries one move of aurora's, on paper.
type carrier struct {
	owner   int64
	report  destination.Report
	started destination.Start
	address string // where to agree
	err     error  // of whatever is asked next
	refuse  error  // to ask the old pod
	did     string
	chosen  destination.Choice
	found   []transfer.Finding
	blocked error // by what was found
}

func (c *carrier) mine(account int64, id string) error {
	if account != c.owner || id != c.report.Move.ID {
		return transfer.Errorf(transfer.NotFound, "there is no such move")
	}
	return c.err
}

func (c *carrier) Begin(_ context.Context, s destination.Start) (destination.Move, error) {
	c.started = s
	return c.report.Move, c.err
}

func (c *carrier) Authorize(_ context.Context, account int64, id, session string) (string, error) {
	c.did = "agree in " + session
	return c.address, errors.Join(c.refuse, c.mine(account, id))
}

func (c *carrier) Agreed(_ context.Context, session string, answer url.Values) (destination.Move, error) {
	c.did = "back with " + answer.Get("code")
	return c.report.Move, c.err
}

func (c *carrier) Cancel(_ context.Context, account int64, id string) (destination.Move, error) {
	c.did = "cancel"
	return c.report.Move, c.mine(account, id)
}

func (c *carrier) Retry(_ context.Context, account int64, id string, choice destination.Choice) (destination.Move, error) {
	c.did, c.chosen = "retry", choice
	return c.report.Move, c.mine(account, id)
}

func (c *carrier) Report(_ context.Context, account int64, id string) (destination.Report, error) {
	return c.report, c.mine(account, id)
}

func (c *carrier) List(context.Context, int64) ([]destination.Move, error) {
	return []destination.Move{c.report.Move}, nil
}

func (c *carrier) Items(_ context.Context, account int64, id string, after transfer.Outcome, limit int) (list []destination.Arrival, err error) {
	for i := range 150 {
		o := transfer.Outcome{Collection: transfer.Photos, GUID: fmt.Sprintf("%03d", i), Result: transfer.Imported}
		if o.GUID > after.GUID && len(list) < limit {
			list = append(list, destination.Arrival{Outcome: o, Label: "<i>" + o.GUID + ".png"})
		}
	}
	return list, c.mine(account, id)
}

func (c *carrier) EachOutcome(_ context.Context, _ int64, _ string, see func(destination.Arrival) error) error {
	return errors.Join(
		see(destination.Arrival{Label: "a photo.png", Outcome: transfer.Outcome{Collection: transfer.Photos, GUID: "0123456789abcdef", Result: transfer.Imported}}),
		see(destination.Arrival{Label: "First words", Outcome: transfer.Outcome{Collection: transfer.Posts, GUID: "=1+1", Result: transfer.Failed, Reason: transfer.GUIDInvalid}}),
	)
}

// movers is a house with the pages of moves. Its function makes requests as an
// account of that name, or as a stranger.
func movers(t *testing.T) (*carrier, func(name, method, target string, form url.Values) *httptest.ResponseRecorder) {
	t.Helper()
	h := newHouse(t, storetest.Open(t, storetest.SQLite))
	c := &carrier{owner: h.account["aurora"].ID, address: "https://old.example/oauth/authorize?request_uri=x"}
	c.report.Move = destination.Move{
		ID: "a0b1", Account: c.owner, Purpose: transfer.Move, Typed: "aurora@old.example", State: destination.Planned, Created: time.UnixMilli(1).UTC(),
	}
	handler := New(h.site, anyone{h.site}, Moves{Site: h.site, Mover: c, Check: c.Check})
	return c, func(name, method, target string, form url.Values) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if name != "" {
			in := httptest.NewRecorder()
			handler.ServeHTTP(in, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/as/"+strconv.FormatInt(h.account[name].ID, 10), nil))
			for _, cookie := range in.Result().Cookies() {
				r.AddCookie(cookie)
			}
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
}

func TestMoveForm(t *testing.T) {
	c, ask := movers(t)
	t.Run("is for people who are signed in", func(t *testing.T) {
		for _, target := range []string{"/move", "/moves/a0b1", "/moves/a0b1/items.csv"} {
			w := ask("", http.MethodGet, target, nil)
			if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in?next=") {
				t.Errorf("%s: %d to %q", target, w.Code, w.Header().Get("Location"))
			}
		}
	})
	t.Run("lists earlier moves with their states in words", func(t *testing.T) {
		if body := ask("aurora", http.MethodGet, "/move", nil).Body.String(); !strings.Contains(body, "</time>: Ready to begin</li>") {
			t.Errorf("got %s", body)
		}
	})
	t.Run("is only filled in by a link from elsewhere", func(t *testing.T) { // Protocol §2.6
		w := ask("aurora", http.MethodGet, "/move?iss=https%3A%2F%2Fold.example&login_hint=aurora%40old.example%22%3E", nil)
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, `value="aurora@old.example&#34;&gt;"`) || !strings.Contains(body, `name="iss" value="https://old.example"`) {
			t.Errorf("%d: %s", w.Code, body)
		}
		if c.started.ID != "" {
			t.Error("a link began a move")
		}
	})
	t.Run("refuses a link that leads to another site afterwards", func(t *testing.T) {
		for target, want := range map[string]int{
			houseOrigin: 200, houseOrigin + "/moves": 200,
			"https://elsewhere.example/": 400, houseOrigin + ".elsewhere.example/": 400, "//elsewhere.example": 400,
		} {
			if w := ask("aurora", http.MethodGet, "/move?target_link_uri="+url.QueryEscape(target), nil); w.Code != want {
				t.Errorf("%s: %d, want %d", target, w.Code, want)
			}
		}
	})
	t.Run("begins what was asked for", func(t *testing.T) {
		w := ask("aurora", http.MethodPost, "/move", url.Values{
			"id": {"aurora@old.example"}, "purpose": {"copy"}, "profile": {"replace"}, "iss": {"https://old.example"},
		})
		want := destination.Start{Account: c.owner, ID: "aurora@old.example", Issuer: "https://old.example", Purpose: transfer.Copy, Profile: destination.ReplaceProfile}
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/moves/a0b1" || c.started != want {
			t.Errorf("%d to %q with %+v", w.Code, w.Header().Get("Location"), c.started)
		}
	})
	t.Run("says what is wrong beside what was typed", func(t *testing.T) {
		c.err = transfer.Errorf(transfer.SamePod, "both are here")
		defer func() { c.err = nil }()
		w := ask("aurora", http.MethodPost, "/move", url.Values{"id": {"aurora@pod.example"}})
		if body := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, ">Both are here.<") || !strings.Contains(body, "aurora@pod.example") {
			t.Errorf("%d: %s", w.Code, body)
		}
	})
}

func TestMovePage(t *testing.T) {
	c, ask := movers(t)
	t.Run("names the old pod before it leads there", func(t *testing.T) {
		w := ask("aurora", http.MethodGet, "/moves/a0b1", nil)
		if !strings.Contains(w.Body.String(), `<p class="host" dir="ltr">old.example</p>`) {
			t.Errorf("got %s", w.Body)
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://old.example;") {
			t.Errorf("the form may lead to %s", csp)
		}
	})
	t.Run("names the issuer that a link named", func(t *testing.T) { // Protocol §2.6
		c.report.Move.Issuer = "https://login.old.example"
		defer func() { c.report.Move.Issuer = "" }()
		w := ask("aurora", http.MethodGet, "/moves/a0b1", nil)
		for _, part := range []string{`<p class="host" dir="ltr">login.old.example</p>`, ">aurora@old.example<", ">aurora@pod.example<"} {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("the page lacks %q", part)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https://login.old.example;") {
			t.Errorf("the form may lead to %s", csp)
		}
	})
	t.Run("leads to the old pod", func(t *testing.T) {
		w := ask("aurora", http.MethodPost, "/moves/a0b1/agree", nil)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != c.address || len(c.did) < len("agree in ")+20 {
			t.Errorf("%d to %q, %s", w.Code, w.Header().Get("Location"), c.did)
		}
	})
	t.Run("shows a link where browsers would not follow the form", func(t *testing.T) {
		c.address = "https://login.old.example/authorize?a=b&c=d"
		w := ask("aurora", http.MethodPost, "/moves/a0b1/agree", nil)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `href="https://login.old.example/authorize?a=b&amp;c=d"`) {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
	})
	t.Run("shows the move again when the old pod cannot be asked, and lets one try again", func(t *testing.T) {
		c.err = nil
		before := c.address
		c.refuse = transfer.Errorf(transfer.PodUnreachable, "old.example does not answer")
		w := ask("aurora", http.MethodPost, "/moves/a0b1/agree", nil)
		c.refuse, c.address = nil, before
		body := w.Body.String()
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(body, "old.example does not answer.") || !strings.Contains(body, `action="/moves/a0b1/agree"`) {
			t.Errorf("%d: %s", w.Code, body)
		}
	})
	t.Run("takes the way back, and lets the move's page say what came of it", func(t *testing.T) {
		c.err = transfer.Errorf(transfer.ConsentRefused, "you said no")
		w := ask("", http.MethodGet, "/oauth/callback?code=xyz&state=s", nil)
		c.err = nil
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/moves/a0b1" || c.did != "back with xyz" {
			t.Errorf("%d to %q, %s", w.Code, w.Header().Get("Location"), c.did)
		}
	})
	t.Run("says so where a consent could not be kept, instead of a page that knows nothing of it", func(t *testing.T) {
		before := c.report.Move.State
		c.report.Move.State, c.err = destination.Authorizing, errors.New("no database")
		w := ask("", http.MethodGet, "/oauth/callback?code=xyz&state=s", nil)
		c.report.Move.State, c.err = before, nil
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "no database") {
			t.Errorf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
		}
	})
	t.Run("looks again while it works, and shows the numbers", func(t *testing.T) {
		c.report.Move.State = destination.Copying
		c.report.Collections = []destination.Progress{{Collection: transfer.Posts, Planned: 301, Imported: 17, Failed: 3}}
		body := ask("aurora", http.MethodGet, "/moves/a0b1", nil).Body.String()
		for _, want := range []string{`http-equiv="refresh"`, "Copying", "of 301<", ">17<", ">3<", "/moves/a0b1/cancel"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s is missing in %s", want, body)
			}
		}
		if strings.Contains(body, "/agree") || strings.Contains(body, "/undo") {
			t.Error("it offers what cannot be done now")
		}
	})
	t.Run("says how much came, how fast, and how long it still takes", func(t *testing.T) {
		c.report.Pace = transfer.Pace{Bytes: 4_200_000, Planned: 50_000_000, Rate: 2_000_000, Left: 23 * time.Second}
		defer func() { c.report.Pace = transfer.Pace{} }()
		if body := ask("aurora", http.MethodGet, "/moves/a0b1", nil).Body.String(); !strings.Contains(body, "4.2\u00a0MB of 50\u00a0MB · 2\u00a0MB a second · about 23 seconds left") {
			t.Error(body)
		}
	})
	t.Run("says until when it waits, and why", func(t *testing.T) {
		before := c.report
		defer func() { c.report = before }()
		c.report.Move.State, c.report.Move.Reason, c.report.Move.WaitUntil = destination.Waiting, transfer.RateLimited, time.Date(2026, 3, 1, 14, 5, 0, 0, time.UTC)
		if body := ask("aurora", http.MethodGet, "/moves/a0b1", nil).Body.String(); !strings.Contains(body, `Waiting until <time datetime="2026-03-01T14:05:00Z">1 March 2026, 14:05 UTC</time> because the old pod asked.`) {
			t.Error(body)
		}
	})
	t.Run("names what did not arrive, and offers to try again, to go on and to cancel", func(t *testing.T) {
		before := c.report
		defer func() { c.report = before }()
		c.report.Move.State, c.report.Move.Reason, c.report.Move.Issuer = destination.Waiting, transfer.AcceptanceNeeded, "https://old.example"
		c.report.Collections = append(slices.Clone(before.Collections), destination.Progress{Collection: transfer.Photos, Planned: 2, Failed: 2})
		c.report.Trouble = []destination.Arrival{{Label: "<b>.png", Outcome: transfer.Outcome{Collection: transfer.Photos, GUID: "x", Result: transfer.Failed, Reason: transfer.ContentMissing}}}
		c.report.Move.Plan.Page = "https://old.example/departures/1"
		body := ask("aurora", http.MethodGet, "/moves/a0b1", nil).Body.String()
		for _, want := range []string{
			`value="photos x"> <span>A photo <bdi>&lt;b&gt;.png</bdi>: failed, the photo’s file is missing at the old pod`,
			`<a href="https://old.example/uploads/images/%3Cb%3E.png" rel="noreferrer">Old address</a>`,
			"Try these again", `href="https://old.example/departures/1"`, "/moves/a0b1/cancel", "These are the first 1.",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s is missing in %s", want, body)
			}
		}
		c.report.Move.Plan.Page = "https://elsewhere.example/departures/1"
		if body := ask("aurora", http.MethodGet, "/moves/a0b1", nil).Body.String(); strings.Contains(body, "elsewhere") {
			t.Error("leads where the old pod may not lead")
		}
	})
	t.Run("says in a sentence how it ended", func(t *testing.T) {
		before := c.report
		defer func() { c.report = before }()
		c.report.Move.State, c.report.Move.Plan.GraceEnds = destination.Done, "2026-03-31T14:05:00.000Z"
		for want, list := range map[string][]destination.Progress{
			"3 things did not arrive. Everything else did.": before.Collections,
			"Everything arrived.":                           {{Collection: transfer.Posts, Planned: 17, Imported: 17}},
		} {
			c.report.Collections = list
			body := ask("aurora", http.MethodGet, "/moves/a0b1", nil).Body.String()
			for _, want := range []string{want, "17 things are here now, and old links lead here.", "The old pod keeps its copies until <time datetime=\"2026-03-31T14:05:00Z\">31 March 2026"} {
				if !strings.Contains(body, want) {
					t.Errorf("%s is missing in %s", want, body)
				}
			}
		}
	})
	t.Run("rests when it is done", func(t *testing.T) {
		before := c.report
		defer func() { c.report.Collections = before.Collections }()
		c.report.Move.State, c.report.Collections = destination.Done, []destination.Progress{{Collection: transfer.Posts, Planned: 17, Imported: 17}}
		body := ask("aurora", http.MethodGet, "/moves/a0b1", nil).Body.String()
		if strings.Contains(body, "http-equiv") || strings.Contains(body, "<form method=\"post\" action=\"/moves") {
			t.Errorf("got %s", body)
		}
	})
	t.Run("cancels and tries again", func(t *testing.T) {
		for _, what := range []string{"cancel", "retry"} {
			if w := ask("aurora", http.MethodPost, "/moves/a0b1/"+what, nil); w.Code != http.StatusSeeOther || c.did != what {
				t.Errorf("%s: %d, %s", what, w.Code, c.did)
			}
		}
	})
	t.Run("tries again what is ticked", func(t *testing.T) {
		ask("aurora", http.MethodPost, "/moves/a0b1/retry", url.Values{"kind": {"posts"}, "item": {"photos x", "photos y"}})
		want := destination.Choice{
			Collections: []transfer.Collection{transfer.Posts}, Items: []transfer.ItemName{{Collection: transfer.Photos, GUID: "x"}, {Collection: transfer.Photos, GUID: "y"}},
		}
		if !reflect.DeepEqual(c.chosen, want) {
			t.Errorf("it tries %v", c.chosen)
		}
	})
	t.Run("is nobody else's", func(t *testing.T) {
		for target, method := range map[string]string{
			"/moves/a0b1": http.MethodGet, "/moves/a0b1/items": http.MethodGet, "/moves/a0b1/items.csv": http.MethodGet, "/moves/a0b1/items.json": http.MethodGet, "/moves/a0b1/events": http.MethodGet, "/moves/a0b1/agree": http.MethodPost,
			"/moves/a0b1/cancel": http.MethodPost, "/moves/a0b1/retry": http.MethodPost,
		} {
			if w := ask("boreal", method, target, nil); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d", target, w.Code)
			}
		}
	})
	t.Run("lists all items, page by page, with old and new addresses", func(t *testing.T) {
		c.report.Move.Issuer = "https://old.example"
		defer func() { c.report.Move.Issuer = "" }()
		body := ask("aurora", http.MethodGet, "/moves/a0b1/items", nil).Body.String()
		for _, want := range []string{
			"<bdi>&lt;i&gt;000.png</bdi>: arrived", `href="https://old.example/uploads/images/%3Ci%3E000.png"`, `href="` + houseOrigin + `/uploads/images/%3Ci%3E000.png"`,
			`href="?after=099&amp;kind=photos"`,
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s is missing in %s", want, body)
			}
		}
		last := ask("aurora", http.MethodGet, "/moves/a0b1/items?after=099&kind=photos", nil).Body.String()
		if strings.Contains(last, "099.png") || !strings.Contains(last, "100.png") || !strings.Contains(last, "149.png") || strings.Contains(last, "?after=") {
			t.Errorf("the last page is %s", last)
		}
	})
	t.Run("gives all items as a table without formulas", func(t *testing.T) {
		c.report.Move.Issuer = "https://old.example"
		defer func() { c.report.Move.Issuer = "" }()
		w := ask("aurora", http.MethodGet, "/moves/a0b1/items.csv", nil)
		want := "collection,guid,label,old_address,new_address,outcome,reason\n" +
			"photos,0123456789abcdef,a photo.png,https://old.example/uploads/images/a%20photo.png," + houseOrigin + "/uploads/images/a%20photo.png,imported,\n" +
			"posts,'=1+1,First words,https://old.example/posts/=1+1,,failed,guid-invalid\n"
		if w.Body.String() != want || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("got %q", w.Body)
		}
	})
}
