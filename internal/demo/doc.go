// Package demo performs the whole move as a person would see it: it starts two
// pods as processes of their own, drives their pages through HTML forms, and
// checks from the outside that everything arrived.
//
// It knows pods by their addresses and pages alone, and refuses to look into
// their databases or to call their code. The end-to-end tests use it too.
package demo
