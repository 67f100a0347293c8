package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"podmove/internal/demo"
	"podmove/internal/sample"
)

type demoCommand struct {
	JSON     bool   `name:"json" help:"Print one JSON object as the last line."`
	Database string `enum:"sqlite,postgres" default:"sqlite" help:"What both pods keep their data in: sqlite or postgres."`
	Archive  string `type:"existingfile" help:"Move the account in this archive instead of a sample."`
	Photos   string `type:"existingfile" help:"The zip of its photos."`
}

// Run tells the story and prints the table; it fails unless all of it is right.
func (d demoCommand) Run(ctx context.Context, s surroundings) error {
	dir, err := os.MkdirTemp("", "podmove-demo-")
	if err != nil {
		return err
	}
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	if d.Archive == "" {
		if d.Archive, d.Photos, err = makeSample(dir); err != nil {
			return errors.Join(err, os.RemoveAll(dir))
		}
	}
	report, err := demo.Run(ctx, demo.Options{
		Binary: binary, Dir: dir, Archive: d.Archive, Photos: d.Photos, Database: d.Database, Out: s.out,
	})
	if report == nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	fmt.Fprintln(s.out)
	report.Table(s.out)
	if err != nil {
		fmt.Fprintln(s.out, "broken off:", err)
	}
	if d.JSON {
		err = errors.Join(err, report.JSON(s.out))
	}
	if !report.OK {
		return errors.Join(err, fmt.Errorf("the demo did not go as it should; what the pods logged is in %s", filepath.Join(dir, "pods.log")))
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// makeSample writes the sample account as an archive.
func makeSample(dir string) (archive, photos string, err error) {
	facts, err := sample.Write(dir, "sample@old.example", 1)
	return facts.Archive, facts.Photos, err
}
