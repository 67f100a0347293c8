package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"
)

// Password is that of both accounts of the demo.
const Password = "a sentence for the demo"

// A Story is one move, told step by step.
type Story struct {
	Old, New *Process
	Truth    Truth
	Name     string // username at both ends
	Tell     *Teller
	Report   Report

	browser *Browser
	move    string // address of the move's page
	leaving string // address of the departure's page
}

// ID is the person's diaspora* ID at a pod.
func (s *Story) ID(p *Process) string { return s.Name + "@" + p.Host() }

// Browser is the person's, once the story has begun.
func (s *Story) Browser() *Browser { return s.browser }

// Move is the address of the move's page at the new pod, once it has begun.
func (s *Story) Move() string { return s.move }

// Departure is that of the old pod's page, once the move is done.
func (s *Story) Departure() string { return s.leaving }

// Prepare adds the account at the old pod and reads the archive into it.
func (s *Story) Prepare(ctx context.Context, archive, photos string) error {
	if _, err := s.Old.Command(ctx, Password+"\n", "account", "add", s.Name, "--email", s.Name+"@mail.example", "--password-stdin"); err != nil {
		return err
	}
	s.Tell.Step("%s has an account at the old pod", s.ID(s.Old))
	args := []string{"import", "--account", s.Name, archive}
	if photos != "" {
		args = append(args, photos)
	}
	out, err := s.Old.Command(ctx, "", args...)
	if err != nil {
		return err
	}
	s.Tell.Step("the archive is in: %d posts, %d photos on posts, %d contacts", len(s.Truth.Posts), len(s.Truth.Photos), s.Truth.Contacts)
	for line := range strings.SplitSeq(strings.TrimRight(out, "\n"), "\n") {
		s.Tell.Step("  | %s", line)
	}
	return nil
}

// Begin signs up at the new pod, asks to move, and agrees at the old pod.
func (s *Story) Begin(ctx context.Context) error {
	s.browser = NewBrowser()
	page, err := s.steps(ctx, s.New.URL+"/sign-up?next=/move", []filling{
		{"/sign-up", map[string]string{"username": s.Name, "email": s.Name + "@mail.example", "password": Password}},
		{"/move", map[string]string{"id": s.ID(s.Old)}},
		{"/agree", nil},
		{"/sign-in", map[string]string{"username": s.Name, "password": Password}},
	})
	if err != nil {
		return err
	}
	s.Tell.Step("signed up at the new pod as %s, typed the old ID, signed in at the old pod again", s.ID(s.New))
	if !strings.Contains(page.Text(), s.New.Host()) {
		return fmt.Errorf("the consent page does not name %s: %s", s.New.Host(), page.Text())
	}
	page, err = fine(page.Fill(ctx, "/oauth/interactions/", map[string]string{"decision": "allow"}))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(page.URL.Path, "/moves/") || page.URL.Host != s.New.Host() {
		return fmt.Errorf("consent led to %s: %s", page.URL, page.Text())
	}
	s.move = "http://" + page.URL.Host + page.URL.Path
	s.Tell.Step("read the consent page and agreed; back at the new pod: %s", s.move)
	return nil
}

type filling struct {
	action string
	values map[string]string
}

func (s *Story) steps(ctx context.Context, address string, list []filling) (*Page, error) {
	page, err := s.browser.Open(ctx, address)
	for _, f := range list {
		if page, err = fine(page, err); err != nil {
			return nil, err
		}
		page, err = page.Fill(ctx, f.action, f.values)
	}
	return fine(page, err)
}

