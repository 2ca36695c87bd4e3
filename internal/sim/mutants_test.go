package sim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A mutant is a deliberate breakage of the engine: one piece of one file is
// replaced. It is applied to what the compiler reads, never to the files.
type mutant struct{ says, file, old, fresh string }

// readMutant reads a file of mutants/: a first line that says what is broken, a
// line with the file, the old text between "--- old" and "--- new", and the
// new text to the end.
func readMutant(t *testing.T, path string) mutant {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(raw), "\n--- old\n")
	old, fresh, both := strings.Cut(rest, "\n--- new\n")
	says, file, named := strings.Cut(head, "\n")
	if !ok || !both || !named {
		t.Fatalf("%s: want a sentence, a file, --- old and --- new", path)
	}
	return mutant{says, file, old, strings.TrimSuffix(fresh, "\n")}
}

// TestMutantsApply makes sure that every mutant still finds what it breaks, so
// that none is lost when the engine changes.
func TestMutantsApply(t *testing.T) {
	for _, path := range mutants(t) {
		m := readMutant(t, path)
		src, err := os.ReadFile(filepath.Join("..", "..", m.file))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(src), m.old); n != 1 {
			t.Errorf("%s: what it replaces is in %s %d times, want once", path, m.file, n)
		}
	}
}

func mutants(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("mutants", "*.txt"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d mutants (%v), want at least ten", len(paths), err)
	}
	return paths
}

// TestMutants breaks the engine in every way the mutants say, one at a time,
// and fails when neither the scenarios nor the simulation notice. It takes minutes: make
// sim-mutants runs it.
func TestMutants(t *testing.T) {
	if os.Getenv("SIM_MUTANTS") == "" {
		t.Skip("only when SIM_MUTANTS is set")
	}
	for _, path := range mutants(t) {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		if only := os.Getenv("SIM_MUTANTS"); only != "1" && only != name {
			continue
		}
		t.Run(name, func(t *testing.T) { breakIt(t, readMutant(t, path)) })
	}
}

func breakIt(t *testing.T, m mutant) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, filepath.FromSlash(m.file))
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	broken, overlay, bin := filepath.Join(dir, "broken.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "sim.test")
	if err := os.WriteFile(broken, []byte(strings.Replace(string(src), m.old, m.fresh, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(map[string]any{"Replace": map[string]string{path: broken}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-c", "-o", bin, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: it does not compile: %v\n%s", m.says, err, out)
	}
	run := exec.CommandContext(t.Context(), bin, "-test.run=^(TestScenarios|TestSimulation)$", "-test.failfast", "-test.timeout=10m")
	run.Env = append(os.Environ(), "SIM_SEED=1", "SIM_FAILS=1", "SIM_MUTANTS=", fmt.Sprintf("SIM_N=%d", number("SIM_N", 1000)))
	out, err := run.CombinedOutput()
	if err == nil {
		t.Errorf("%s: nothing noticed", m.says)
		return
	}
	for line := range strings.Lines(string(out)) {
		if _, rest, ok := strings.Cut(line, ": seed "); ok {
			t.Logf("%s: seed %.160s", m.says, strings.TrimSpace(rest))
			return
		}
		if _, rest, ok := strings.Cut(line, "--- FAIL: TestScenarios/"); ok {
			t.Logf("%s: scenario %s", m.says, strings.TrimSpace(rest))
			return
		}
	}
	t.Errorf("%s: it failed without naming a seed or a scenario:\n%s", m.says, tail(string(out), 40))
}
