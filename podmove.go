// Package podmove moves a person's account from one diaspora*-like pod to
// another, live: the new pod reads it through a transfer API with the person's
// consent, both sides prove that everything arrived, and the old links lead to
// the new posts. docs/architecture.md is the map of the rooms.
//
// The package itself holds only the contract of the HTTP API.
package podmove

import _ "embed"

// OpenAPI is openapi.yaml, which api keeps to and serves.
//
//go:embed openapi.yaml
var OpenAPI []byte
