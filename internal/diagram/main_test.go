package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestDiagramIsInStep(t *testing.T) {
	text, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	again, err := drawn(text)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, again) {
		t.Error("the tables of transitions have changed: go generate ./internal/diagram")
	}
}

func TestDiagram(t *testing.T) {
	type state string
	got := diagram(map[state][]state{"a": {"a", "b-c"}, "b-c": {"end"}})
	for _, line := range []string{"stateDiagram-v2\n", "state \"b-c\" as b_c\n", "a --> b_c\n", "b_c --> end\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("it lacks %q: %s", line, got)
		}
	}
	if strings.Contains(got, "a --> a") {
		t.Errorf("it has a loop: %s", got)
	}
	if _, err := drawn([]byte("nothing")); err == nil {
		t.Error("it drew into a text without a place for it")
	}
}
