// Package contract is what the program that reads openapi.yaml makes of it: the
// routes of the transfer API and their parameters. It exists so that the router
// cannot drift from the contract, and knows nothing that the contract does not
// say.
package contract

//go:generate go tool -modfile=../../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../openapi.yaml
