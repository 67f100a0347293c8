package config_test

import (
	"strings"
	"testing"

	"podmove/internal/config"
)

func valid() config.Config {
	c := config.Default()
	c.PublicURL = "https://pod.example"
	return c
}

// mailed sets the server that takes mail, and whom it comes from.
func mailed(server, from string) func(*config.Config) {
	return func(c *config.Config) { c.SMTP, c.MailFrom = server, from }
}

func TestPublicURL(t *testing.T) {
	good := []struct {
		url, origin, host string
		development       bool
	}{
		{"https://pod.example", "https://pod.example", "pod.example", false},
		{"https://Pod.Example/", "https://pod.example", "pod.example", false},
		{"https://pod.example:443/", "https://pod.example", "pod.example", false},
		{"https://pod.example:8443", "https://pod.example:8443", "pod.example:8443", false},
		{"http://127.0.0.1:4001", "http://127.0.0.1:4001", "127.0.0.1:4001", true},
		{"http://localhost:80", "http://localhost", "localhost", true},
		{"http://[::1]:4001/", "http://[::1]:4001", "[::1]:4001", true},
	}
	for _, g := range good {
		c := valid()
		c.PublicURL = g.url
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", g.url, err)
		}
		if c.Origin() != g.origin || c.Host() != g.host || c.Development() != g.development {
			t.Errorf("%s: %s, %s, %v", g.url, c.Origin(), c.Host(), c.Development())
		}
	}
	bad := map[string]string{
		"":                            "say under which address",
		"pod.example":                 "is no address",
		"https:pod.example":           "is no address",
		"https://":                    "is no address",
		"ftp://pod.example":           "begins with https://",
		"http://pod.example":          "a pod is https",
		"http://192.168.1.2:4000":     "a pod is https",
		"http://127.0.0.1.evil":       "a pod is https",
		"https://127.0.0.1:4001":      "write http",
		"https://pod.example/path":    "and nothing else",
		"https://pod.example?x":       "and nothing else",
		"https://pod.example?":        "and nothing else",
		"https://pod.example#x":       "and nothing else",
		"https://user:pw@pod.example": "and nothing else",
	}
	for url, says := range bad {
		c := valid()
		c.PublicURL = url
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "public-url: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", url, err, says)
		}
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*config.Config)
		says   string // what the error begins with; empty for none
	}{
		"takes PostgreSQL":               {func(c *config.Config) { c.Database = "postgres://u:p@db/podmove" }, ""},
		"takes a database file":          {func(c *config.Config) { c.Database = "sqlite:/srv/pod.db" }, ""},
		"refuses another database":       {func(c *config.Config) { c.Database = "mysql://u:p@db/podmove" }, "database: write"},
		"refuses no data directory":      {func(c *config.Config) { c.Data = "" }, "data: "},
		"refuses no port":                {func(c *config.Config) { c.Listen = "127.0.0.1" }, "listen: "},
		"refuses a grace of nothing":     {func(c *config.Config) { c.Grace = 0 }, "grace: "},
		"refuses another after-erase":    {func(c *config.Config) { c.AfterErase = "keep" }, "after-erase: "},
		"refuses another registration":   {func(c *config.Config) { c.Registration = "invite" }, "registration: "},
		"takes proxies":                  {func(c *config.Config) { c.TrustedProxies = []string{"::1", "10.0.0.0/8"} }, ""},
		"refuses a proxy's name":         {func(c *config.Config) { c.TrustedProxies = []string{"proxy.example"} }, "trusted-proxies: "},
		"refuses accounts beyond count":  {func(c *config.Config) { c.AccountBytes = 1<<50 + 1 }, "account-bytes: "},
		"refuses to keep a planet free":  {func(c *config.Config) { c.DiskReserve = 1<<50 + 1 }, "disk-reserve: "},
		"refuses photos of nothing":      {func(c *config.Config) { c.MaxPhoto = 0 }, "max-photo: "},
		"refuses pages of nothing":       {func(c *config.Config) { c.PageItems = 0 }, "page-items: "},
		"refuses pages nobody takes":     {func(c *config.Config) { c.PageBytes = 5 << 20 }, "page-bytes: "},
		"takes an e-mail address":        {func(c *config.Config) { c.AdminContact = "podmin@pod.example" }, ""},
		"takes a contact page":           {func(c *config.Config) { c.AdminContact = "https://pod.example/contact" }, ""},
		"refuses a contact that is none": {func(c *config.Config) { c.AdminContact = "javascript:alert(1)" }, "admin-contact: "},
		"keeps development on loopback": {func(c *config.Config) {
			c.PublicURL, c.Listen = "http://127.0.0.1:4000", "0.0.0.0:4000"
		}, "listen: a pod in development"},
		"keeps development off every interface": {func(c *config.Config) {
			c.PublicURL, c.Listen = "http://127.0.0.1:4000", ":4000"
		}, "listen: a pod in development"},
		"takes a mail server":                   {mailed("smtp://u:secret@mail.example:587", "Podmove <noreply@pod.example>"), ""},
		"takes one without a user":              {mailed("smtp://127.0.0.1:25", "noreply@pod.example"), ""},
		"takes one with TLS at once":            {mailed("smtps://u:%2Fsecret@mail.example", "noreply@pod.example"), ""},
		"takes a sender alone":                  {mailed("", "noreply@pod.example"), ""},
		"refuses a mail server of another kind": {mailed("http://u:secret@mail.example", "noreply@pod.example"), "smtp: name"},
		"refuses one without a host":            {mailed("smtp://u:secret@:25", "noreply@pod.example"), "smtp: name"},
		"refuses one that is no address":        {mailed("smtp://u:sec%zzret@mail.example", "noreply@pod.example"), "smtp: name"},
		"refuses a user without a password":     {mailed("smtp://secret@mail.example", "noreply@pod.example"), "smtp: it names a user"},
		"refuses a password without a user":     {mailed("smtp://:secret@mail.example", "noreply@pod.example"), "smtp: it names a user"},
		"refuses what stands behind the port":   {mailed("smtp://mail.example:25/secret", "noreply@pod.example"), "smtp: nothing"},
		"refuses a port that is none":           {mailed("smtp://u:secret@mail.example:70000", "noreply@pod.example"), "smtp: its port"},
		"refuses a mail server without sender":  {mailed("smtp://u:secret@mail.example", ""), "mail-from: with smtp"},
		"refuses a sender that is none":         {mailed("smtp://u:secret@mail.example", "secret\r\nBcc: x@mail.example"), "mail-from: with smtp"},
		"lets production listen anywhere":       {func(c *config.Config) { c.Listen = ":4000" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			settings := valid()
			c.change(&settings)
			err := settings.Validate()
			if c.says == "" && err != nil {
				t.Errorf("got %v", err)
			}
			if c.says != "" && (err == nil || !strings.HasPrefix(err.Error(), c.says)) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "sec") {
				t.Errorf("it tells the password: %v", err)
			}
		})
	}
	t.Run("says all that is wrong at once, and no password", func(t *testing.T) {
		settings := valid()
		settings.Grace, settings.Database = 0, "mysql://user:secret@db"
		err := settings.Validate()
		if err == nil || len(strings.Split(err.Error(), "\n")) != 2 || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	})
}
