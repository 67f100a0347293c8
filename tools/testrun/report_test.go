package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	const pass = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- PASS: TestA\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	const skip = `{"Action":"output","Package":"p","Test":"TestS","Output":"    s_test.go:1: no database\n"}
{"Action":"skip","Package":"p","Test":"TestS"}
`
	const fail = `{"Action":"output","Package":"q","Test":"TestF","Output":"    f_test.go:1: wrong\n"}
{"Action":"fail","Package":"q","Test":"TestF"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.1s\n"}
{"Action":"fail","Package":"q"}
`
	const crash = `{"Action":"run","Package":"c","Test":"TestC"}
{"Action":"output","Package":"c","Test":"TestC","Output":"panic: oh\n"}
{"Action":"output","Package":"c","Output":"FAIL\tc\t0.1s\n"}
{"Action":"fail","Package":"c"}
`
	const build = `{"ImportPath":"b","Action":"build-output","Output":"b.go:1: syntax error\n"}
{"ImportPath":"b","Action":"build-fail"}
{"Action":"output","Package":"b","Output":"FAIL\tb [build failed]\n"}
{"Action":"fail","Package":"b","FailedBuild":"b"}
`
	for name, c := range map[string]struct {
		events    string
		skipsFail bool
		failed    bool
		out       string
	}{
		"prints a line for a package that passed": {pass, true, false, "ok  \tp\t0.1s\n1 passed, 0 failed, 0 skipped\n"},
		"names what was skipped":                  {pass + skip, false, false, "ok  \tp\t0.1s\nskipped: p TestS\n    s_test.go:1: no database\n1 passed, 0 failed, 1 skipped\n"},
		"fails for a skip where it has to":        {skip, true, true, "skipped: p TestS\n    s_test.go:1: no database\nCI=true: a skipped test counts as failed\n0 passed, 0 failed, 1 skipped\n"},
		"shows what a failed test said":           {fail, false, true, "    f_test.go:1: wrong\nFAIL\tq\t0.1s\n0 passed, 1 failed, 0 skipped\n"},
		"counts a package that crashed":           {crash, false, true, "panic: oh\nFAIL\tc\t0.1s\n0 passed, 1 failed, 0 skipped\n"},
		"counts a package that does not build":    {build, false, true, "b.go:1: syntax error\nFAIL\tb [build failed]\n0 passed, 1 failed, 0 skipped\n"},
		"passes on what is no event":              {"go: downloading x\n", false, false, "go: downloading x\n0 passed, 0 failed, 0 skipped\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out)
			if err := r.read(strings.NewReader(c.events)); err != nil {
				t.Fatal(err)
			}
			if failed := r.close(c.skipsFail); failed != c.failed {
				t.Errorf("failed: %v", failed)
			}
			if out.String() != c.out {
				t.Errorf("got\n%s\nwant\n%s", out.String(), c.out)
			}
		})
	}
}
