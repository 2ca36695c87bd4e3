package config

import (
	"cmp"
	"fmt"
	"strings"
)

// Reference returns docs/configuration.md, made from the table.
func Reference() []byte {
	var b strings.Builder
	b.WriteString(`<!-- Made from internal/config/keys.go by "make gen". Edit that file. -->

# Configuration

Sestante runs without any: every key has a default. To change one, in this
order of precedence:

1. a **flag**: ` + "`--http 0.0.0.0:8090`" + `
2. a **variable** of the environment: ` + "`SESTANTE_HTTP=0.0.0.0:8090`" + `; an empty one counts as not set
3. a **file**, ` + "`sestante.yaml`" + ` in the current folder, or the one that ` + "`--config`" + `
   or ` + "`SESTANTE_CONFIG`" + ` names: ` + "`http: 0.0.0.0:8090`" + `
4. the **default**.

[sestante.example.yaml](../sestante.example.yaml) is such a file with every key
commented out. In the file, the part of a key before a dot is a group:

` + "```yaml\nintake:\n  rate_per_minute: 20\n```" + `

What Sestante does not know, it refuses at start: a key that is not below, a
` + "`SESTANTE_*`" + ` variable that is not below, a value of the wrong type or out of its
bounds, a key given twice. The message names the key, where it was written and,
for a spelling mistake, the key that was probably meant.

**Secrets** are taken from the environment or from a file of their own (the keys
that end in ` + "`_file`" + `), never from sestante.yaml and never from a flag. They print
as ` + "`[secret]`" + `.

Two variables are no keys. ` + "`SESTANTE_SETTINGS_KEY`" + `, of exactly 32 characters, encrypts
the settings PocketBase stores (mail and S3 passwords among them).
` + "`SESTANTE_DATA`" + ` tells the tests where real data is.

Sizes may end in kB, MB, GB (thousands) or KiB, MiB, GiB (1,024s). Relative paths
begin at the current folder.
`)
	heading := "none yet"
	for _, k := range Keys() {
		if group := k.Group(); group != heading {
			heading = group
			fmt.Fprintf(&b, "\n## %s\n\n| key | what it means | type | default | variable | flag |\n|---|---|---|---|---|---|\n", cmp.Or(group, "General"))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n",
			code(k.Name), k.Doc, k.Type, code(k.Default), code(k.Env()), code(dashed(k.Flag())))
	}
	return []byte(b.String())
}

// Example returns sestante.example.yaml: every key of the table with its
// default, commented out.
func Example() []byte {
	var b strings.Builder
	b.WriteString(`# Sestante's configuration. Copy this file to sestante.yaml and take the # away
# from what you change, and from the group it stands in. Flags and SESTANTE_*
# variables go before it; docs/configuration.md has all of it in one table.
`)
	var open []string
	for _, k := range Keys() {
		path := strings.Split(k.Name, ".")
		groups, name := path[:len(path)-1], path[len(path)-1]
		for i, group := range groups {
			if i < len(open) && open[i] == group {
				continue
			}
			open = open[:i]
			fmt.Fprintf(&b, "\n#%s%s:\n", indent(i), group)
			open = append(open, group)
		}
		open = open[:len(groups)]
		in := indent(len(groups))
		if len(groups) == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "# %s%s\n", in, k.Doc)
		if k.Type == SecretText {
			fmt.Fprintf(&b, "# %sNot here: only in %s.\n", in, k.Env())
			continue
		}
		fmt.Fprintf(&b, "#%s%s: %s\n", in, name, yamlDefault(k))
	}
	return []byte(b.String())
}

func yamlDefault(k Key) string {
	if k.Type == List {
		return "[" + k.Default + "]"
	}
	return cmp.Or(k.Default, `""`)
}

func indent(depth int) string { return strings.Repeat("  ", depth) }

func dashed(flag string) string {
	if flag == "" {
		return ""
	}
	return "--" + flag
}

func code(text string) string {
	if text == "" {
		return "–"
	}
	return "`" + text + "`"
}
