package arch_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestMapIsComplete: every folder at the top has a line in the map of
// README.md, so that nobody has to guess what a room is for.
func TestMapIsComplete(t *testing.T) {
	readme := read(t, "README.md")
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() || slices.Contains([]string{".git", ".tools", "dist", "node_modules", "sestante_data", "pb_data"}, e.Name()) {
			continue
		}
		if holdsFiles(t, e.Name()) && !strings.Contains(readme, "| `"+e.Name()+"/` |") {
			t.Errorf("%s/ has no line in the map of README.md", e.Name())
		}
	}
}

// holdsFiles reports whether a folder has any file: git knows no empty ones.
func holdsFiles(t *testing.T, dir string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(filepath.Join(root, dir), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = true
			return filepath.SkipAll
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// link finds [text](target) and ![text](target) in Markdown.
var link = regexp.MustCompile(`\]\(([^()\s]+)(?:\s+"[^"]*")?\)`)

// TestLinksAreAlive follows every relative link in every Markdown file, down
// to the heading it names.
func TestLinksAreAlive(t *testing.T) {
	followed := 0
	for _, path := range files(t, ".md") {
		for _, m := range link.FindAllStringSubmatch(prose(read(t, path)), -1) {
			target := m[1]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			followed++
			file, heading, _ := strings.Cut(target, "#")
			there := path
			if file != "" {
				there = filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			}
			info, err := os.Stat(filepath.Join(root, there))
			if err != nil {
				t.Errorf("%s links to %s, which is not there", path, target)
				continue
			}
			if heading != "" && !info.IsDir() && !slices.Contains(headings(read(t, there)), heading) {
				t.Errorf("%s links to %s, which has no such heading", path, target)
			}
		}
	}
	if followed < 10 {
		t.Errorf("only %d links followed: the test looks in the wrong place", followed)
	}
}

// fence finds blocks and spans of code, which hold no links.
var fence = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")

func prose(markdown string) string { return fence.ReplaceAllString(markdown, "") }

// headings returns the anchors of a Markdown file, made as the forges make
// them: lower case, spaces as hyphens, no other punctuation.
func headings(markdown string) []string {
	var anchors []string
	for line := range strings.Lines(markdown) {
		text, ok := strings.CutPrefix(strings.TrimLeft(strings.TrimSpace(line), "#"), " ")
		if !ok || !strings.HasPrefix(line, "#") {
			continue
		}
		anchors = append(anchors, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			default:
				return -1
			}
		}, text))
	}
	return anchors
}

// source finds the names of source files in prose: `geo/index.go`.
var source = regexp.MustCompile("`([a-z_-]+(?:/[a-z0-9_-]+)*\\.go)`")

