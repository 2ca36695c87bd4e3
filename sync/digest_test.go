package fieldsync_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	fieldsync "github.com/sestante/sestante/sync"
)

// TestDigestVectors holds the mixes to the examples that clients in other
// languages are tested with. UPDATE=1 writes them anew, which only a new
// version of the protocol may.
func TestDigestVectors(t *testing.T) {
	type vector struct {
		ID  string `json:"id"`
		Ver int64  `json:"v"`
		K0  string `json:"k0"`
		Mix string `json:"mix"`
	}
	type file struct {
		Records []vector           `json:"records"`
		Sum     fieldsync.Digested `json:"sum"` // of all of them, as in a checkpoint
	}
	fresh := file{Sum: fieldsync.Digested{Scope: 2, Coll: "reports"}}
	for i, id := range []string{"report000000001", "report000000002", "k3f9a0b1c2d3e4f", "zzzzzzzzzzzzzzz", "a", "", "longer than sixteen", "città"} {
		for _, ver := range []int64{1, int64(i) + 2, 1 << 33} {
			m := fieldsync.MixOf(id, ver)
			fresh.Records = append(fresh.Records, vector{id, ver, fmt.Sprintf("%08x", fieldsync.KeyOf(id)[0]), fieldsync.Digest{Sum: m}.String()})
			fresh.Sum.Add(m)
		}
	}
	text, err := json.MarshalIndent(fresh, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "digest.json")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text)+"\n" {
		t.Errorf("the mixes are not those of %s", path)
	}
	for _, r := range fresh.Records { // what is added can be taken off
		fresh.Sum.Remove(fieldsync.MixOf(r.ID, r.Ver))
	}
	if fresh.Sum.Digest != (fieldsync.Digest{}) {
		t.Errorf("after taking everything off the digest is %d %s", fresh.Sum.N, fresh.Sum)
	}
}
