package format_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo/format"
)

// decode reads bytes under a name.
func decode(t testing.TB, name string, data []byte, o format.Options) (format.Result, error) {
	t.Helper()
	return format.Decode(t.Context(), format.File{Name: name, Data: bytes.NewReader(data), Size: int64(len(data))}, o)
}

// open opens a file of the real boundaries, which are not part of the project,
// or skips the test.
func open(t testing.TB, name string) format.File {
	t.Helper()
	dir := os.Getenv("SESTANTE_DATA")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "territory", filepath.FromSlash(name)))
	if err != nil {
		t.Skipf("The real boundaries are not here: set SESTANTE_DATA to the folder that holds territory/%s.", name)
	}
	t.Cleanup(func() { _ = f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return format.File{Name: filepath.Base(name), Data: f, Size: info.Size()}
}

// root is the folder of go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

// square is the closed box from x,y with that side, counter-clockwise.
func square(x, y, side float64) orb.Ring {
	return orb.Ring{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}
}

func reversed(r orb.Ring) orb.Ring {
	r = r.Clone()
	r.Reverse()
	return r
}

// A member is a file of an archive.
type member struct {
	name string
	data []byte
}

func zipped(t testing.TB, members ...member) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, m := range members {
		w, err := z.Create(m.name)
		if err == nil {
			_, err = w.Write(m.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A shape is one record of a .shp: its type and rings.
type shape struct {
	kind  uint32
	rings []orb.Ring
}

func polygon(rings ...orb.Ring) shape { return shape{5, rings} }

func shp(shapes ...shape) []byte {
	var body []byte
	for i, s := range shapes {
		content := shpContent(s)
		body = binary.BigEndian.AppendUint32(body, uint32(i+1))
		body = binary.BigEndian.AppendUint32(body, uint32(len(content)/2))
		body = append(body, content...)
	}
	head := make([]byte, 100)
	binary.BigEndian.PutUint32(head, 9994)
	binary.BigEndian.PutUint32(head[24:], uint32((100+len(body))/2))
	binary.LittleEndian.PutUint32(head[28:], 1000)
	binary.LittleEndian.PutUint32(head[32:], 5)
	return slices.Concat(head, body)
}

func shpContent(s shape) []byte {
	out := binary.LittleEndian.AppendUint32(nil, s.kind)
	if s.kind == 0 {
		return out
	}
	if s.kind == 1 {
		return append(out, make([]byte, 16)...)
	}
	out = append(out, make([]byte, 32)...) // the box: nobody may rely on it
	points := 0
	for _, r := range s.rings {
		points += len(r)
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(len(s.rings)))
	out = binary.LittleEndian.AppendUint32(out, uint32(points))
	at := 0
	for _, r := range s.rings {
		out = binary.LittleEndian.AppendUint32(out, uint32(at))
		at += len(r)
	}
	for _, r := range s.rings {
		for _, p := range r {
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(p[0]))
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(p[1]))
		}
	}
	if s.kind != 5 {
		out = append(out, make([]byte, 16+8*points)...)
	}
	return out
}

// dbf has a column C of 20 characters, CODE, and a column N, NUM; driver is its
// word about the charset. A row that begins with "*" is deleted.
func dbf(driver byte, codes ...string) []byte {
	const columns = 2
	head := make([]byte, 32)
	head[0] = 3
	binary.LittleEndian.PutUint32(head[4:], uint32(len(codes)))
	binary.LittleEndian.PutUint16(head[8:], 32+32*columns+1)
	binary.LittleEndian.PutUint16(head[10:], 1+20+6)
	head[29] = driver
	var fields []byte
	for _, c := range []struct {
		name   string
		kind   byte
		length byte
	}{{"CODE", 'C', 20}, {"NUM", 'N', 6}} {
		d := make([]byte, 32)
		copy(d, c.name)
		d[11], d[16] = c.kind, c.length
		fields = append(fields, d...)
	}
	out := slices.Concat(head, fields, []byte{'\r'})
	for i, code := range codes {
		mark := " "
		if strings.HasPrefix(code, "*") {
			mark, code = "*", code[1:]
		}
		out = append(out, mark+code+strings.Repeat(" ", 20-len(code))+fmt.Sprintf("%6d", i)...)
	}
	return append(out, 0x1a)
}

// shapefile is a zip of one layer without .prj and .cpg.
func shapefile(t testing.TB, codes string, shapes ...shape) []byte {
	t.Helper()
	return zipped(t, member{"a.shp", shp(shapes...)}, member{"a.dbf", dbf(0, strings.Fields(codes)...)})
}

// noteCodes are the codes of a result's notes, joined.
func noteCodes(r format.Result) string {
	var out []string
	for _, n := range r.Notes {
		out = append(out, strings.TrimPrefix(n.Code, "format."))
	}
	return strings.Join(out, " ")
}

func feature(code, coordinates string) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{"code":%q},"geometry":{"type":"Polygon","coordinates":%s}}`, code, coordinates)
}

const box = `[[[10,44],[11,44],[11,45],[10,45],[10,44]]]`

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func kml(placemarks string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>d</name>` + placemarks + `</Document></kml>`
}

func placemark(name, geometry string) string {
	return "<Placemark><name>" + name + "</name>" + geometry + "</Placemark>"
}

const kmlBox = `<Polygon><outerBoundaryIs><LinearRing><coordinates>10,44 11,44,0 11,45 10,45 10,44</coordinates></LinearRing></outerBoundaryIs></Polygon>`
