package main

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"podmove/internal/mail/mailtest"
)

// letters are the subjects that came for an address, in the order of the
// alphabet.
func subjects(t *testing.T, c *mailtest.Catcher, to string) (list []string) {
	t.Helper()
	for _, l := range c.Letters() {
		if l.To == to {
			list = append(list, l.Header(t, "Subject"))
		}
	}
	slices.Sort(list)
	return list
}

// TestNews: Protocol §7.5.
func TestNews(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		const password = "that of the mail server"
		catcher := mailtest.Catch(t, mailtest.Options{User: "pod", Password: password, Refuse: func(to string) int {
			if to == "refused@mail.example" {
				return 550
			}
			return 0
		}})
		s, from, to := newStory(t, dialect, "sample", "PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1s",
			"PODMOVE_SMTP="+strings.Replace(catcher.URL(), "://", "://pod:"+url.PathEscape(password)+"@", 1), "PODMOVE_MAIL_FROM=Pod <pod@pod.example>")
		secrets := secrets{}
		behind(t, from).seen = secrets.read
		s.Old.URL = from.URL
		start(t, from, to)
		owner := from.signIn(t, s.Name)
		for _, address := range []string{"refused@mail.example", "new@mail.example"} {
			page := owner.open(t, from.URL+"/settings")
			says(t, owner.fill(t, page, "/settings/email", "email", address), "The e-mail address is changed.")
		}
		tell(t, s.Begin)
		tell(t, s.Watch)
		tell(t, s.EraseNow)
		tell(t, s.WaitForErasing)
		host := s.Old.Host()
		want := []string{
			host + ": another pod may read your account", host + ": the old copies are erased",
			host + ": the old copies are to be erased without waiting", host + ": your account has moved",
		}
		has := func(got, want []string) bool { // the erasing announces itself when it is near
			return !slices.ContainsFunc(want, func(subject string) bool { return !slices.Contains(got, subject) })
		}
		for _, address := range []string{s.Name + "@mail.example", "new@mail.example"} {
			for !has(subjects(t, catcher, address), want) {
				pause(t)
			}
		}
		t.Run("reach the new pod's address of the account, too", func(t *testing.T) {
			for !slices.Contains(subjects(t, catcher, s.Name+"@mail.example"), s.New.Host()+": your account is here") {
				pause(t)
			}
		})
		t.Run("come once each", func(t *testing.T) {
			got := subjects(t, catcher, "new@mail.example")
			if len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Errorf("got %q", got)
			}
		})
		t.Run("say where to look, and hold nothing that is nobody's business", func(t *testing.T) {
			secrets.know(s)
			secrets.add("password", password)
			secrets.complete(t)
			for _, p := range []*testPod{from, to} {
				secrets.search(t, "the log of "+p.URL, p.log.String())
			}
			for _, l := range catcher.Letters() {
				text := l.Text(t)
				if !strings.Contains(text, s.Old.URL+"/departures/") && !strings.Contains(text, s.New.URL+"/moves/") {
					t.Errorf("%s", text)
				}
				secrets.search(t, "a letter", l.Raw+text+l.HTML(t))
			}
		})
		t.Run("that are refused for ever are given up, without the address in the log", func(t *testing.T) {
			from.logs(t, "did not reach an address")
			if strings.Contains(withoutDebug(from.log.String()), "refused@mail.example") {
				t.Error("the log names who it was for")
			}
		})
	})
}
