// Package web is the face of the pod for people: pages in html/template, plain
// forms, one style sheet, and a little script that no page needs. Its [Site] renders pages and knows who is
// looking; each group of pages is a struct with a Mount method and declares the
// few methods it needs of the rooms behind it.
//
// It refuses to know of the database, of tokens and of the wire: it asks, shows
// the answer, and says in plain words what went wrong.
package web
