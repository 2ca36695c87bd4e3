package config

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"
)

func flagName(key string) string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(key)
}

// AddFlags gives set one flag for every key that may have one, and --config.
// It is for the help and the parsing of the command line; the values are read
// by Load. Flags that set has already stay as they are. Those of the grouped
// keys are left out of the help, which would be all flags: they stand in
// docs/configuration.md.
func AddFlags(set *pflag.FlagSet) {
	add := func(name, usage string, hide bool) {
		if set.Lookup(name) != nil {
			return
		}
		set.String(name, "", usage)
		if hide {
			set.Lookup(name).Hidden = true
		}
	}
	add(configKey, "configuration file (default "+configFile+", which may be absent)", false)
	for _, k := range Keys() {
		name := k.Flag()
		if name == "" {
			continue
		}
		usage := k.Doc
		if k.Default != "" {
			usage += " (default " + k.Default + ")"
		}
		add(name, usage, k.Group() != "" || k.Type == SecretFile)
		if k.Type == Bool {
			set.Lookup(name).NoOptDefVal = "true" // --production alone says yes
		}
	}
}

// readFlags picks our flags out of a command line and leaves the others, and
// the arguments, to their commands.
func readFlags(args []string) (map[string]given, []error) {
	set := pflag.NewFlagSet("sestante", pflag.ContinueOnError)
	set.ParseErrorsAllowlist.UnknownFlags = true
	set.BoolP("help", "h", false, "")
	AddFlags(set)
	secrets := map[string]string{}
	for _, k := range Keys() {
		if k.Type == SecretText {
			secrets[flagName(k.Name)] = k.Name
			set.String(flagName(k.Name), "", "")
		}
	}
	if err := set.Parse(args); err != nil {
		return nil, []error{flagFault(err)}
	}

	layer := map[string]given{}
	var problems []error
	names := map[string]string{configKey: configKey}
	for _, k := range Keys() {
		names[k.Flag()] = k.Name
	}
	set.Visit(func(f *pflag.Flag) {
		if name, ok := secrets[f.Name]; ok {
			problems = append(problems, ErrSecret.In(name).With("--%s: use %s or --%s-file", f.Name, find(name).Env(), f.Name))
			return
		}
		if name, ok := names[f.Name]; ok {
			layer[name] = given{text: f.Value.String(), origin: "--" + f.Name}
		}
	})
	return layer, problems
}

// flagFault says which flag stands without its value.
func flagFault(err error) error {
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return ErrValue.In("--" + missing.GetSpecifiedName()).With("needs a value")
	}
	return ErrValue.In("the command line").With("%s", err)
}
