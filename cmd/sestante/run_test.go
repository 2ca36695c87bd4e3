package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/store"
)

// command runs the program in this process.
func command(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), world{args: args, in: strings.NewReader(""), out: &stdout, err: &stderr, now: time.Now})
	return code, stdout.String(), stderr.String()
}

// TestNewerFolder refuses a data folder that a newer version wrote, and leaves
// it as it was.
func TestNewerFolder(t *testing.T) {
	dir := pbtest.Dir(t)
	app := store.NewApp(dir)
	if err := app.Bootstrap(); err != nil {
		t.Fatal(err)
	}
	if _, err := app.NonconcurrentDB().NewQuery(`INSERT INTO _migrations (file, applied) VALUES ('1999999999_flying_cars.go', 1)`).Execute(); err != nil {
		t.Fatal(err)
	}
	if err := app.ResetBootstrapState(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve"}, {"migrate"}, {"areas", "list"}, {"doctor"}} {
		code, out, err := command(t, append([]string{"--dir", dir}, args...)...)
		if code != exitFailed || !strings.Contains(out+err, "1999999999_flying_cars.go") || !strings.Contains(out+err, "store.newer") {
			t.Errorf("%v = %d: %s%s", args, code, out, err)
		}
	}
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"serve"}, {"doctor"}} {
			if code, out, err := command(t, append([]string{"--dir", file}, args...)...); code != exitFailed {
				t.Errorf("%v over a file = %d: %s%s", args, code, out, err)
			}
		}
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if code, out, err := command(t, "--dir", filepath.Join(dir, "data"), "serve"); code != exitFailed || !strings.Contains(err, "store.folder") {
		t.Errorf("serve = %d: %s%s", code, out, err)
	}
}

func TestAtLeast(t *testing.T) {
	for _, tt := range []struct {
		have, want string
		ok         bool
	}{
		{"3.51.3", "3.51.3", true},
		{"3.53.3", "3.51.3", true},
		{"4.0.0", "3.51.3", true},
		{"3.51.2", "3.51.3", false},
		{"3.9.9", "3.51.3", false},
		{"3.51", "3.51.3", false},
		{"x.y.z", "3.51.3", false},
	} {
		if got := atLeast(tt.have, tt.want); got != tt.ok {
			t.Errorf("atLeast(%s, %s) = %v, want %v", tt.have, tt.want, got, tt.ok)
		}
	}
}
