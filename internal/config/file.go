package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// maxFile bounds the file of settings, in bytes.
const maxFile = 1 << 20

// File reads a file of settings for kong, as its ConfigurationLoader: YAML with
// one line per setting, named as on the command line. A name that is no setting,
// one that stands twice, and one without a value are errors.
func File(r io.Reader) (kong.Resolver, error) {
	values, err := readFile(r)
	if err != nil {
		return nil, fmt.Errorf("the file of settings: %w", err)
	}
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		value, ok := values[flag.Name]
		// kong asks resolvers last; here the environment wins over the file.
		if !ok || slices.ContainsFunc(flag.Envs, isSet) {
			return nil, nil
		}
		return value, nil
	}), nil
}

func isSet(variable string) bool {
	_, ok := os.LookupEnv(variable)
	return ok
}

// readFile gives each setting the text that would stand on the command line.
func readFile(r io.Reader) (map[string]string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	var document map[string]any
	if err := yaml.Unmarshal(data, &document); err != nil {
		// Without the lines around the mistake: they may hold a password.
		return nil, errors.New(yaml.FormatError(err, false, false))
	}
	known := Names()
	values := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(document)) {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("%q is no setting; the settings are %s", name, strings.Join(known, ", "))
		}
		if values[name], err = flagText(document[name]); err != nil {
			return nil, setting(name, err)
		}
	}
	return values, nil
}

// flagText writes a value of the file as one would on the command line.
func flagText(value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return "", errors.New("it has no value; leave the line out for the default")
	case map[string]any:
		return "", errors.New("it holds further names; a setting is one value or a list")
	case []any:
		words := make([]string, 0, len(value))
		for _, v := range value {
			word, err := flagText(v)
			if err != nil {
				return "", err
			}
			words = append(words, word)
		}
		return strings.Join(words, ","), nil
	default:
		return fmt.Sprint(value), nil
	}
}

// Names are the names of all settings, in the order of Config.
func Names() []string {
	var names []string
	for field := range reflect.TypeFor[Config]().Fields() {
		names = append(names, field.Tag.Get("name"))
	}
	return names
}
