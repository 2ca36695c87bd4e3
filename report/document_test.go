package report_test

import (
	"os"
	"testing"

	"github.com/sestante/sestante/report"
)

// TestDocument keeps the page in the docs equal to the tables in the code.
func TestDocument(t *testing.T) {
	const name = "../docs/report-lifecycle.md"
	got := report.Document()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is stale; run UPDATE=1 go test ./report", name)
	}
}
