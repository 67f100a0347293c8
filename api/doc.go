// Package api is the pod's face for programs: the transfer API, the signed
// messages between pods, the public JSON forms, and the contract that describes
// them all, openapi.yaml.
//
// It turns requests into calls and errors into problem documents, and decides
// nothing: what may be read under a permission is transfer/source's to say, what
// a token is good for the introspector's. It refuses to know how anything is
// stored. It and web are the only rooms that know gin.
package api
