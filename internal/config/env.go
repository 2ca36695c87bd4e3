package config

import (
	"maps"
	"slices"
	"strings"
)

const envPrefix = "SESTANTE_"

// reserved are the variables with our prefix that are no keys: the one that
// names the file, the one PocketBase reads itself (store.NewApp names it), and
// the one by which tests find real data.
var reserved = map[string]string{
	envPrefix + "CONFIG":       configKey,
	envPrefix + "SETTINGS_KEY": "",
	envPrefix + "DATA":         "",
}

// readEnviron picks out our variables. An empty one counts as not set, as
// compose files leave many so.
func readEnviron(environ []string) (map[string]given, []error) {
	names := maps.Clone(reserved)
	for _, k := range Keys() {
		names[k.Env()] = k.Name
	}
	known := slices.Sorted(maps.Keys(names))
	layer := map[string]given{}
	var problems []error
	for _, entry := range environ {
		variable, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(variable, envPrefix) {
			continue
		}
		name, ok := names[variable]
		switch {
		case !ok:
			problems = append(problems, ErrKey.In(variable).With("%s", suggest(variable, known, "a variable of the environment")))
		case name != "" && text != "":
			layer[name] = given{text: text, origin: variable}
		}
	}
	return layer, problems
}

// suggest ends the message about an unknown name with the nearest known one.
func suggest(name string, known []string, where string) string {
	if near := nearest(name, known); near != "" {
		return where + "; did you mean " + near + "?"
	}
	return where
}
