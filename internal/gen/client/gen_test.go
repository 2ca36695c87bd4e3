package client_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/gen/client"
	_ "github.com/sestante/sestante/mobile-api" // defines what a client meets
	"github.com/sestante/sestante/report"
	_ "github.com/sestante/sestante/sync/device" // and the device's own
)

const (
	root = "../../.."
	out  = "../../../client/src/gen"
)

// TestGenerated compares the files of the client with what the tables say now;
// with UPDATE set it writes them.
func TestGenerated(t *testing.T) {
	files, err := client.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(out, name)
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(path, files[name], 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, files[name]) {
			t.Errorf("client/src/gen/%s is out of date; `make gen` writes it", name)
		}
	}
}

// TestShapes proves the table of arguments against the decoder: the least
// arguments are accepted, and not without any one of their keys.
func TestShapes(t *testing.T) {
	for _, n := range client.Called() {
		shape := client.ShapeOf(n.Do)
		_, args, err := report.Decode(report.Call{Name: n.Call, Args: json.RawMessage(shape.Least)})
		if err != nil || reflect.TypeOf(args) != reflect.TypeOf(shape.Args) {
			t.Errorf("Decode(%s, %s) = %T, %v, want a %T", n.Call, shape.Least, args, err, shape.Args)
			continue
		}
		var least map[string]json.RawMessage
		if err := json.Unmarshal([]byte(shape.Least), &least); err != nil {
			t.Fatal(err)
		}
		for key := range least {
			if slices.Contains(client.Optional[n.Do], key) {
				continue
			}
			without := maps.Clone(least)
			delete(without, key)
			raw, err := json.Marshal(without)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := report.Decode(report.Call{Name: n.Call, Args: raw}); err == nil {
				t.Errorf("Decode(%s) without %s is accepted: it is not required", n.Call, key)
			}
		}
	}
}

// TestWords proves the lists of words: each is accepted, and nothing else is.
func TestWords(t *testing.T) {
	tried := 0
	for _, n := range client.Called() {
		shape := client.ShapeOf(n.Do)
		for f := range reflect.TypeOf(shape.Args).Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			words := client.Words[reflect.TypeOf(shape.Args).Name()+"."+name]
			if words == nil {
				continue
			}
			for _, w := range append([]string{"nonsense"}, words...) {
				tried++
				args := map[string]any{}
				if err := json.Unmarshal([]byte(shape.Least), &args); err != nil {
					t.Fatal(err)
				}
				if args[name] = w; name == "pointSource" {
					args["point"] = map[string]any{"lon": 1, "lat": 1}
				}
				raw, err := json.Marshal(args)
				if err != nil {
					t.Fatal(err)
				}
				_, _, err = report.Decode(report.Call{Name: n.Call, Args: raw})
				if (err == nil) != (w != "nonsense") {
					t.Errorf("Decode(%s) with %s %q = %v", n.Call, name, w, err)
				}
			}
		}
	}
	if tried < 40 {
		t.Errorf("only %d words tried: the table does not match the types", tried)
	}
}

// TestCodes: every fault that a running server defines is in the file, and so
// are the device's own.
func TestCodes(t *testing.T) {
	files, err := client.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fault.All() {
		if !bytes.Contains(files["codes.ts"], []byte("\n  '"+f.Code+"': {\n    kind: '"+string(f.Kind)+"'")) {
			t.Errorf("codes.ts has no %s of kind %s", f.Code, f.Kind)
		}
	}
}
