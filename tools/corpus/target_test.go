package main

import "testing"

func TestAdd(t *testing.T) {
	const head = "mode: count\npodmove/a.go:1.2,3.4 1 1\n"
	reached := map[string]bool{}
	for _, c := range []struct {
		name, profile string
		further       bool
	}{
		{"the first block that is run is new", head, true},
		{"a block that was run before is not", head, false},
		{"a block that is not run is not", head + "podmove/a.go:5.2,6.4 11 0\n", false},
		{"a block that is run more often is new", "mode: count\npodmove/a.go:1.2,3.4 1 9\n", true},
		{"a little more often is not", "mode: count\npodmove/a.go:1.2,3.4 1 10\n", false},
		{"another block that is run is new", "mode: count\npodmove/a.go:5.2,6.4 11 1\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := add(reached, []byte(c.profile)); got != c.further {
				t.Errorf("got %t", got)
			}
		})
	}
}