// TestNamedFilesAreThere: a page that says where something is done names a
// file that exists.
func TestNamedFilesAreThere(t *testing.T) {
	named := 0
	for _, path := range files(t, ".md") {
		for _, m := range source.FindAllStringSubmatch(read(t, path), -1) {
			named++
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", path, m[1])
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d files named: the test looks in the wrong place", named)
	}
}

func TestHeadings(t *testing.T) {
	got := headings("# What is it?\ntext # not one\n## See it run, in 3 steps\n#no\n")
	if want := []string{"what-is-it", "see-it-run-in-3-steps"}; !slices.Equal(got, want) {
		t.Errorf("headings = %v, want %v", got, want)
	}
}

// TestDecisionsAreWhole: the decisions are numbered without a gap, have the
// four parts that make them worth reading later, and stand in the list.
func TestDecisionsAreWhole(t *testing.T) {
	list := read(t, "docs/adr/README.md")
	number := 0
	for _, path := range files(t, ".md") {
		name, ok := strings.CutPrefix(path, "docs/adr/")
		if !ok || name == "README.md" {
			continue
		}
		number++
		if want := padded(number); !strings.HasPrefix(name, want+"-") {
			t.Errorf("%s: want the number %s", path, want)
		}
		if !strings.Contains(list, "]("+name+")") {
			t.Errorf("%s is not in docs/adr/README.md", path)
		}
		text := read(t, path)
		for _, part := range []string{"## Context", "## Decision", "## What we gave up", "## When to look again"} {
			if !strings.Contains(text, "\n"+part+"\n") {
				t.Errorf("%s has no %q", path, part)
			}
		}
	}
	if number < 15 {
		t.Errorf("%d decisions found, want 15 or more", number)
	}
}

func padded(n int) string {
	digits := []byte("0000")
	for i := len(digits) - 1; n > 0; i, n = i-1, n/10 {
		digits[i] = byte('0' + n%10)
	}
	return string(digits)
}

// modulesADR says of every module why we carry it.
const modulesADR = "docs/adr/0013-every-module-and-why.md"

// TestEveryModuleHasItsReason compares the modules that go.mod asks for, and
// that our files import, with the list in the decision about modules, in both
// directions.
func TestEveryModuleHasItsReason(t *testing.T) {
	direct, all := required(read(t, "go.mod"))
	if len(direct) < 5 {
		t.Fatalf("only %d modules found in go.mod", len(direct))
	}
	for _, path := range goFiles(t) {
		for _, imported := range imports(t, path) {
			if m := moduleOf(imported, all); m != "" && !slices.Contains(direct, m) {
				direct = append(direct, m)
			}
		}
	}
	reasons := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(read(t, modulesADR), -1)
	var named []string
	for _, m := range reasons {
		named = append(named, m[1])
	}
	for _, m := range direct {
		if !slices.Contains(named, m) {
			t.Errorf("%s is used without a line in %s: say what it saves and how it is removed", m, modulesADR)
		}
	}
	for _, m := range named {
		if !slices.Contains(all, m) {
			t.Errorf("%s has a line in %s but is not in go.mod", m, modulesADR)
		}
	}
}

// required reads the modules a go.mod asks for: those of our own code, and
// all of them.
func required(gomod string) (direct, all []string) {
	inside := false
	for line := range strings.Lines(gomod) {
		line = strings.TrimSpace(line)
		switch {
		case line == "require (":
			inside = true
			continue
		case line == ")":
			inside = false
			continue
		case strings.HasPrefix(line, "require "):
			line = strings.TrimPrefix(line, "require ")
		case !inside || line == "":
			continue
		}
		path, rest, _ := strings.Cut(line, " ")
		all = append(all, path)
		if !strings.Contains(rest, "// indirect") {
			direct = append(direct, path)
		}
	}
	return direct, all
}

// moduleOf returns the module a package belongs to, or "" for the standard
// library's and our own.
func moduleOf(imported string, modules []string) string {
	longest := ""
	for _, m := range modules {
		if (imported == m || strings.HasPrefix(imported, m+"/")) && len(m) > len(longest) {
			longest = m
		}
	}
	return longest
}

func TestRequired(t *testing.T) {
	direct, all := required("module m\n\nrequire a.org/x v1.0.0\nrequire (\n\tb.org/y v2.0.0\n\tc.org/z v1.0.0 // indirect\n)\nreplace d v1 => e v1\n")
	if !slices.Equal(direct, []string{"a.org/x", "b.org/y"}) || !slices.Equal(all, []string{"a.org/x", "b.org/y", "c.org/z"}) {
		t.Errorf("required = %v, %v", direct, all)
	}
}

// TestPackagesSayWhatTheyAreFor: every package opens with what it is for and
// what it refuses to do, which is more than one line.
func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	said := map[string]string{}
	for _, path := range goFiles(t) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, path), nil, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		said[filepath.ToSlash(filepath.Dir(path))] += f.Doc.Text()
	}
	for dir, comment := range said {
		if strings.Count(comment, "\n") < 2 {
			t.Errorf("%s does not say what it is for: %q", dir, comment)
		}
	}
}
