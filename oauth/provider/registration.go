package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	strict "github.com/go-jose/go-jose/v3/json"
	"github.com/ory/fosite"

	"podmove/internal/outbound"
	"podmove/oauth"
)

// Bounds on what a client registers.
const (
	maxRegistration = 16 << 10 // bytes
	maxAddress      = 1024
	maxContacts     = 10
	maxLine         = 256
)

// A registration is what is kept of a client that registers itself (RFC 7591
// §2, OpenID Connect Registration §2), and what it is told that was kept.
// Members that are not here are passed over.
type registration struct {
	RedirectURIs    []string        `json:"redirect_uris"`
	Method          string          `json:"token_endpoint_auth_method"`
	Algorithm       string          `json:"token_endpoint_auth_signing_alg,omitempty"`
	GrantTypes      []string        `json:"grant_types"`
	ResponseTypes   []string        `json:"response_types"`
	Scope           string          `json:"scope"`
	Name            string          `json:"client_name,omitempty"`
	URI             string          `json:"client_uri,omitempty"`
	Logo            string          `json:"logo_uri,omitempty"`
	Terms           string          `json:"tos_uri,omitempty"`
	Policy          string          `json:"policy_uri,omitempty"`
	Contacts        []string        `json:"contacts,omitempty"`
	Keys            json.RawMessage `json:"jwks,omitempty"`
	Software        string          `json:"software_id,omitempty"`
	SoftwareVersion string          `json:"software_version,omitempty"`
	Kind            string          `json:"application_type"`
	Subject         string          `json:"subject_type"`
	IDToken         string          `json:"id_token_signed_response_alg"`
	Bound           bool            `json:"dpop_bound_access_tokens"`              // RFC 9449 §5.2
	Pushed          bool            `json:"require_pushed_authorization_requests"` // RFC 9126 §6
}

// Refusals of RFC 7591 §3.2.2, and that of a pod at which nobody registers.
var (
	errClosed = &fosite.RFC6749Error{
		ErrorField: fosite.ErrRequestForbidden.ErrorField, CodeField: http.StatusNotFound,
		DescriptionField: "Clients do not register at this pod. Their client_id can be the address of a metadata document.",
	}
	errMetadata = &fosite.RFC6749Error{
		ErrorField: "invalid_client_metadata", CodeField: http.StatusBadRequest,
		DescriptionField: "The client cannot be registered like this.",
	}
	errRedirect = &fosite.RFC6749Error{
		ErrorField: "invalid_redirect_uri", CodeField: http.StatusBadRequest,
		DescriptionField: "The client cannot be sent back to like this.",
	}
)

// readRegistration reads what a client wants to register, and settles what it
// left open.
func readRegistration(raw []byte, development bool) (registration, error) {
	var asked struct {
		registration
		KeysURI any `json:"jwks_uri"`
	}
	if err := strict.Unmarshal(raw, &asked); err != nil {
		return registration{}, refuse(errMetadata, "It is not a JSON object, or a member of it is of another kind or stands twice.")
	}
	if asked.KeysURI != nil {
		return registration{}, refuse(errMetadata, "Keys stand in jwks: this pod fetches no jwks_uri.")
	}
	m := asked.registration
	m.settle()
	if err := m.redirectsWrong(development); err != nil {
		return registration{}, refuse(errRedirect, err.Error()+".")
	}
	for _, wrong := range []func() error{m.flowWrong, m.keysWrong, func() error { return m.wordsWrong(development) }} {
		if err := wrong(); err != nil {
			return registration{}, refuse(errMetadata, err.Error()+".")
		}
	}
	return m, nil
}

// settle fills in the defaults of RFC 7591 §2 and OpenID Connect Registration
// §2. Scopes that no registered client gets are left out (Protocol §2.3).
func (m *registration) settle() {
	for value, unasked := range map[*string]string{
		&m.Method: methodBasic, &m.Kind: "web", &m.Subject: "public", &m.IDToken: "ES256", &m.Scope: strings.Join(registrable(), " "),
	} {
		if *value == "" {
			*value = unasked
		}
	}
	if len(m.GrantTypes) == 0 {
		m.GrantTypes = []string{"authorization_code"}
	}
	if len(m.ResponseTypes) == 0 {
		m.ResponseTypes = []string{"code"}
	}
	m.Scope = strings.Join(slices.DeleteFunc(strings.Fields(m.Scope), func(s string) bool { return !slices.Contains(registrable(), s) }), " ")
	m.Name, m.Pushed = plain(m.Name), true
}

