package config_test

import (
	"testing"
	"time"

	"podmove/internal/config"
)

func TestDuration(t *testing.T) {
	const day = 24 * time.Hour
	good := []struct {
		text string
		want time.Duration
		back string
	}{
		{"30d", 30 * day, "30d"},
		{"1w", 7 * day, "7d"},
		{"1w2d", 9 * day, "9d"},
		{"1d12h", 36 * time.Hour, "1d12h"},
		{"12h", 12 * time.Hour, "12h"},
		{"24h", day, "1d"},
		{"90m", 90 * time.Minute, "1h30m"},
		{"5s", 5 * time.Second, "5s"},
		{"1m30s", 90 * time.Second, "1m30s"},
		{"10m0s", 10 * time.Minute, "10m"},
		{"250ms", 250 * time.Millisecond, "250ms"},
		{"0", 0, "0s"},
		{"0s", 0, "0s"},
	}
	for _, g := range good {
		var d config.Duration
		if err := d.UnmarshalText([]byte(g.text)); err != nil || d.Std() != g.want {
			t.Errorf("%s is read as %v, %v", g.text, d.Std(), err)
		}
		if text, err := d.MarshalText(); err != nil || string(text) != g.back {
			t.Errorf("%s is written as %s, %v", g.text, text, err)
		}
	}
	for _, text := range []string{"", "30", "d", "-5s", "+5s", "1d-5s", "5 days", "1.5d", "2d1w", "999999w", "106751d9999h", "٣d"} {
		if d, err := config.ParseDuration(text); err == nil {
			t.Errorf("%q is read as %v", text, d)
		}
	}
}

func TestSize(t *testing.T) {
	good := []struct {
		text string
		want config.Size
		back string
	}{
		{"50MiB", 50 << 20, "50MiB"},
		{"4GiB", 4 << 30, "4GiB"},
		{"64KiB", 64 << 10, "64KiB"},
		{"1024KiB", 1 << 20, "1MiB"},
		{"65537", 65537, "65537"},
		{"0", 0, "0"},
	}
	for _, g := range good {
		var s config.Size
		if err := s.UnmarshalText([]byte(g.text)); err != nil || s != g.want {
			t.Errorf("%s is read as %d, %v", g.text, s, err)
		}
		if text, err := s.MarshalText(); err != nil || string(text) != g.back {
			t.Errorf("%s is written as %s, %v", g.text, text, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1", "1.5GiB", "50MB", "50 MiB", "9999999999GiB", "1MiBKiB"} {
		if s, err := config.ParseSize(text); err == nil {
			t.Errorf("%q is read as %d", text, s)
		}
	}
}
