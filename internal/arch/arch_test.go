// Package arch holds the tests that keep the house in order: imports point
// inward, the papers name every room and every module, links lead somewhere.
// It has no code of its own, and nothing imports it.
package arch_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sestante/sestante"

// The rules that a rules room may look into, and what every door needs.
var (
	rules = []string{"fault", "report", "geo", "geo/cluster", "geo/crs", "geo/format", "geo/nearby", "geo/pmtiles", "geo/tile", "media", "sync", "notify"}
	door  = append([]string{"desk", "store", "internal/apierr", "internal/config", "pocketbase", "http"}, rules...)
)

// rooms says what each room may look into besides the standard library and
// the modules that need no leave. It is the picture in docs/architecture.md in
// a form that can fail. "*" is everything, "pocketbase", "http", "sql" and
// "firebase" are the foreign things that some rooms must not know. A line
// ending in /... is for every folder below.
var rooms = map[string][]string{
	// rules: plain Go, called with values
	"fault":       {},
	"report":      {"fault"},
	"geo":         {"fault"},
	"geo/cluster": {"fault"},
	"geo/crs":     {"fault"},
	"geo/format":  {"fault", "geo", "geo/crs"},
	"geo/nearby":  {"fault"},
	"geo/pmtiles": {"fault"},
	"geo/tile":    {"fault"},
	"media":       {"fault"},
	"sync":        {"fault", "report", "geo"},
	"notify":      {"fault", "report"},

	// the device's half of the protocol, and how it reaches a server
	"sync/device":      {"fault", "report", "sync"},
	"sync/device/http": {"fault", "sync", "sync/device", "http"},

	// what keeps, what sends, what decides
	"store":         append([]string{"pocketbase", "sql"}, rules...),
	"store/gpkg":    {"sql", "fault", "geo", "geo/format"},
	"pb_migrations": {"pocketbase", "sql", "fault", "geo", "report"},
	"notify/fcm":    {"fault", "notify", "firebase", "http"},
	"desk":          append([]string{"store", "store/gpkg", "pocketbase"}, rules...),

	// doors: they translate, and never import each other
	"hooks":      door,
	"mobile-api": append([]string{"api"}, door...),
	"jobs":       append([]string{"notify/fcm"}, door...),
	"api":        {},

	// wiring
	"cmd/...": {"*"},

	// what serves the house, and its tests
	"internal/apierr":   {"fault", "pocketbase", "http"},
	"internal/arch":     {},
	"internal/config":   {"fault"},
	"internal/pbtest":   {"*"},
	"internal/fcmfake":  {"fault", "http"},
	"internal/photogen": {"fault", "media", "report"},
	"internal/areagen":  {"geo"},
	"internal/demo":     append([]string{"desk", "store", "internal/fcmfake", "internal/photogen", "sync/device", "sync/device/http", "pocketbase", "http"}, rules...), // a client too
	"internal/gen/...":  {"*"},
	"bench/...":         {"*"},
}

// foreign names the packages a room needs leave for.
var foreign = []struct{ prefix, name string }{
	{"github.com/pocketbase/dbx", "sql"},
	{"github.com/pocketbase/", "pocketbase"},
	{"modernc.org/sqlite", "sql"},
	{"database/sql", "sql"},
	{"net/http", "http"},
	{"firebase.google.com/", "firebase"},
	{"google.golang.org/api/", "firebase"},
}

// TestImportsPointInward reads the files itself: a test that asks the go
// command would be answered from the test cache after the imports changed.
func TestImportsPointInward(t *testing.T) {
	files := 0
	for _, path := range goFiles(t) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		files++
		from := filepath.ToSlash(filepath.Dir(path))
		may, ok := line(from)
		if !ok {
			t.Errorf("%s has no line in rooms: say what it may import", from)
			continue
		}
		for _, imported := range imports(t, path) {
			if to := room(imported); to != "" && to != from && !slices.Contains(may, to) && !slices.Contains(may, "*") {
				t.Errorf("%s imports %s: %s may not look into %s", path, imported, from, to)
			}
		}
	}
	if files < 10 {
		t.Errorf("only %d files read: the test looks in the wrong place", files)
	}
}

