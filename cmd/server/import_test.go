package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"podmove/internal/sample"
	"podmove/transfer"
	"podmove/transfer/source"
)

// small is an archive with three posts. Tests replace parts of it.
const small = `{"version":"2.0","user":{"username":"ada","profile":{"entity_type":"profile","entity_data":{"author":"ada@old.example","first_name":"Ada"}},
"posts":[
{"entity_type":"status_message","entity_data":{"author":"ada@old.example","guid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1","created_at":"2020-01-01T00:00:01Z","text":"first","public":true,"photos":[]}},
{"entity_type":"status_message","entity_data":{"author":"ada@old.example","guid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2","created_at":"2020-01-01T00:00:02Z","text":"SECOND","public":true,"photos":[]}},
{"entity_type":"status_message","entity_data":{"author":"ada@old.example","guid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa3","created_at":"2020-01-01T00:00:03Z","text":"third","public":true,"photos":[]}}
]}}`

func TestImportRefuses(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		p := newQuickPod(t, dialect)
		p.fill(t, "ada", 3)
		before := p.holding(t, "ada")
		good := written(t, []byte(small))
		for _, c := range []struct {
			what    string
			archive string
			photos  string
			says    string
		}{
			{"an archive that ends in the middle", written(t, []byte(small[:len(small)/2])), "", "ends in the middle"},
			{"a packed archive that ends in the middle", written(t, packed(t, small)[:200]), "", "ends in the middle"},
			{"what is neither gzip nor JSON", written(t, []byte("\x89PNG\r\n\x1a\n")), "", "neither JSON nor packed"},
			{"version 1.9", written(t, []byte(strings.Replace(small, "2.0", "1.9", 1))), "", `version "1.9"`},
			{"version 2.0.1", written(t, []byte(strings.Replace(small, "2.0", "2.0.1", 1))), "", `version "2.0.1"`},
			{"a file that is not there", filepath.Join(t.TempDir(), "gone.json"), "", "gone.json"},
			{"a name in the zip that leads out", good, written(t, zipped(t, "../../evil.png")), "leads out"},
			{"an absolute name in the zip", good, written(t, zipped(t, "/etc/evil.png")), "leads out"},
			{"photos that are no zip", good, written(t, []byte("no zip")), "not a zip file"},
		} {
			t.Run(c.what, func(t *testing.T) {
				p.refuses(t, c.archive, c.photos, c.says)
				if after := p.holding(t, "ada"); !after.equal(before) {
					t.Errorf("the account was changed:\n%s\nbefore:\n%s", after, before)
				}
			})
		}
	})
}

// TestImportNowhere names what is not there, and makes nothing of it.
func TestImportNowhere(t *testing.T) {
	p := newQuickPod(t, "sqlite")
	p.addAccount(t, "ada")
	archive, gone := written(t, []byte(small)), filepath.Join(t.TempDir(), "gone")
	for _, c := range []struct{ what, data, account, says string }{
		{"an account that is not there", p.dir, "bob", `no account "bob"`},
		{"a directory that is not there", gone, "ada", "no pod keeps its data in " + gone},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := execute(t.Context(), "", "import", "--data", c.data, "--account", c.account, archive)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "Nothing was imported") {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("a pod was made where none was")
	}
}

// TestImportRefusesBomb packs 10 GB of spaces into about 10 MB. Refusing them may
// not take the memory, and with it the time, of reading them.
func TestImportRefusesBomb(t *testing.T) {
	p := newQuickPod(t, "sqlite")
	p.fill(t, "ada", 3)
	for _, c := range []struct{ what, head string }{
		{"inside a string", strings.TrimSuffix(strings.TrimSpace(small), "}}") + `,"email":"`},
		{"before the first brace", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			archive := bomb(t, c.head)
			before := allocated()
			p.refuses(t, archive, "", "300 times its size")
			if used := allocated() - before; used > 256<<20 {
				t.Errorf("it allocated %d MB", used>>20)
			}
		})
	}
}

// refuses imports what cannot be imported.
func (p *testPod) refuses(t *testing.T, archive, photos, says string) {
	t.Helper()
	args := []string{"import", "--data", p.dir, "--database", p.database, "--account", "ada", archive}
	if photos != "" {
		args = append(args, photos)
	}
	out, err := execute(t.Context(), "", args...)
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want an error that says %q; printed: %s", err, says, out)
	}
}

// stop has an account stand still for a move, which goOn cancels.
func (p *testPod) stop(t *testing.T, name string) (goOn func()) {
	t.Helper()
	s := p.open(t)
	t.Cleanup(func() { s.Close() })
	a, err := s.AccountNamed(t.Context(), name)
	move := source.Transfer{
		ID: guid(name, "transfer", 1), Account: a.ID, State: transfer.Frozen, Created: time.Now(), Used: time.Now(), Thaws: time.Now().Add(time.Minute),
	}
	if err := errors.Join(err, s.AddTransfer(t.Context(), move)); err != nil {
		t.Fatal(err)
	}
	return func() {
		move.State = transfer.Cancelled
		if err := s.SaveTransfer(t.Context(), move); err != nil {
			t.Error(err)
		}
	}
}

func TestImport(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		p := newQuickPod(t, dialect)
		t.Run("leaves out a post whose text cannot travel, and takes the others", func(t *testing.T) {
			for name, text := range map[string]string{"nul": `with \u0000 inside`, "lone": `with \ud800 inside`} {
				p.addAccount(t, name)
				archive := written(t, []byte(strings.Replace(small, "SECOND", text, 1)))
				out := p.execute(t, "", "import", "--account", name, archive)
				if !strings.Contains(out, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2") {
					t.Errorf("the report does not name the post: %s", out)
				}
				if n := p.holding(t, name).Items[transfer.Posts].Count; n != 2 {
					t.Errorf("%d posts arrived, want 2", n)
				}
			}
		})
		t.Run("adds nothing to an account that stands still, and does when it moves no more", func(t *testing.T) {
			p.addAccount(t, "ada")
			archive := written(t, []byte(small))
			goOn := p.stop(t, "ada")
			before := p.holding(t, "ada")
			p.refuses(t, archive, "", "nothing can be written to it for about a minute")
			if after := p.holding(t, "ada"); !after.equal(before) {
				t.Errorf("there is %s", after)
			}
			goOn()
			p.execute(t, "", "import", "--account", "ada", archive)
		})
		t.Run("changes nothing when it is done again", func(t *testing.T) {
			facts := makeAccount(t, "sample", 1)
			p.addAccount(t, "sample")
			p.execute(t, "", "import", "--account", "sample", facts.Archive, facts.Photos)
			before := p.holding(t, "sample")
			if n := before.Items[transfer.Posts].Count; n != int64(facts.Posts) {
				t.Errorf("%d posts arrived, want %d", n, facts.Posts)
			}
			out := p.execute(t, "", "import", "--account", "sample", facts.Archive, facts.Photos)
			if want := regexp.MustCompile(fmt.Sprintf(`posts +0 +%d +0 +0`, facts.Posts)); !want.MatchString(out) || !strings.Contains(out, "nothing was changed") {
				t.Errorf("the report does not say that all was here already: %s", out)
			}
			if after := p.holding(t, "sample"); !after.equal(before) {
				t.Errorf("the account was changed:\n%s\nbefore:\n%s", after, before)
			}
		})
		t.Run("brings the photos when their zip is given later", func(t *testing.T) {
			facts := makeAccount(t, "later", 3)
			p.addAccount(t, "later")
			out := p.execute(t, "", "import", "--account", "later", facts.Archive)
			if !strings.Contains(out, "zip of photos, which was not given") {
				t.Errorf("the report does not ask for the photos: %s", out)
			}
			p.execute(t, "", "import", "--account", "later", facts.Archive, facts.Photos)
			if n := p.holding(t, "later").Items[transfer.Photos].Count; n != int64(facts.Attached+facts.Loose) {
				t.Errorf("%d photos arrived", n)
			}
		})
		t.Run("names the file of a photo whose bytes are missing", func(t *testing.T) {
			facts := makeAccount(t, "holey", 2)
			missing := without(t, facts.Photos)
			p.addAccount(t, "holey")
			out := p.execute(t, "", "import", "--account", "holey", facts.Archive, facts.Photos)
			if !strings.Contains(out, missing) {
				t.Errorf("the report does not name %s: %s", missing, out)
			}
			if n := p.holding(t, "holey").Items[transfer.Photos].Count; n != int64(facts.Attached+facts.Loose-1) {
				t.Errorf("%d photos arrived", n)
			}
		})
	})
}

// makeAccount writes the sample account.
func makeAccount(t *testing.T, name string, seed uint64) sample.Facts {
	t.Helper()
	facts, err := sample.Write(t.TempDir(), name+"@old.example", seed)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// written is the name of a file with the content given.
func written(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func packed(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, text)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bomb is the name of a file that unpacks to head and 10 GB behind it. Members
// of a gzip file may follow one another, so one of them is packed once.
func bomb(t *testing.T, head string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bomb.json.gz")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := packed(t, strings.Repeat(" ", 4<<20))
	_, err = f.Write(packed(t, head))
	for i := 0; i < 2560 && err == nil; i++ {
		_, err = f.Write(block)
	}
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func zipped(t *testing.T, names ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range names {
		if _, err := w.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// without takes the first file out of a zip and answers its name.
func without(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File[1:] {
		err = errors.Join(err, w.Copy(f))
	}
	if err = errors.Join(err, w.Close(), os.WriteFile(name, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return r.File[0].Name
}

// allocated is how many bytes this process has allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
