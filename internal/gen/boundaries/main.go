// Command boundaries writes geo/data/italy_provinces.geojson.gz, the provinces
// of Italy that the program ships.
//
// It reads Natural Earth's admin-1 shapes (public domain) from the Go module
// github.com/sams96/rgeo v1.2.0, which it fetches through the Go command into
// the module cache: the module is no dependency of the program. It takes the
// Italian provinces, keeps their code and name, gives a few names in Italian,
// and writes every coordinate as it stands. Neighbours in Natural Earth share
// their vertices, so nothing has to be snapped; the command checks this and
// fails when it stops being true.
//
// From the root of the checkout:
//
//	go run ./internal/gen/boundaries
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sestante/sestante/geo"
)

const (
	module = "github.com/sams96/rgeo@v1.2.0"
	file   = "data/Provinces10.gz"
	sum    = "8936733b4d33030e11f280cf5bcb75bb68e6033b58aff1fc6c0d6961e81ac89c"
)

// italian are the names that Natural Earth spells otherwise.
var italian = map[string]string{
	"AO": "Valle d'Aosta", "BT": "Barletta-Andria-Trani", "BZ": "Bolzano",
	"KR": "Crotone", "OR": "Oristano", "TO": "Torino",
}

func main() {
	out := flag.String("out", "geo/data/italy_provinces.geojson.gz", "file to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "boundaries:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	source, err := fetch()
	if err != nil {
		return err
	}
	text, n, err := italy(source)
	if err != nil {
		return err
	}
	if err := check(text); err != nil {
		return err
	}
	packed, err := pack(text)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, packed, 0o644); err != nil {
		return fmt.Errorf("writing provinces: %w", err)
	}
	fmt.Fprintf(os.Stdout, "%s: %d provinces, %d bytes\n", out, n, len(packed))
	return nil
}

// fetch returns the unpacked source, after its hash.
func fetch() ([]byte, error) {
	cmd := exec.CommandContext(context.Background(), "go", "mod", "download", "-json", module)
	cmd.Stderr = os.Stderr
	answer, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("fetching %s: %w", module, err)
	}
	var where struct{ Dir string }
	if err := json.Unmarshal(answer, &where); err != nil {
		return nil, fmt.Errorf("fetching %s: %w", module, err)
	}
	packed, err := os.ReadFile(filepath.Join(where.Dir, filepath.FromSlash(file)))
	if err != nil {
		return nil, fmt.Errorf("reading source: %w", err)
	}
	if got := sha256.Sum256(packed); hex.EncodeToString(got[:]) != sum {
		return nil, errors.New("the source is not the file this command was written for: sha256 " + hex.EncodeToString(got[:]))
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpacking source: %w", err)
	}
	return io.ReadAll(r)
}

// A feature keeps the geometry as the source writes it.
type feature struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Properties properties      `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

type properties struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// italy returns the Italian provinces by code, one feature a line.
func italy(source []byte) (text []byte, n int, err error) {
	var all struct {
		Features []struct {
			Properties struct {
				Name string `json:"name"`
				ISO  string `json:"iso_3166_2"`
			} `json:"properties"`
			Geometry json.RawMessage `json:"geometry"`
		} `json:"features"`
	}
	if err := json.Unmarshal(source, &all); err != nil {
		return nil, 0, fmt.Errorf("decoding source: %w", err)
	}
	var lines []string
	for _, f := range all.Features {
		code, ok := strings.CutPrefix(f.Properties.ISO, "IT-")
		if !ok {
			continue
		}
		name := f.Properties.Name
		if better, ok := italian[code]; ok {
			name = better
		}
		line, err := json.Marshal(feature{"Feature", code, properties{code, name}, f.Geometry})
		if err != nil {
			return nil, 0, fmt.Errorf("encoding %s: %w", code, err)
		}
		lines = append(lines, string(line))
	}
	slices.Sort(lines)
	text = []byte(`{"type":"FeatureCollection","features":[` + "\n" + strings.Join(lines, ",\n") + "\n]}\n")
	return text, len(lines), nil
}

// check makes the districts and looks for gaps: there are none as long as
// neighbours share their borders.
func check(text []byte) error {
	provinces, err := geo.Decode(bytes.NewReader(text), geo.Limits{Code: "code"})
	if err != nil {
		return err
	}
	table, err := geo.ItalyDistricts()
	if err != nil {
		return err
	}
	districts, warnings, err := geo.Dissolve(table, provinces, "code")
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintf(os.Stdout, "%s: %s\n", w.Kind, w.Text)
		if w.Kind == geo.WarnGap || w.Kind == geo.WarnOverlap || w.Kind == geo.WarnUnused {
			return errors.New("the provinces do not fit together")
		}
	}
	fmt.Fprintf(os.Stdout, "%d districts\n", len(districts))
	return nil
}

// pack compresses without a time or a name, so that the same input gives the
// same file.
func pack(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	return out.Bytes(), nil
}
