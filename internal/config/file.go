package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sestante/sestante/fault"
)

// maxFile is many times the whole table.
const maxFile = 1 << 20

// readFile reads the configuration file. It may only be absent if nobody
// named it.
func readFile(path string, named bool) (map[string]given, []error) {
	name := filepath.Base(path)
	data, err := readLimited(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, []error{ErrFile.In(name).With("%s", err)}
	}
	return parseFile(data, name)
}

func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		return nil, fmt.Errorf("longer than %d bytes", maxFile)
	}
	return data, err
}

// parseFile reads YAML into what was given for each key. It walks the nodes
// itself, as decoding into a map would lose the lines.
func parseFile(data []byte, name string) (map[string]given, []error) {
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil // nothing but comments
	case err != nil:
		return nil, []error{ErrYAML.In(name).With("%s", strings.TrimPrefix(err.Error(), "yaml: "))}
	}
	root := document.Content[0]
	if empty(root) {
		return nil, nil
	}
	var second yaml.Node
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, []error{ErrYAML.In(name).With("more than one document")}
	}
	w := walker{file: name, layer: map[string]given{}, seen: map[string]int{}}
	for _, k := range Keys() {
		w.keys = append(w.keys, k)
		w.names = append(w.names, k.Name)
		for group := k.Group(); group != "" && !slices.Contains(w.groups, group); group = (Key{Name: group}).Group() {
			w.groups = append(w.groups, group)
		}
	}
	w.mapping(root, "")
	return w.layer, w.problems
}

// A walker collects the keys of one file, and what is wrong with them.
type walker struct {
	file     string
	keys     []Key
	names    []string // of the keys
	groups   []string
	seen     map[string]int // the line of every key and group so far
	layer    map[string]given
	problems []error
}

func (w *walker) mapping(node *yaml.Node, group string) {
	if node.Kind != yaml.MappingNode {
		w.problem(ErrYAML.In(cmp.Or(group, w.file)), node, "a mapping belongs here")
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		name := cmp.Or(key.Value, `""`)
		if group != "" {
			name = group + "." + name
		}
		if line, ok := w.seen[name]; ok {
			w.problem(ErrTwice.In(name), key, "first on line %d", line)
			continue
		}
		w.seen[name] = key.Line
		w.entry(name, key, value)
	}
}

// entry reads one key, or goes down into a group.
func (w *walker) entry(name string, key, value *yaml.Node) {
	if slices.Contains(w.groups, name) {
		if !empty(value) {
			w.mapping(value, name)
		}
		return
	}
	i := slices.Index(w.names, name)
	switch {
	case i < 0:
		w.problem(ErrKey.In(name), key, "%s", suggest(name, w.names, "not in the table"))
	case w.keys[i].secret():
		w.problem(ErrSecret.In(name), key, "use %s or %s_file", w.keys[i].Env(), name)
	case empty(value):
		w.problem(ErrValue.In(name), value, "no value")
	default:
		w.value(name, value)
	}
}

func (w *walker) value(name string, node *yaml.Node) {
	g := given{text: node.Value, origin: w.at(node)}
	switch node.Kind {
	case yaml.ScalarNode:
	case yaml.SequenceNode:
		g.list = []string{}
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode || empty(item) {
				w.problem(ErrValue.In(name), item, "not a plain value")
				return
			}
			g.list = append(g.list, item.Value)
		}
	default: // a mapping, or an alias: one value in two places is two values
		w.problem(ErrValue.In(name), node, "not a plain value")
		return
	}
	w.layer[name] = g
}

func (w *walker) problem(f *fault.Error, node *yaml.Node, format string, args ...any) {
	w.problems = append(w.problems, f.With(w.at(node)+": "+format, args...))
}

func (w *walker) at(node *yaml.Node) string { return fmt.Sprintf("%s line %d", w.file, node.Line) }

// empty reports whether a node says nothing: a group with all its keys
// commented out, for one.
func empty(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }
