package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"podmove/internal/demo"
)

// program runs a command as a program of its own and answers how it ended.
func (p *testPod) program(t *testing.T, args ...string) (status int, said string) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c := exec.CommandContext(t.Context(), binary, append(args, "--data", p.dir, "--database", p.database)...)
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), asProgram+"=1"), &out, &out
	err = c.Run()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return ended.ExitCode(), out.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, out.String()
}

// TestAuditCommands: what a podmin can ask, of a pod that is up.
func TestAuditCommands(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		p := newQuickPod(t, dialect)
		p.addAccount(t, "ada")
		p.addAccount(t, "boss", "--admin")
		start(t, p)
		status, said := p.program(t, "audit", "verify")
		rows := strings.Count(p.execute(t, "", "audit", "list"), "\n") // keys and accounts
		if status != 0 || rows < 4 || !strings.HasPrefix(said, fmt.Sprint(rows, " rows checked")) {
			t.Fatalf("%d %s", status, said)
		}
		_, noted, _ := strings.Cut(strings.TrimSpace(said), "head ")
		t.Run("a head can be held to what was noted", func(t *testing.T) {
			if status, said := p.program(t, "audit", "verify", "--noted", noted); status != 0 {
				t.Errorf("%d %s", status, said)
			}
			if status, said := p.program(t, "audit", "verify", "--noted", "2:"+strings.Repeat("0", 64)); status != 1 || !strings.Contains(said, "row 2:") {
				t.Errorf("%d %s", status, said)
			}
			if status, said := p.program(t, "audit", "verify", "--noted", "rubbish"); status != 1 || !strings.Contains(said, "Nothing was checked") {
				t.Errorf("%d %s", status, said)
			}
		})
		t.Run("the head is in the pod's log", func(t *testing.T) {
			p.logs(t, "the head of the audit log")
		})
		t.Run("rows can be listed", func(t *testing.T) {
			said := p.execute(t, "", "audit", "list", "--account", "Boss", "--since", "1h", "--json")
			var row struct {
				Number int64  `json:"number"`
				Actor  string `json:"actor"`
				Kind   string `json:"kind"`
				Detail string `json:"detail"`
				Hash   string `json:"hash"`
			}
			if err := json.Unmarshal([]byte(said), &row); err != nil || row.Actor != "podmin" || row.Kind != "account-added" || row.Detail != `{"admin":true}` || len(row.Hash) != 64 {
				t.Errorf("%v %s", err, said)
			}
			if said := p.execute(t, "", "audit", "list"); strings.Count(said, "\n") != rows || !strings.Contains(said, "key-added\tby system") {
				t.Errorf("%s", said)
			}
			if said := p.execute(t, "", "audit", "list", "--since", "2999-01-01"); said != "" {
				t.Errorf("%s", said)
			}
			for _, wrong := range [][]string{{"--account", "nobody"}, {"--since", "yesterday"}} {
				if status, said := p.program(t, append([]string{"audit", "list"}, wrong...)...); status != 1 {
					t.Errorf("%v: %d %s", wrong, status, said)
				}
			}
		})
		t.Run("a row that was put in is named, and the program fails", func(t *testing.T) {
			p.forge(t, "INSERT INTO audit SELECT number + 1, at, account, actor, kind, subject, detail, prev, hash FROM audit ORDER BY number DESC LIMIT 1")
			status, said := p.program(t, "audit", "verify")
			if status != 1 || !strings.Contains(said, fmt.Sprint("broken at row ", rows+1)) || !strings.Contains(said, fmt.Sprint(rows, " rows before it are as they were")) {
				t.Errorf("%d %s", status, said)
			}
		})
	})
}

