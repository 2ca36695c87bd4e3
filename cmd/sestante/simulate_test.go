package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestSimulate(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, told bytes.Buffer
	code := run(t.Context(), world{
		args: []string{"simulate", "--self", "--devices", "4", "--minutes", "0.03", "--loss", "0.3", "--think", "10ms"},
		out:  &out, err: &told, now: time.Now,
	})
	var v voyage
	if err := json.Unmarshal(out.Bytes(), &v); err != nil || code != exitOK || !v.OK {
		t.Fatalf("code %d, %v: %s %s", code, err, out.String(), told.String())
	}
	if v.Made == 0 || v.Ends["applied"] == 0 || v.LatencyMs["p99"] < v.LatencyMs["p50"] || v.BytesDown == 0 {
		t.Errorf("it says that nothing happened: %+v", v)
	}
	for _, i := range v.Invariants {
		if i.Checked == 0 {
			t.Errorf("%s: nothing was checked", i.Name)
		}
	}
}

func TestSimulateMisused(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	bad := filepath.Join(dir, "bad.txt")
	if err := os.WriteFile(bad, []byte("# people\nann@example.org one two\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want int
	}{
		{[]string{}, exitUsage},
		{[]string{"--self", "--base", "http://127.0.0.1:1"}, exitUsage},
		{[]string{"--self", "--devices", "0"}, exitUsage},
		{[]string{"--self", "--loss", "1"}, exitUsage},
		{[]string{"--self", "--minutes", "0"}, exitUsage},
		{[]string{"--base", "http://127.0.0.1:1"}, exitFailed},
		{[]string{"--base", "https://example.org", "--users", bad}, exitFailed},
		{[]string{"--base", "http://127.0.0.1:1", "--users", bad}, exitFailed},
	} {
		var out, told bytes.Buffer
		code := run(t.Context(), world{args: append([]string{"simulate"}, tt.args...), out: &out, err: &told, now: time.Now})
		if code != tt.want || told.Len() == 0 {
			t.Errorf("simulate %v = %d (%s), want %d", tt.args, code, told.String(), tt.want)
		}
	}
}
