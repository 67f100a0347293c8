package main

import (
	"io"
	"log/slog"

	"podmove/internal/config"
)

// newLog writes what a podmin reads. No caller hands it a token, code, cookie
// or text of a post.
func newLog(out io.Writer, c config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}
