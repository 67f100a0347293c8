package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// A Teller prints what happens as it happens.
type Teller struct {
	out   io.Writer
	start time.Time
	bar   bar
}

// NewTeller prints to out.
func NewTeller(out io.Writer) *Teller { return &Teller{out: out, start: time.Now(), bar: newBar(out)} }

// Step says what begins or has come true.
func (t *Teller) Step(format string, args ...any) {
	t.bar.end()
	fmt.Fprintf(t.out, "%6.1fs  %s\n", time.Since(t.start).Seconds(), fmt.Sprintf(format, args...))
}

// Bar draws how much of the whole has arrived.
func (t *Teller) Bar(label string, done, whole int64) {
	t.bar.draw(strings.TrimSpace(label), done, whole)
}

// A Row is what became of one collection.
type Row struct {
	Collection string `json:"collection"`
	Sent       int64  `json:"sent"`
	Arrived    int64  `json:"arrived"`
	Failed     int64  `json:"failed"`
	Equal      bool   `json:"digests_equal"`
}

// A Report is the demo in figures; Problems is empty when all of it is right.
type Report struct {
	OK       bool     `json:"ok"`
	Old      string   `json:"old"` // diaspora* IDs
	New      string   `json:"new"`
	Database string   `json:"database"`
	Rows     []Row    `json:"collections"`
	Links    int      `json:"old_links_followed"`
	Gone     int      `json:"old_links_gone_after_grace"`
	Hidden   int      `json:"limited_links_hidden"`
	Seconds  float64  `json:"seconds"`
	Problems []string `json:"problems"`
}

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Table prints the report for people.
func (r *Report) Table(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "collection\tsent\tarrived\tfailed\tdigests equal\t")
	for _, row := range r.Rows {
		equal := "yes"
		if !row.Equal {
			equal = "NO"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t\n", row.Collection, row.Sent, row.Arrived, row.Failed, equal)
	}
	w.Flush()
	for _, p := range r.Problems {
		fmt.Fprintln(out, "wrong:", p)
	}
}

// JSON prints the report as one line.
func (r *Report) JSON(out io.Writer) error { return json.NewEncoder(out).Encode(r) }
