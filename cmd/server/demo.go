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

// twoPods are the settings of commands that run an old pod and a new one.
type twoPods struct {
	Database string `enum:"sqlite,postgres" default:"sqlite" help:"What both pods keep their data in: sqlite or postgres."`
	Archive  string `type:"existingfile" help:"The account in this archive instead of a sample."`
	Photos   string `type:"existingfile" help:"The zip of its photos."`
}

// options makes a directory for the pods, which the caller removes.
func (t twoPods) options(s surroundings) (demo.Options, error) {
	dir, err := os.MkdirTemp("", "podmove-demo-")
	if err != nil {
		return demo.Options{}, err
	}
	o := demo.Options{Dir: dir, Archive: t.Archive, Photos: t.Photos, Database: t.Database, Out: s.out}
	o.Binary, err = os.Executable()
	if err == nil && t.Archive == "" {
		o.Archive, o.Photos, err = makeSample(dir)
	}
	if err != nil {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return o, err
}

type podsCommand struct {
	twoPods
}

// Run leaves two pods running.
func (p podsCommand) Run(ctx context.Context, s surroundings) error {
	o, err := p.options(s)
	if err != nil {
		return err
	}
	return errors.Join(demo.Keep(ctx, o), os.RemoveAll(o.Dir))
}

type demoCommand struct {
	twoPods
	JSON bool `name:"json" help:"Print one JSON object as the last line."`
}

// Run tells the story and prints the table; it fails unless all of it is right.
func (d demoCommand) Run(ctx context.Context, s surroundings) error {
	o, err := d.options(s)
	if err != nil {
		return err
	}
	dir := o.Dir
	report, err := demo.Run(ctx, o)
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
