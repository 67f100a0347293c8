package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"podmove/internal/config"
)

// parse reads settings as the program does, for the pod pod.example.
func parse(t *testing.T, file string, args ...string) (config.Config, error) {
	t.Helper()
	var command struct {
		config.Config `embed:""`
		File          kong.ConfigFlag `name:"config"`
	}
	parser, err := kong.New(&command, kong.Configuration(config.File), kong.Exit(func(int) { t.Error("it exits") }))
	if err != nil {
		t.Fatal(err)
	}
	if file != "" {
		path := filepath.Join(t.TempDir(), "podmove.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	_, err = parser.Parse(append(args, "--public-url", "https://pod.example"))
	return command.Config, err
}

func TestDefault(t *testing.T) {
	got, err := parse(t, "")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Default()
	want.PublicURL = "https://pod.example"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the flags' defaults are\n%+v, and Default is\n%+v", got, want)
	}
}

func TestOrder(t *testing.T) {
	const file = "grace: 1d\nnotice: 2d\nlog-level: warn\n"
	t.Setenv("PODMOVE_GRACE", "3d")
	t.Setenv("PODMOVE_NOTICE", "4d")
	got, err := parse(t, file, "--grace", "5d")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string][2]string{
		"a flag wins over the environment":   {got.Grace.String(), "5d"},
		"the environment wins over the file": {got.Notice.String(), "4d"},
		"the file wins over the default":     {got.LogLevel, "warn"},
		"the default is what is left":        {got.MoveExpiry.String(), "7d"},
	} {
		t.Run(name, func(t *testing.T) {
			if c[0] != c[1] {
				t.Errorf("got %s, want %s", c[0], c[1])
			}
		})
	}
}

func TestKongValidates(t *testing.T) {
	_, err := parse(t, "", "--grace", "0s")
	if err == nil || !strings.Contains(err.Error(), "grace: it must be longer than nothing") {
		t.Errorf("got %v", err)
	}
}

func TestFields(t *testing.T) {
	for field := range reflect.TypeFor[config.Config]().Fields() {
		name := field.Tag.Get("name")
		variable := "PODMOVE_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if got := field.Tag.Get("env"); got != variable {
			t.Errorf("%s is the variable %s, want %s", name, got, variable)
		}
		if field.Tag.Get("help") == "" {
			t.Errorf("%s has no help", name)
		}
	}
}

func TestFile(t *testing.T) {
	t.Run("takes a list", func(t *testing.T) {
		got, err := parse(t, "trusted-proxies: [127.0.0.1, '10.0.0.0/8']\n")
		if err != nil || !reflect.DeepEqual(got.TrustedProxies, []string{"127.0.0.1", "10.0.0.0/8"}) {
			t.Errorf("got %q, %v", got.TrustedProxies, err)
		}
	})
	t.Run("may be empty", func(t *testing.T) {
		if _, err := parse(t, "# nothing yet\n"); err != nil {
			t.Error(err)
		}
	})
	for name, c := range map[string]struct{ file, says string }{
		"names a setting that is none":      {"grase: 30d\n", `"grase" is no setting; the settings are data, listen`},
		"refuses a name that stands twice":  {"grace: 30d\ngrace: 1d\n", "grace"},
		"refuses a name without a value":    {"grace:\n", "grace: it has no value"},
		"refuses names below a name":        {"grace:\n  days: 3\n", "grace: it holds further names"},
		"refuses a value that is wrong":     {"grace: soon\n", `"soon" is no length of time`},
		"refuses a word that is not listed": {"log-level: loud\n", "loud"},
		"refuses what is no YAML":           {"\t{", "the file of settings"},
		"refuses a file that is too large":  {"# " + strings.Repeat("x", 1<<20), "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(t, c.file); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q in it", err, c.says)
			}
		})
	}
}

func TestFileTellsNoPassword(t *testing.T) {
	for name, file := range map[string]string{
		"where a name stands twice":      "smtp: smtps://u:secret@mail.example\nsmtp: smtps://u:secret@mail.example\n",
		"where the line after is broken": "smtp: smtps://u:secret@mail.example\n\t{\n",
		"where the value is broken":      "database: \"postgres://u:secret@db\n",
		"where the value is a list":      "smtp: {secret: secret}\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(t, file); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestExample holds podmove.example.yaml to the settings and their defaults.
func TestExample(t *testing.T) {
	data, err := os.ReadFile("../../podmove.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parse(t, string(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
	want := config.Default()
	want.PublicURL = "https://pod.example"
	if len(got.TrustedProxies) == 0 {
		got.TrustedProxies = nil
	}
	if len(got.SuggestedPods) == 0 {
		got.SuggestedPods = nil
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the example says\n%+v, the defaults are\n%+v", got, want)
	}
	_, settings, _ := strings.Cut(string(data), "\n\n")
	blocks := strings.Split(strings.TrimSpace(settings), "\n\n")
	names := config.Names()
	if len(blocks) != len(names) {
		t.Fatalf("%d settings in the example, %d in Config", len(blocks), len(names))
	}
	for i, block := range blocks {
		lines := strings.Split(block, "\n")
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, names[i]+": ") {
			t.Errorf("%q stands where %s is expected", last, names[i])
		}
		for _, word := range []string{"Unit: ", "Default: ", "Danger: "} {
			if !strings.Contains(block, word) {
				t.Errorf("%s is documented without %q", names[i], word)
			}
		}
	}
}