// TestRulesReadNoClock: a rule that asks what time it is cannot be tested, and
// one that starts a goroutine cannot be stopped.
func TestRulesReadNoClock(t *testing.T) {
	for _, path := range goFiles(t) {
		from := filepath.ToSlash(filepath.Dir(path))
		if strings.HasSuffix(path, "_test.go") || !slices.Contains(rules, from) {
			continue
		}
		text := read(t, path)
		for _, taboo := range []string{"time.Now(", "time.Sleep(", "\tgo func", "os.Getenv("} {
			if strings.Contains(text, taboo) {
				t.Errorf("%s holds %q: rules take what they need as values", path, strings.TrimSpace(taboo))
			}
		}
	}
}

// TestRoom keeps the test itself honest.
func TestRoom(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{module + "/geo", "geo"},
		{module + "/sync/device/http", "sync/device/http"},
		{module, "."},
		{"github.com/pocketbase/pocketbase/core", "pocketbase"},
		{"github.com/pocketbase/dbx", "sql"},
		{"database/sql/driver", "sql"},
		{"net/http/httptest", "http"},
		{"net/url", ""},
		{"github.com/paulmach/orb", ""},
		{"strings", ""},
	} {
		if got := room(c.path); got != c.want {
			t.Errorf("room(%s) = %q, want %q", c.path, got, c.want)
		}
	}
	for _, c := range []struct {
		from string
		ok   bool
	}{{"geo", true}, {"cmd/sestante", true}, {"cmd", true}, {"internal/gen/boundaries", true}, {"geo/data", false}, {"util", false}, {".", false}} {
		if _, ok := line(c.from); ok != c.ok {
			t.Errorf("line(%s) found = %v, want %v", c.from, ok, c.ok)
		}
	}
	for _, pair := range [][2]string{{"hooks", "mobile-api"}, {"mobile-api", "jobs"}, {"jobs", "hooks"}, {"store", "desk"}, {"geo", "http"}, {"report", "pocketbase"}, {"media", "sql"}} {
		if may, _ := line(pair[0]); slices.Contains(may, pair[1]) {
			t.Errorf("%s may look into %s", pair[0], pair[1])
		}
	}
}

// room names what an import leads to, or "" for one that needs no leave.
func room(path string) string {
	if path == module {
		return "."
	}
	if rest, ok := strings.CutPrefix(path, module+"/"); ok {
		return rest
	}
	for _, f := range foreign {
		if path == f.prefix || strings.HasPrefix(path, strings.TrimSuffix(f.prefix, "/")+"/") {
			return f.name
		}
	}
	return ""
}

// line finds a room's line, its own or that of a folder above with /...
func line(from string) ([]string, bool) {
	if may, ok := rooms[from]; ok {
		return may, true
	}
	for above := from; above != "."; above = filepath.ToSlash(filepath.Dir(above)) {
		if may, ok := rooms[above+"/..."]; ok {
			return may, true
		}
	}
	return nil, false
}

func imports(t *testing.T, path string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	paths := make([]string, 0, len(f.Imports))
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, imported)
	}
	return paths
}

// root is the top of the checkout, seen from here.
var root = filepath.Join("..", "..")

// goFiles returns the Go files of this module, relative to root. A folder
// with a go.mod of its own is another house.
func goFiles(t *testing.T) []string {
	t.Helper()
	return files(t, ".go")
}

// files returns the files with an ending, relative to root, without what is
// hidden, installed or foreign.
func files(t *testing.T, ending string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "testdata" || hasModule(path)) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, ending) {
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			found = append(found, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func hasModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