// forge runs a statement on a pod's database, past the program.
func (p *testPod) forge(t *testing.T, statement string) {
	t.Helper()
	driver, name := p.reach()
	db, err := sql.Open(driver, name)
	if err == nil {
		_, err = db.ExecContext(t.Context(), statement)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAuditOfAMove: both ends write down what a whole move does, and the
// refused sign-in of somebody who guesses.
func TestAuditOfAMove(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect), newQuickPod(t, dialect)
		from.fill(t, "ada", 20)
		start(t, from, to)
		w := to.signUp(t, "ada")
		guess := person{"ada", from, demo.NewBrowser()}
		says(t, guess.fill(t, guess.open(t, from.URL+"/sign-in"), "/sign-in", "username", "ada", "password", "a guess"), "do not belong together")
		move := address(w.decide(t, w.consent(t, "ada@"+from.Host(), "ada"), "allow"))
		w.follow(t, move, "done")
		w.fill(t, w.open(t, move), "/undo")
		w.follow(t, move, "undone")
		for _, end := range []struct {
			pod  *testPod
			want []string
		}{
			{from, []string{
				"podmin account-added", "podmin archive-read", "system sign-in-failed", "person grant-given", "client transfer-open",
				"client transfer-frozen",
				"client transfer-verified", "client transfer-redirecting", "client grant-revoked", "pod transfer-undone",
			}},
			{to, []string{"person account-added", "person move-planned", "system move-done", "person move-undone"}},
		} {
			got := end.pod.acts(t, "ada")
			for len(got) < len(end.want) { // the tokens are given back in the background
				pause(t)
				got = end.pod.acts(t, "ada")
			}
			slices.Sort(got)
			slices.Sort(end.want)
			if !slices.Equal(got, end.want) {
				t.Errorf("the rows are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(end.want, "\n"))
			}
			if status, said := end.pod.program(t, "audit", "verify"); status != 0 {
				t.Errorf("%s", said)
			}
		}
		if said := from.execute(t, "", "audit", "list"); strings.Contains(said, "127.0.0.1/") || !strings.Contains(said, "127.0.0.0/24") {
			t.Errorf("the network of a refused sign-in: %s", said)
		}
	})
}

// acts are who did what, in the rows about an account.
func (p *testPod) acts(t *testing.T, account string) (list []string) {
	t.Helper()
	for line := range strings.Lines(p.execute(t, "", "audit", "list", "--account", account)) {
		columns := strings.Split(line, "\t")
		who, _, _ := strings.Cut(strings.TrimPrefix(columns[4], "by "), " ")
		list = append(list, who+" "+columns[3])
	}
	return list
}

// TestDisconnected takes the permission back in the middle of the copy. The
// next request finds its token unknown; the move stops and asks, and nothing is
// lost.
func TestDisconnected(t *testing.T) {
	each(t, func(t *testing.T, dialect string) {
		from, to := newQuickPod(t, dialect, "PODMOVE_PAGE_ITEMS=5"), newQuickPod(t, dialect)
		goOn := behind(t, from).halt(t)
		from.fill(t, "ada", 20)
		start(t, from, to)
		w := to.signUp(t, "ada")
		seen := watch(t, from, to, "ada")
		before := from.holding(t, "ada")
		move := address(w.decide(t, w.consent(t, "ada@"+from.Host(), "ada"), "allow"))
		w.waitFor(t, move, 5)
		owner := from.signIn(t, "ada")
		page := owner.open(t, from.URL+"/settings/apps")
		says(t, page, to.Host(), "ada@"+to.Host(), "A move or copy runs with this permission")
		says(t, owner.fill(t, page, "/revoke"), "The permission is taken back.", "Nobody can read your account now.")
		goOn()
		m := w.follow(t, move, "needs-attention", "done", "cancelled")
		if m.State != "needs-attention" || m.Reason != "consent-needed" {
			t.Fatalf("the move is %s: %s %s", m.State, m.Reason, m.Message)
		}
		if after := from.holding(t, "ada"); !after.equal(before) {
			t.Errorf("the old account was changed: %s", after)
		}
		seen.Check(t)
		page = w.fill(t, w.open(t, move), "/agree")
		w.decide(t, w.fill(t, page, "/sign-in", "username", "ada", "password", demo.Password), "allow")
		if m = w.follow(t, move, "done", "needs-attention", "cancelled"); m.State != "done" || m.arrived("posts") != 20 {
			t.Errorf("the move is %s with %d posts: %s", m.State, m.arrived("posts"), m.Message)
		}
		if acts := from.acts(t, "ada"); !slices.Contains(acts, "person grant-revoked") {
			t.Errorf("written down are %v", acts)
		}
		seen.Check(t)
	})
}

func TestNetworks(t *testing.T) {
	for address, want := range map[string]string{"192.0.2.77": "192.0.2.0/24", "2001:db8:1:2::3": "2001:db8:1::/48"} {
		if got := networkOf(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is of %s", address, got)
		}
	}
	if got := networkOf(netip.Addr{}); got != "" {
		t.Errorf("no address is of %s", got)
	}
}
