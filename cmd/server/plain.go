package main

import (
	"errors"

	"podmove/transfer"
)

// plain is an error as a person at a terminal reads it: the message without
// code and cause.
func plain(err error) error {
	if e, ok := errors.AsType[*transfer.Error](err); ok && e.Message != "" {
		return errors.New(e.Message)
	}
	return err
}
