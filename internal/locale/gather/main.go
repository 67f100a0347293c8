// Gather collects the sentences that the program says to people into the
// English catalogue. Plural forms that stand there stay; what nobody says any
// more goes.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"podmove/internal/locale"
)

func main() {
	root := flag.String("root", ".", "directory of the program's source")
	out := flag.String("out", "", "file of the English catalogue")
	flag.Parse()
	if err := run(*root, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gather:", err)
		os.Exit(1)
	}
}

func run(root, out string) error {
	keys, err := keysIn(root)
	if err != nil {
		return err
	}
	before, err := locale.ReadCatalogue("en")
	if err != nil {
		return err
	}
	now := make(map[locale.Key]locale.Message, len(keys))
	for _, key := range keys {
		m, known := before[key]
		if !known || m.Forms == nil {
			m = locale.Message{Text: string(key)}
		}
		now[key] = m
	}
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\t")
	if err := enc.Encode(now); err != nil {
		return err
	}
	return os.WriteFile(out, raw.Bytes(), 0o644)
}
