package fieldsync_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	fieldsync "github.com/sestante/sestante/sync"
)

// vectors is what every client must compute alike. The file is written from
// here, and read by the tests of the client in TypeScript.
type vectors struct {
	Canonical []canonicalVector `json:"canonical"`
	Bodies    []bodyVector      `json:"bodies"`
	Device    string            `json:"device"` // whose mutations these are
}

// A canonicalVector is a mutation in the canonical form without its hash, and
// the hash it has after the one before it in the file; of a call the id that is
// made for it.
type canonicalVector struct {
	Name      string          `json:"name"`
	Mutation  json.RawMessage `json:"mutation"`
	Canonical string          `json:"canonical"`
	Hash      string          `json:"hash"`
	CallID    string          `json:"callId,omitempty"`
}

// A bodyVector is the hash of a body's bytes, as they stand.
type bodyVector struct {
	Body string `json:"body"`
	Hash string `json:"hash"`
}

// TestVectors compares testdata/vectors.json with what this engine computes;
// with UPDATE set it writes the file.
func TestVectors(t *testing.T) {
	path := filepath.Join("testdata", "vectors.json")
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(makeVectors(t)); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, buf.Bytes()) {
		t.Errorf("%s is out of date: every client hashes otherwise; `make gen` writes it", path)
	}
}

func makeVectors(t *testing.T) vectors {
	t.Helper()
	v := vectors{Device: "device000000000"}
	previous := ""
	for _, c := range []struct{ name, mutation string }{
		{"a call", `{"mid":1,"op":"call","c":"reports","id":"report000000000","name":"report.start","args":{},"base":{"seq":7,"ver":3},"at":"2026-11-22T07:58:11.004Z"}`},
		{"keys in another order, and a hash", `{"h":"gone","op":"call","mid":2,"name":"report.comment","id":"report000000000","args":{"text":"a","audience":"internal"}}`},
		{"a photo", `{"mid":3,"op":"create","c":"media","id":"photo0000000000","set":{"report":{"t":"report000000000"},"size":{"f":null,"t":2381004}}}`},
		{"keys by UTF-16, not by code point", `{"mid":4,"op":"x","args":{"\ufb33":1,"\ud83d\ude00":2,"\u20ac":3,"\r":4,"1":5,"\u0080":6,"\u00f6":7,"":8}}`},
		{"characters that are escaped, and not", `{"mid":5,"op":"x","args":{"text":"\u0000\u0008\u0009\u000a\u000b\u000c\u000d\u001f\u007f\"\\/<>&\u2028\u2029\u00e8\ud83d\ude00"}}`},
		{"numbers", `{"mid":6,"op":"x","args":[0,-0,1,-1,1.0,0.1,1e3,1e21,1e-7,0.000001,123456789012345680000,4.50,2e-3,9007199254740991,12.4823,45.46,333333333.33333329,5e-324,1.7976931348623157e308]}`},
		{"nesting", `{"mid":7,"op":"x","args":{"b":[{"d":[],"c":{}},null,true,false],"a":{"a":{"a":[[[]]]}}}}`},
		{"a key that means something in JavaScript", `{"mid":8,"op":"x","args":{"__proto__":{"x":1},"constructor":2,"toString":3,"10":1,"9":2}}`},
	} {
		canonical, err := fieldsync.Canonical([]byte(c.mutation))
		if err != nil {
			t.Fatalf("Canonical(%s): %v", c.name, err)
		}
		previous = fieldsync.Chain(canonical, previous)
		vector := canonicalVector{c.name, json.RawMessage(c.mutation), string(canonical), previous, ""}
		var m fieldsync.Mutation
		if err := json.Unmarshal([]byte(c.mutation), &m); err == nil && m.Op == fieldsync.OpCall {
			vector.CallID = fieldsync.CallID(v.Device, m, fieldsync.Chain(canonical, ""))
		}
		v.Canonical = append(v.Canonical, vector)
	}
	for _, body := range []string{`{}`, `{"id":"a","n":1.0,"t":"è \u003c <>&"}`, `{"z":1,"a":[1,2 ,3]}`} {
		v.Bodies = append(v.Bodies, bodyVector{body, fieldsync.BodyHash([]byte(body))})
	}
	return v
}
