package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// Ports that pods left running listen on where they are free, so that their
// addresses are the same each time.
const (
	oldPort = 4001
	newPort = 4002
)

// Newcomer is an account at the new pod of pods left running; its password is
// Password.
const Newcomer = "newcomer"

// Keep starts two pods, the old one with the account in the archive, says how to
// sign in, and leaves them running until ctx ends.
func Keep(ctx context.Context, o Options) error {
	truth, err := ReadTruth(o.Archive, o.Photos)
	if err != nil {
		return err
	}
	s := &Story{Truth: truth, Name: truth.Username, Tell: NewTeller(o.Out)}
	log, err := os.Create(filepath.Join(o.Dir, "pods.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	closeAll, err := s.openPods(ctx, o, []string{"PODMOVE_GRACE=1h", "PODMOVE_NOTICE=1m", "PODMOVE_LIMIT_SIGN_UP=0"}, log)
	defer closeAll()
	if err != nil {
		return err
	}
	s.Old.prefer(oldPort)
	s.New.prefer(newPort)
	s.Old.settings = append(s.Old.settings, "PODMOVE_SUGGESTED_PODS="+s.New.Host())
	if err := s.furnish(ctx, o); err != nil {
		return err
	}
	s.invite(o)
	<-ctx.Done()
	return errors.Join(s.Old.Stop(), s.New.Stop())
}

// furnish fills the pods and starts them. They end when they are stopped, not
// when ctx does: then they would be killed.
func (s *Story) furnish(ctx context.Context, o Options) error {
	if err := s.Prepare(ctx, o.Archive, o.Photos); err != nil {
		return err
	}
	if _, err := s.New.Command(ctx, Password+"\n", "account", "add", Newcomer, "--email", Newcomer+"@mail.example", "--password-stdin"); err != nil {
		return err
	}
	for _, p := range []*Process{s.Old, s.New} {
		if err := p.Start(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// invite says where everything is.
func (s *Story) invite(o Options) {
	fmt.Fprintf(o.Out, `
  the old pod   %s
                sign in as %s with the password: %s
                then: Settings, Move to another pod

  the new pod   %s
                sign up, or sign in as %s with the same password

  They keep their data and their log in %s.
  An hour after a move the old copies are erased; after a minute you may ask for it.
  Ctrl-C ends both pods and removes what they kept.
`, s.Old.URL, s.Name, Password, s.New.URL, Newcomer, o.Dir)
}

// prefer has the pod listen on a port, if that is free.
func (p *Process) prefer(port int) {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return
	}
	listener.Close()
	p.URL, p.Listen = "http://"+address, address
}