// Watch follows the copy until the move is done.
func (s *Story) Watch(ctx context.Context) error {
	for {
		m, err := s.readMove(ctx)
		if err != nil {
			return err
		}
		arrived, planned, busy := m.sum()
		s.Tell.Bar(m.State+" "+busy, arrived, planned)
		switch m.State {
		case "done":
			if err := s.findDeparture(ctx); err != nil {
				return err
			}
			s.Tell.Step("the new pod has what it was given, and the old pod agrees")
			s.Tell.Step("for the last changes the old account stood still for %.2f s", float64(m.Stood)/1000)
			return s.rows(ctx, m)
		case "needs-attention", "cancelled", "planned":
			return fmt.Errorf("the move is %s: %s %s", m.State, m.Reason, m.Message)
		case "waiting":
			if m.Reason == "acceptance-needed" {
				if err := s.accept(ctx); err != nil {
					return err
				}
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (s *Story) readMove(ctx context.Context) (move, error) {
	var m move
	page, err := s.browser.Open(ctx, s.move+".json")
	if err != nil {
		return m, err
	}
	if page.Status != 200 {
		return m, fmt.Errorf("%s answers %d: %s", page.URL, page.Status, page.Body)
	}
	return m, json.Unmarshal(page.Body, &m)
}

// findDeparture finds the old pod's page about the move.
func (s *Story) findDeparture(ctx context.Context) error {
	page, err := s.browser.Open(ctx, s.Old.URL+"/departures")
	if page, err = fine(page, err); err != nil {
		return err
	}
	link, ok := page.Link("/departures/")
	if !ok {
		return errors.New("the old pod lists no departure: " + page.Text())
	}
	s.leaving = s.Old.URL + path.Clean(link)
	return nil
}

// accept agrees, at the old pod, that some things did not arrive.
func (s *Story) accept(ctx context.Context) error {
	if err := s.findDeparture(ctx); err != nil {
		return err
	}
	page, err := s.browser.Open(ctx, s.leaving)
	if page, err = fine(page, err); err != nil {
		return err
	}
	if _, err := page.Form("/accept"); err != nil {
		return nil // accepted a moment ago; the new pod has not looked yet
	}
	s.Tell.Step("the old pod asks to accept what cannot arrive, and the person does")
	return s.press(ctx, page, "/accept")
}

// press sends a form of the old pod's that may ask for the password first.
func (s *Story) press(ctx context.Context, page *Page, action string) error {
	after, err := fine(page.Fill(ctx, action, nil))
	if err != nil || after.URL.Path != "/sign-in" {
		return err
	}
	after, err = fine(after.Fill(ctx, "/sign-in", map[string]string{"username": s.Name, "password": Password}))
	if err != nil {
		return err
	}
	_, err = fine(after.Fill(ctx, action, nil))
	return err
}

// move is the move's page as JSON.
type move struct {
	State       string `json:"state"`
	Reason      string `json:"reason"`
	Message     string `json:"message"`
	Stood       int64  `json:"stood_ms"`
	Collections []struct {
		Collection string `json:"collection"`
		Planned    int64  `json:"planned"`
		Imported   int64  `json:"imported"`
		Unchanged  int64  `json:"unchanged"`
		Skipped    int64  `json:"skipped"`
		Failed     int64  `json:"failed"`
		Digest     string `json:"digest"`
	} `json:"collections"`
}

// sum is how much there is in all, and which collection is under way.
func (m move) sum() (arrived, planned int64, busy string) {
	for _, c := range m.Collections {
		seen := c.Imported + c.Unchanged + c.Skipped + c.Failed
		arrived, planned = arrived+seen, planned+c.Planned
		if busy == "" && seen < c.Planned {
			busy = c.Collection
		}
	}
	return arrived, planned, busy
}

// rows compares what the two pods say of each collection.
func (s *Story) rows(ctx context.Context, m move) error {
	d, err := s.readDeparture(ctx)
	if err != nil {
		return err
	}
	for _, c := range m.Collections {
		there := d.count(c.Collection)
		equal := c.Digest != "" && c.Digest == there.Digest && c.Imported+c.Unchanged == there.Arrived
		row := Row{c.Collection, c.Planned, c.Imported + c.Unchanged, c.Failed + c.Skipped, equal}
		s.Report.Rows = append(s.Report.Rows, row)
		if !row.Equal {
			s.Report.problem("%s: the digests at the two pods differ", row.Collection)
		}
		if row.Arrived+row.Failed != row.Sent {
			s.Report.problem("%s: %d sent, but %d arrived and %d failed", row.Collection, row.Sent, row.Arrived, row.Failed)
		}
	}
	return nil
}

// relative is the part of an address behind the host.
func relative(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.RequestURI()
}
