// Package locale speaks to people in their language: sentences from message
// catalogues, numbers, sizes and dates as the language writes them, and the
// direction it is read in.
//
// A sentence's key is the English sentence itself, as a format for fmt; a
// catalogue maps it to another language's format, or to one for each plural
// form. So pages read as what they say, and a sentence that a language lacks
// comes in English.
//
// It refuses to know of pages, of requests and of what the sentences are about.
package locale

//go:generate go run ./gather -root ../.. -out catalogue/en.json
