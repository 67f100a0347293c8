package mail

import gomail "github.com/wneessen/go-mail"

// RequireTLS treats a server on this machine like any other.
func (s *Sender) RequireTLS() { s.policy = gomail.TLSMandatory }

// RequiresTLS says whether nothing is sent without.
func (s *Sender) RequiresTLS() bool { return s.implicit || s.policy == gomail.TLSMandatory }
