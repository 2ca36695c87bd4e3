package geo_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// Read takes any coordinates in any system, and says what it saw.
func TestRead(t *testing.T) {
	metres := `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32632"}},"features":[` +
		feature("A", "Polygon", `[[[500000,4900000,7],[510000,4900000],[510000,4910000],[500000,4900000]]]`) + `,` +
		feature("B", "Point", `[1,2]`) + `]}`
	doc, err := geo.Read(strings.NewReader(metres), geo.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if doc.CRS != "urn:ogc:def:crs:EPSG::32632" || doc.Topology || len(doc.Features) != 2 {
		t.Fatalf("Read = %+v", doc)
	}
	a, b := doc.Features[0], doc.Features[1]
	if a.Problem != nil || a.Heights == nil || *a.Heights != (orb.Point{500000, 4900000}) || len(a.Geometry[0][0]) != 4 {
		t.Errorf("the first feature is %+v", a)
	}
	if b.Problem == nil || b.Problem.Fault != geo.ErrGeometryType || b.Index != 1 || b.Text("code") != "B" {
		t.Errorf("the second feature is %+v", b)
	}
}

func TestReadSystems(t *testing.T) {
	for member, want := range map[string]string{
		`null`: "",
		`{"type":"name","properties":{"name":"EPSG:3003"}}`: "EPSG:3003",
		`{"type":"EPSG","properties":{"code":3004}}`:        "EPSG:3004",
	} {
		doc, err := geo.Read(strings.NewReader(`{"crs":`+member+`,`+feature("A", "Polygon", box)[1:]), geo.Limits{})
		if err != nil || doc.CRS != want {
			t.Errorf("Read with crs %s = %q, %v, want %q", member, doc.CRS, err, want)
		}
	}
	for _, member := range []string{`7`, `{}`, `{"type":"link","properties":{"href":"http://example.org/1"}}`, `{"type":"name","properties":{"name":3003}}`} {
		if doc, err := geo.Read(strings.NewReader(`{"crs":`+member+`,`+feature("A", "Polygon", box)[1:]), geo.Limits{}); !errors.Is(err, geo.ErrCRS) {
			t.Errorf("Read with crs %s = %q, %v, want %v", member, doc.CRS, err, geo.ErrCRS)
		}
	}
}

// One feature a line, or separated by what RFC 8142 has, or several
// collections: the indexes go on.
func TestReadSequences(t *testing.T) {
	a, b := feature("A", "Polygon", box), feature("B", "Polygon", `[[[12,44],[13,44],[13,45],[12,44]]]`)
	for _, text := range []string{a + "\n" + b, a + b, "\x1e" + a + "\n\x1e" + b + "\n", featureCollection(a) + "\n" + featureCollection(b), "\xef\xbb\xbf" + a + "\r\n" + b} {
		c, err := geo.Decode(strings.NewReader(text), geo.Limits{Code: "code"})
		if err != nil || len(c.Features) != 2 || c.Features[1].Index != 1 || c.Features[1].Text("code") != "B" {
			t.Errorf("Decode(%.30q…) = %+v, %v", text, c.Features, err)
		}
	}
	if _, err := geo.Decode(strings.NewReader(a+"\n"+b), geo.Limits{Features: 1}); !errors.Is(err, geo.ErrTooLarge) {
		t.Errorf("Decode of two where one may be = %v, want %v", err, geo.ErrTooLarge)
	}
}

// What is deeper than a value stays text, and too many values are refused.
func TestReadProperties(t *testing.T) {
	text := `{"type":"Feature","properties":{"code":"A","list":[1,{"x":2}],"n":70,"yes":true,"none":null},"geometry":{"type":"Polygon","coordinates":` + box + `}}`
	c, err := geo.Decode(strings.NewReader(text), geo.Limits{Values: 5})
	if err != nil {
		t.Fatal(err)
	}
	p := c.Features[0].Properties
	if list, ok := p["list"].(json.RawMessage); !ok || string(list) != `[1,{"x":2}]` || p["yes"] != true || p["none"] != nil || p["n"] != json.Number("70") {
		t.Errorf("Properties = %v", p)
	}
	if c.Features[0].Text("list") != "" {
		t.Errorf("Text(list) = %q, want none", c.Features[0].Text("list"))
	}
	if _, err := geo.Decode(strings.NewReader(text), geo.Limits{Values: 4}); !errors.Is(err, geo.ErrTooLarge) {
		t.Errorf("Decode with five values where four may be = %v, want %v", err, geo.ErrTooLarge)
	}
}

// Whoever asks for a property that is not there is told which are.
func TestCodeMissingSaysWhatIsThere(t *testing.T) {
	text := `{"type":"Feature","properties":{"SIGLA":"CR","NAME":"Cremona"},"geometry":{"type":"Polygon","coordinates":` + box + `}}`
	_, err := geo.Decode(strings.NewReader(text), geo.Limits{Code: "sigla"})
	if !errors.Is(err, geo.ErrCodeMissing) || !strings.Contains(err.Error(), `"sigla"; it has NAME, SIGLA`) || !strings.Contains(err.Error(), "CR") {
		t.Errorf("Decode = %v, want %v that lists the properties", err, geo.ErrCodeMissing)
	}
}

// A large file is not held as text: what lives grows with what is kept of it,
// and of these features nothing is.
func TestReadStreams(t *testing.T) {
	one := feature("A", "LineString", "["+strings.Repeat("[10.123456,44.123456],", 5000)+"[10,44]]")
	text := &repeated{text: one + "\n", times: 300}
	doc, err := geo.Read(text, geo.Limits{})
	if err != nil || len(doc.Features) != 300 {
		t.Fatalf("Read = %d features, %v", len(doc.Features), err)
	}
	if text.most > 8<<20 {
		t.Errorf("%d MiB lived while %d MiB were read", text.most>>20, len(one)*300>>20)
	}
}

// repeated is a text many times over. It looks now and then how much lives.
type repeated struct {
	text     string
	at       int
	times    int
	from     uint64
	most     uint64
	measured int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.at == len(r.text) {
		if r.times--; r.times == 0 {
			return 0, io.EOF
		}
		r.at = 0
	}
	if r.measured == 0 || (r.at == 0 && r.times%50 == 0) {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if r.measured == 0 {
			r.from = m.HeapAlloc
		}
		r.most = max(r.most, m.HeapAlloc-min(r.from, m.HeapAlloc))
		r.measured++
	}
	n := copy(p, r.text[r.at:])
	r.at += n
	return n, nil
}

// A Checker does what Decode does, feature by feature.
func TestChecker(t *testing.T) {
	raw := func(i int, ring ...orb.Point) geo.Raw {
		return geo.Raw{Feature: geo.Feature{Index: i, ID: fmt.Sprint(i), Geometry: orb.MultiPolygon{{orb.Ring(ring)}}}}
	}
	c := geo.NewChecker(geo.Limits{Features: 3, Vertices: 14, Problems: 2})
	for i := range 2 {
		if err := c.Add(raw(i, square(10+2*float64(i), 44, 1)...)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := c.Collection(); err != nil || len(got.Features) != 2 {
		t.Fatalf("Collection = %d features, %v", len(got.Features), err)
	}
	if err := c.Add(raw(2, square(20, 44, 1)...)); !errors.Is(err, geo.ErrTooLarge) {
		t.Errorf("Add of the 15th vertex = %v, want %v", err, geo.ErrTooLarge)
	}
	if err := c.Add(raw(3, orb.Point{1, 2})); !errors.Is(err, geo.ErrTooLarge) {
		t.Errorf("Add of the fourth feature = %v, want %v", err, geo.ErrTooLarge)
	}
	c = geo.NewChecker(geo.Limits{Problems: 2})
	if err := c.Add(raw(0, orb.Point{1, 2})); err != nil {
		t.Errorf("Add of the first problem = %v", err)
	}
	var problems geo.Problems
	if err := c.Add(raw(1, orb.Point{1, 2})); !errors.As(err, &problems) || len(problems) != 2 || problems[1].Label != "1" {
		t.Errorf("Add of the last problem = %v, want both", err)
	}
	if _, err := c.Collection(); !errors.Is(err, geo.ErrFewPoints) {
		t.Errorf("Collection = %v, want the problems", err)
	}
	if _, err := geo.NewChecker(geo.Limits{}).Collection(); !errors.Is(err, geo.ErrNoFeatures) {
		t.Errorf("Collection of nothing = %v, want %v", err, geo.ErrNoFeatures)
	}
}
