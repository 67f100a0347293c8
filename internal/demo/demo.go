package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"podmove/internal/cluster"
)

// Options are what a demo is made of.
type Options struct {
	Binary   string // podmove itself
	Dir      string // where everything is kept; removed by the caller
	Archive  string // of the account that moves
	Photos   string
	Database string // "" for SQLite, "postgres" for a throw-away server
	Out      io.Writer
}

// grace is how long the old copies live: long enough to follow every old link
// of the account on a busy machine, short enough to wait for.
func grace(t Truth) time.Duration {
	addresses := 2*len(t.Posts) + 6*len(t.Photos)
	return (6*time.Second + time.Duration(addresses)*12*time.Millisecond).Round(time.Second)
}

// Run performs the whole move and reports on it. An error means that the story
// broke off; the report's problems, that it went on but something is not right.
func Run(ctx context.Context, o Options) (*Report, error) {
	truth, err := ReadTruth(o.Archive, o.Photos)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	s := &Story{Truth: truth, Name: truth.Username, Tell: NewTeller(o.Out)}
	s.Report.Database, s.Report.Problems = "sqlite", []string{}
	log, err := os.Create(filepath.Join(o.Dir, "pods.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	settings := []string{fmt.Sprintf("PODMOVE_GRACE=%ds", int(grace(truth).Seconds())), "PODMOVE_NOTICE=1s"}
	closeAll, err := s.openPods(ctx, o, settings, log)
	defer closeAll()
	if err == nil {
		err = s.tell(ctx, o)
	}
	s.Report.Seconds = time.Since(started).Seconds()
	s.Report.OK = err == nil && len(s.Report.Problems) == 0
	return &s.Report, err
}

// tell is the story from beginning to end.
func (s *Story) tell(ctx context.Context, o Options) error {
	if err := s.Prepare(ctx, o.Archive, o.Photos); err != nil {
		return err
	}
	for _, p := range []*Process{s.Old, s.New} {
		if err := p.Start(ctx); err != nil {
			return err
		}
	}
	s.Tell.Step("the old pod is up at %s, the new pod at %s", s.Old.URL, s.New.URL)
	for _, chapter := range []func(context.Context) error{s.Begin, s.Watch, s.FollowLinks, s.WaitForErasing} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return errors.Join(s.Old.Stop(), s.New.Stop())
}

// openPods prepares both pods, with databases of their own.
func (s *Story) openPods(ctx context.Context, o Options, settings []string, log io.Writer) (closeAll func(), err error) {
	databases := []string{"", ""}
	closeAll = func() {}
	if o.Database == "postgres" {
		s.Report.Database = o.Database
		c, err := cluster.Start()
		if err != nil {
			return closeAll, err
		}
		closeAll = func() { _ = c.Close() } // it ends with this process anyway
		for i, name := range []string{"old", "new"} {
			if databases[i], err = c.Database(ctx, name); err != nil {
				return closeAll, err
			}
		}
	}
	settings = append(settings, "PODMOVE_LOG_LEVEL=info")
	if s.Old, err = NewProcess(o.Binary, filepath.Join(o.Dir, "old"), databases[0], settings, log); err != nil {
		return closeAll, err
	}
	if s.New, err = NewProcess(o.Binary, filepath.Join(o.Dir, "new"), databases[1], settings, log); err != nil {
		return closeAll, err
	}
	stop := closeAll
	s.Report.Old, s.Report.New = s.ID(s.Old), s.ID(s.New)
	return func() { _, _ = s.Old.Kill(), s.New.Kill(); stop() }, nil
}