// registrable are the scopes of registered clients: they prove no host.
func registrable() []string { return []string{oauth.ScopeOpenID, oauth.ScopeRead} }

func (m *registration) flowWrong() error {
	only := func(values []string, known ...string) bool {
		return !slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(known, v) })
	}
	switch {
	case !only(m.ResponseTypes, "code"):
		return errors.New("the only response type is code")
	case !only(m.GrantTypes, "authorization_code", "refresh_token") || !slices.Contains(m.GrantTypes, "authorization_code"):
		return errors.New("the grant types are authorization_code and, with it, refresh_token")
	case !slices.Contains(registeredMethods(), m.Method):
		return errors.New("token_endpoint_auth_method is one of " + strings.Join(registeredMethods(), ", "))
	case m.Scope == "":
		return errors.New("no scope is left that this pod gives to registered clients")
	case m.Kind != "web" && m.Kind != "native", m.Subject != "public":
		return errors.New("application_type is web or native, and subject_type is public")
	}
	return nil
}

// keysWrong: whoever signs has its keys here, as they were when it registered.
func (m *registration) keysWrong() (err error) {
	switch {
	case m.IDToken != "ES256":
		return errors.New("ID tokens are signed with ES256")
	case m.Algorithm != "" && m.Algorithm != "ES256":
		return errors.New("token_endpoint_auth_signing_alg is ES256")
	case m.Method != methodKey && m.Keys == nil:
		return nil
	}
	m.Keys, err = usable(m.Keys)
	return err
}

// redirectsWrong: RFC 9700 §2.1: what a code is sent to is compared exactly
// later, and belongs to nobody else on the person's machine.
func (m *registration) redirectsWrong(development bool) error {
	if len(m.RedirectURIs) == 0 || len(m.RedirectURIs) > maxRedirects {
		return fmt.Errorf("there are no redirect_uris, or more than %d", maxRedirects)
	}
	for _, raw := range m.RedirectURIs {
		if err := addressWrong(raw, development); err != nil {
			return fmt.Errorf("a redirect URI is not taken: %w", err)
		}
	}
	return nil
}

// addressWrong says what is wrong with an address that browsers are to be sent
// to. In production it is never the person's own machine: RFC 8252 §7.3 lets
// programs there vary the port, and any of them may listen.
func addressWrong(raw string, development bool) error {
	u, err := url.Parse(raw)
	if err != nil || len(raw) > maxAddress || u.String() != raw {
		return errors.New("it is no plain address")
	}
	switch {
	case strings.Contains(raw, "#"):
		return errors.New("it has a fragment")
	case development && outbound.Allowed(u, true) == nil:
		return nil
	case outbound.Allowed(u, false) != nil || ownMachine(u.Hostname()):
		return errors.New("it is not https, leads to the person's own machine, or has more than host and path")
	}
	return nil
}

// ownMachine: names and addresses that browsers take for the machine they run on.
func ownMachine(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsUnspecified() ||
		strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".localhost")
}

// wordsWrong bounds what is kept for people. None of it is ever believed.
func (m *registration) wordsWrong(development bool) error {
	for _, raw := range []string{m.URI, m.Logo, m.Terms, m.Policy} {
		if raw != "" && addressWrong(raw, development) != nil {
			return errors.New("client_uri, logo_uri, tos_uri and policy_uri are addresses of pages")
		}
	}
	if len(m.Contacts) > maxContacts {
		return fmt.Errorf("there are more than %d contacts", maxContacts)
	}
	for _, line := range append([]string{m.Software, m.SoftwareVersion}, m.Contacts...) {
		if len(line) > maxLine {
			return fmt.Errorf("a contact, software_id or software_version is longer than %d bytes", maxLine)
		}
	}
	return nil
}
