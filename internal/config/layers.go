package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// layers holds what was given, by the name of its key, before anything is
// read into a type. The file is the lowest.
type layers struct {
	flags, env, file map[string]given
}

// configFile is where the configuration lies when nobody says otherwise.
const configFile = "sestante.yaml"

// configKey stands in the layers for --config and SESTANTE_CONFIG, which name
// the file and are no keys of it.
const configKey = "config"

// filePath returns the file to read and whether somebody named it.
func (l layers) filePath(dir string) (path string, named bool) {
	for _, layer := range []map[string]given{l.flags, l.env} {
		if g, ok := layer[configKey]; ok {
			return absolute(dir, g.text), true
		}
	}
	return filepath.Join(dir, configFile), false
}

// settle returns the value of every key that was given, the highest layer
// first, with secrets read from their files.
func (l layers) settle(dir string) (map[string]any, []error) {
	settings := map[string]any{}
	secretFiles := map[string]string{}
	var problems []error
	for _, k := range Keys() {
		g, ok := l.highest(k.Name)
		if !ok {
			continue
		}
		value, err := k.value(g)
		switch {
		case err != nil:
			problems = append(problems, err)
		case k.Type == SecretFile:
			secretFiles[k.Name] = g.text
		default:
			settings[k.Name] = value
		}
	}
	problems = append(problems, readSecrets(settings, secretFiles, dir)...)
	if path, ok := settings["dir"].(string); ok {
		settings["dir"] = absolute(dir, path)
	} else {
		settings["dir"] = absolute(dir, find("dir").Default)
	}
	if address, ok := settings["public_url"].(string); ok {
		settings["public_url"] = strings.TrimRight(address, "/")
	}
	return settings, problems
}

func (l layers) highest(name string) (given, bool) {
	for _, layer := range []map[string]given{l.flags, l.env, l.file} {
		if g, ok := layer[name]; ok {
			return g, true
		}
	}
	return given{}, false
}

// find returns the key of that name, which is one of the table's.
func find(name string) Key {
	keys := Keys()
	return keys[slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })]
}

// maxSecret is far above any key or service account, and far below what would
// hurt to read.
const maxSecret = 64 << 10

// readSecrets fills settings with the secrets that lie in files.
func readSecrets(settings map[string]any, files map[string]string, dir string) []error {
	var problems []error
	for _, k := range Keys() {
		path := files[k.Name]
		if k.Type != SecretFile || path == "" {
			continue
		}
		name := strings.TrimSuffix(k.Name, "_file")
		if _, ok := settings[name]; ok {
			problems = append(problems, ErrTwice.In(name).With("in the environment and as %s", k.Name))
			continue
		}
		secret, err := readSecret(absolute(dir, path))
		if err != nil {
			problems = append(problems, ErrFile.In(k.Name).With("%s", err))
			continue
		}
		value, err := find(name).parse(secret, k.Name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		settings[name] = value
	}
	return problems
}

func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecret {
		return "", fmt.Errorf("%s is not a plain file of up to %d bytes", path, maxSecret)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(data), "\r\n")
	if strings.TrimSpace(text) == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return text, nil
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
