// Package config is the one place where a pod's settings are listed, each with
// its unit, its default and what can go wrong with it.
//
// It exists so that a setting has one name on the command line, in the
// environment and in the file, and so that a pod that cannot work is told so
// before it starts. A flag wins over the environment, the environment over the
// file, the file over the default. The package refuses to know what any setting
// is used for: cmd/server hands each room the values that it needs, and no room
// imports this one.
package config
