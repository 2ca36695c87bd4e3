package geo_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

const box = `[[[10,44],[11,44],[11,45],[10,45],[10,44]]]`

func TestDecodeAccepts(t *testing.T) {
	for _, c := range []struct {
		name, text string
		features   int
	}{
		{"feature collection", featureCollection(feature("A", "Polygon", box)), 1},
		{"one feature", feature("A", "Polygon", box), 1},
		{"bare polygon", `{"type":"Polygon","coordinates":` + box + `}`, 1},
		{"bare multipolygon", `{"type":"MultiPolygon","coordinates":[` + box + `]}`, 1},
		{"byte order mark", "\xef\xbb\xbf" + feature("A", "Polygon", box), 1},
		{"space everywhere", "\n " + strings.NewReplacer("[", "[ ", "]", " ]", ",", " ,\t").Replace(featureCollection(feature("A", "Polygon", box))), 1},
		{"exponents", feature("A", "Polygon", `[[[1e1,44],[1.1E+1,44],[110e-1,45],[10,45],[10,44]]]`), 1},
		{"null crs", `{"crs":null,` + feature("A", "Polygon", box)[1:], 1},
		{"crs of old files", `{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}},` + feature("A", "Polygon", box)[1:], 1},
		{"crs EPSG:4326", `{"crs":{"type":"name","properties":{"name":"EPSG:4326"}},` + feature("A", "Polygon", box)[1:], 1},
		{"repeated points", feature("A", "Polygon", `[[[10,44],[10,44],[11,44],[11,45],[11,45],[10,45],[10,44]]]`), 1},
		{"hole that touches its shell", feature("A", "Polygon", `[[[10,44],[12,44],[12,46],[10,46],[10,44]],[[10,44],[11,45],[10.5,45.5],[10,44]]]`), 1},
		{"hole that touches its shell twice", feature("A", "Polygon", `[[[10,44],[12,44],[12,46],[11,46],[10,46],[10,44]],[[10,45],[10.5,44.5],[11,46],[10.5,45.75],[10,45]]]`), 1},
		{"holes that touch twice", feature("A", "Polygon", `[[[10,44],[12,44],[12,46],[10,46],[10,44]],[[10.5,44.5],[11,44.5],[11,45.5],[10.5,45.5],[10.5,45],[10.75,45],[10.5,44.5]],[[10.25,44.75],[10.5,44.5],[10.5,45],[10.25,44.75]]]`), 1},
		{"parts that touch in a point", feature("A", "MultiPolygon", `[`+box+`,[[[11,45],[12,45],[12,46],[11,46],[11,45]]]]`), 1},
		{"island in a hole", feature("A", "MultiPolygon", `[[[[10,44],[14,44],[14,48],[10,48],[10,44]],[[11,45],[13,45],[13,47],[11,47],[11,45]]],[[[11.5,45.5],[12,45.5],[12,46],[11.5,46],[11.5,45.5]]]]`), 1},
		{"a point on a straight side", feature("A", "Polygon", `[[[10,44],[10.5,44],[11,44],[11,45],[10,45],[10,44]]]`), 1},
		{"over the antimeridian", feature("A", "Polygon", `[[[-179,44],[179,44],[179,45],[-179,45],[-179,44]]]`), 1},
		{"over the antimeridian where latitudes could be longitudes of Italy", feature("A", "Polygon", `[[[-179,10],[179,10],[179,11],[-179,11],[-179,10]]]`), 1},
		{"elsewhere on earth", feature("A", "Polygon", `[[[-58,-34],[-57,-34],[-57,-33],[-58,-33],[-58,-34]]]`), 1},
	} {
		got, err := geo.Decode(strings.NewReader(c.text), geo.Limits{})
		if err != nil || len(got.Features) != c.features {
			t.Errorf("%s: Decode = %d features, %v, want %d", c.name, len(got.Features), err, c.features)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := feature("A", "Polygon", box)
	for _, c := range []struct {
		name, text string
		want       *fault.Error
		says       string // part of the message: where it is
	}{
		// the file
		{"nothing", "", geo.ErrNotJSON, ""},
		{"words", "hello", geo.ErrNotJSON, "byte 1"},
		{"cut in the middle", good[:len(good)/2], geo.ErrTruncated, "bytes"},
		{"gzip", "\x1f\x8b\x08", geo.ErrNotJSON, "gzip"},
		{"shapefile", "PK\x03\x04", geo.ErrNotJSON, "shapefile"},
		{"KML", "<?xml?>", geo.ErrNotJSON, "KML"},
		{"GeoPackage", "SQLite format 3\x00", geo.ErrNotJSON, "GeoPackage"},
		{"a list", "[1,2]", geo.ErrNotGeoJSON, ""},
		{"other JSON", `{"name":"x"}`, geo.ErrNotGeoJSON, `""`},
		{"features that are no list", `{"type":"FeatureCollection","features":{}}`, geo.ErrNotGeoJSON, "list"},
		{"no features", featureCollection(), geo.ErrNoFeatures, ""},
		{"metres by crs", `{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32632"}},` + good[1:], geo.ErrCRS, "32632"},
		{"crs that is a word", `{"crs":"EPSG:4326",` + good[1:], geo.ErrCRS, ""},
		// one feature
		{"no geometry", featureCollection(good, `{"type":"Feature","id":"B","properties":{},"geometry":null}`), geo.ErrEmpty, "features[1]"},
		{"no coordinates", feature("B", "Polygon", `null`), geo.ErrEmpty, "B"},
		{"empty polygon", feature("B", "Polygon", `[]`), geo.ErrEmpty, "B"},
		{"empty ring", feature("B", "Polygon", `[[]]`), geo.ErrEmpty, "B"},
		{"empty multipolygon", feature("B", "MultiPolygon", `[]`), geo.ErrEmpty, "B"},
		{"a point", feature("B", "Point", `[10,44]`), geo.ErrGeometryType, "Point"},
		{"a feature that is a number", featureCollection(good, "7"), geo.ErrNotGeoJSON, "features[1]"},
		{"a feature of another type", featureCollection(good, `{"type":"Thing"}`), geo.ErrNotGeoJSON, "features[1]"},
		{"not deep enough", feature("B", "MultiPolygon", box), geo.ErrCoordinates, "B"},
		{"too deep", feature("B", "Polygon", `[`+box+`]`), geo.ErrCoordinates, "B"},
		{"text for a number", feature("B", "Polygon", `[[["10",44],[11,44],[11,45],[10,44]]]`), geo.ErrCoordinates, "B"},
		{"one number", feature("B", "Polygon", `[[[10],[11,44],[11,45],[10,44]]]`), geo.ErrCoordinates, "B"},
		{"more than any number", feature("B", "Polygon", `[[[10,44],[1e999,44],[11,45],[10,44]]]`), geo.ErrNotFinite, "B"},
		{"two points", feature("B", "Polygon", `[[[10,44],[11,44]]]`), geo.ErrFewPoints, "B"},
		{"there and back", feature("B", "Polygon", `[[[10,44],[11,44],[10,44]]]`), geo.ErrFewPoints, "B"},
		{"one place", feature("B", "Polygon", `[[[10,44],[10,44],[10,44],[10,44]]]`), geo.ErrFewPoints, "B"},
		{"open", feature("B", "Polygon", `[[[10,44],[11,44],[11,45],[10,45]]]`), geo.ErrOpenRing, "10.000000,45.000000"},
		{"bow tie", feature("B", "Polygon", `[[[10,44],[11,45],[11,44],[10,45],[10,44]]]`), geo.ErrSelfIntersection, "10.500000,44.500000"},
		{"spike", feature("B", "Polygon", `[[[10,44],[11,44],[11.5,44],[11,44],[11,45],[10,45],[10,44]]]`), geo.ErrSelfIntersection, ",44.000000"},
		{"flat", feature("B", "Polygon", `[[[10,44],[11,44],[12,44],[10,44]]]`), geo.ErrSelfIntersection, "B"},
		{"touches itself in a point", feature("B", "Polygon", `[[[10,44],[12,44],[12,45],[11,44.5],[12,46],[10,46],[11,44.5],[10,45],[10,44]]]`), geo.ErrSelfIntersection, "11.000000,44.500000"},
		{"hole outside", feature("B", "Polygon", `[[[10,44],[11,44],[11,45],[10,45],[10,44]],[[15,44],[15,45],[16,45],[16,44],[15,44]]]`), geo.ErrHoleOutside, "B"},
		{"hole across its shell", feature("B", "Polygon", `[[[10,44],[11,44],[11,45],[10,45],[10,44]],[[10.5,44.2],[10.5,44.5],[12,44.5],[12,44.2],[10.5,44.2]]]`), geo.ErrSelfIntersection, "11.000000,44."},
		{"hole across its shell, through corners", feature("B", "Polygon", `[[[10,44],[11,44],[11,45],[10.5,45],[10,45],[10,44]],[[10.5,45.2],[10.5,44.5],[10.7,45],[10.5,45.2]]]`), geo.ErrSelfIntersection, "B"},
		{"parts over each other, through corners", feature("B", "MultiPolygon", `[[[[10,44],[11,44],[11,45],[10.5,45],[10,45],[10,44]]],[[[10.5,45.2],[10.5,44.5],[10.7,45],[10.5,45.2]]]]`), geo.ErrSelfIntersection, "B"},
		{"hole in a hole", feature("B", "Polygon", `[[[10,44],[14,44],[14,48],[10,48],[10,44]],[[11,45],[13,45],[13,47],[11,47],[11,45]],[[11.5,45.5],[12,45.5],[12,46],[11.5,46],[11.5,45.5]]]`), geo.ErrHoleOutside, "another hole"},
		{"hole that is its shell", feature("B", "Polygon", `[[[10,44],[11,44],[11,45],[10,45],[10,44]],[[10,44],[11,44],[11,45],[10,45],[10,44]]]`), geo.ErrSelfIntersection, "B"},
		{"part in a part", feature("B", "MultiPolygon", `[[[[10,44],[14,44],[14,48],[10,48],[10,44]]],[[[11,45],[13,45],[13,47],[11,47],[11,45]]]]`), geo.ErrOverlapParts, "B"},
		{"metres", feature("B", "Polygon", `[[[500000,5030000],[510000,5030000],[510000,5040000],[500000,5030000]]]`), geo.ErrMetres, "500000"},
		{"swapped, seen from Italy", feature("B", "Polygon", `[[[44,10],[44,11],[45,11],[45,10],[44,10]]]`), geo.ErrSwapped, "B"},
		{"beyond the pole, and elsewhere when swapped", feature("B", "Polygon", `[[[44,110],[44,111],[45,111],[45,110],[44,110]]]`), geo.ErrRange, "44.000000,110.000000"},
		{"off the earth", feature("B", "Polygon", `[[[-190,44],[10,44],[10,45],[-190,44]]]`), geo.ErrRange, "-190"},
		{"twice around the earth", feature("B", "Polygon", `[[[0,44],[120,44],[-120,44],[0,45],[120,45],[-120,45],[0,44]]]`), geo.ErrAntimeridian, "120.000000,44.000000"},
		{"no code", featureCollection(`{"type":"Feature","properties":{"name":"Bee"},"geometry":{"type":"Polygon","coordinates":` + box + `}}`), geo.ErrCodeMissing, "Bee"},
		{"same code", featureCollection(good, good), geo.ErrCodeTwice, "features[1]"},
	} {
		_, err := geo.Decode(strings.NewReader(c.text), geo.Limits{Code: "code"})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: Decode = %v, want %v", c.name, err, c.want)
			continue
		}
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Decode = %v, want it to say %q", c.name, err, c.says)
		}
		if f := fault.Of(err); f.Italian == "" || f.Kind != c.want.Kind {
			t.Errorf("%s: fault.Of = %+v", c.name, f)
		}
	}
}

func TestDecodeNamesEveryBadFeature(t *testing.T) {
	text := featureCollection(
		feature("A", "Polygon", box),
		feature("B", "Point", `[1,2]`),
		feature("C", "Polygon", `[[[10,44],[11,44],[11,45],[10,45]]]`),
		feature("D", "Polygon", box),
		feature("E", "Polygon", `[[[10,44],[11,45],[11,44],[10,45],[10,44]]]`),
	)
	_, err := geo.Decode(strings.NewReader(text), geo.Limits{})
	var problems geo.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("Decode = %v, want Problems", err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprint(p.Index, " ", p.Label, " ", p.Fault.Code))
	}
	want := "1 B geo.geometry_type, 2 C geo.open_ring, 4 E geo.self_intersection"
	if strings.Join(got, ", ") != want {
		t.Errorf("Problems = %s, want %s", strings.Join(got, ", "), want)
	}
	for _, each := range []error{geo.ErrGeometryType, geo.ErrOpenRing, geo.ErrSelfIntersection} {
		if !errors.Is(err, each) {
			t.Errorf("errors.Is(err, %v) = false", each)
		}
	}
	if f := fault.Of(err); f.Field != "features[1]" {
		t.Errorf("the first fault is about %q, want features[1]", f.Field)
	}
	_, err = geo.Decode(strings.NewReader(text), geo.Limits{Problems: 2})
	if !errors.As(err, &problems) || len(problems) != 2 {
		t.Errorf("Decode with at most 2 problems = %v", err)
	}
}

func TestDecodeLimits(t *testing.T) {
	two := featureCollection(feature("A", "Polygon", box), feature("B", "Polygon", box))
	for _, c := range []struct {
		name   string
		limits geo.Limits
	}{
		{"bytes", geo.Limits{Bytes: 100}},
		{"features", geo.Limits{Features: 1}},
		{"vertices", geo.Limits{Vertices: 9}},
	} {
		_, err := geo.Decode(strings.NewReader(two), c.limits)
		if !errors.Is(err, geo.ErrTooLarge) {
			t.Errorf("%s: Decode = %v, want %v", c.name, err, geo.ErrTooLarge)
		}
		if f := fault.Of(err); f.Kind != fault.TooLarge {
			t.Errorf("%s: kind = %s", c.name, f.Kind)
		}
	}
	if _, err := geo.Decode(strings.NewReader(two), geo.Limits{Bytes: int64(len(two)), Features: 2, Vertices: 10}); err != nil {
		t.Errorf("Decode exactly at the limits = %v", err)
	}
}

// A file far beyond the limit is refused after the limit, not after its end.
func TestDecodeStopsReading(t *testing.T) {
	r := &endless{}
	if _, err := geo.Decode(r, geo.Limits{Bytes: 1 << 20}); !errors.Is(err, geo.ErrTooLarge) {
		t.Errorf("Decode = %v, want %v", err, geo.ErrTooLarge)
	}
	if r.read > 2<<20 {
		t.Errorf("%d bytes were read, want about 1 MiB", r.read)
	}
}

type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	e.read += len(p)
	return copy(p, bytes.Repeat([]byte(" "), len(p))), nil
}

func TestDecodePassesReadErrorsOn(t *testing.T) {
	_, err := geo.Decode(io.MultiReader(strings.NewReader("{"), broken{}), geo.Limits{})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Decode = %v, want %v", err, io.ErrClosedPipe)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestDecodeWinds(t *testing.T) {
	// Both rings the wrong way round, as before RFC 7946.
	text := feature("A", "Polygon", `[[[10,44],[10,46],[12,46],[12,44],[10,44]],[[11,45],[11.5,45],[11.5,45.5],[11,45.5],[11,45]]]`)
	c, err := geo.Decode(strings.NewReader(text), geo.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	rings := c.Features[0].Geometry[0]
	if rings[0].Orientation() != orb.CCW || rings[1].Orientation() != orb.CW {
		t.Errorf("orientation = %v, %v, want CCW, CW", rings[0].Orientation(), rings[1].Orientation())
	}
}

func TestWorldSwitchesSwappedOff(t *testing.T) {
	text := feature("A", "Polygon", `[[[44,10],[44,11],[45,11],[45,10],[44,10]]]`) // Somalia
	if _, err := geo.Decode(strings.NewReader(text), geo.Limits{Expect: geo.World()}); err != nil {
		t.Errorf("Decode = %v", err)
	}
}

// topology has two boxes that share arc 0, quantised.
const topology = `{"type":"Topology","transform":{"scale":[0.1,0.1],"translate":[10,44]},
"objects":{"areas":{"type":"GeometryCollection","geometries":[
 {"type":"Polygon","id":1,"properties":{"code":"W"},"arcs":[[0,1]]},
 {"type":"MultiPolygon","properties":{"code":"E"},"arcs":[[[-1,2]]]}]}},
"arcs":[[[10,0],[0,10]],[[10,10],[-10,0],[0,-10],[10,0]],[[10,0],[10,0],[0,10],[-10,0]]]}`

func TestTopoJSON(t *testing.T) {
	c, err := geo.Decode(strings.NewReader(topology), geo.Limits{Code: "code"})
	if err != nil {
		t.Fatal(err)
	}
	areas, err := c.Areas(geo.Fields{Code: "code", Kind: geo.District})
	if err != nil {
		t.Fatal(err)
	}
	x := newIndex(t, areas)
	for lon, want := range map[float64]string{10.5: "W", 11: "E", 11.5: "E"} {
		if got := ownerOf(x.Locate(geo.Query{Lon: lon, Lat: 44.5})); got != want {
			t.Errorf("Locate(%v) = %q, want %q", lon, got, want)
		}
	}
	if c.Features[0].ID != "1" {
		t.Errorf("ID = %q, want 1", c.Features[0].ID)
	}
	plain := strings.NewReplacer(`"transform":{"scale":[0.1,0.1],"translate":[10,44]},`, "").Replace(topology)
	plain = plain[:strings.Index(plain, `"arcs":[[[10,0]`)] + `"arcs":[[[11,44],[11,45]],[[11,45],[10,45],[10,44],[11,44]],[[11,44],[12,44],[12,45],[11,45]]]}`
	if _, err := geo.Decode(strings.NewReader(plain), geo.Limits{Code: "code"}); err != nil {
		t.Errorf("Decode without transform = %v", err)
	}
}

func TestTopoJSONRefuses(t *testing.T) {
	swap := func(from, to string) string { return strings.Replace(topology, from, to, 1) }
	for _, c := range []struct {
		name, text string
		layer      string
		want       *fault.Error
	}{
		{"arc that is not there", swap(`[[0,1]]`, `[[0,7]]`), "", geo.ErrArc},
		{"arc that is not there, backwards", swap(`[[0,1]]`, `[[0,-8]]`), "", geo.ErrArc},
		{"arcs that do not meet", swap(`[[0,1]]`, `[[0,2]]`), "", geo.ErrArc},
		{"arcs not deep enough", swap(`[[0,1]]`, `[0,1]`), "", geo.ErrArc},
		{"ring left open", swap(`[[0,1]]`, `[[1]]`), "", geo.ErrOpenRing},
		{"no arcs", swap(`"arcs":[[0,1]]`, `"arcs":[]`), "", geo.ErrEmpty},
		{"a point", swap(`"Polygon"`, `"Point"`), "", geo.ErrGeometryType},
		{"null shape", swap(`"type":"Polygon",`, `"type":null,`), "", geo.ErrEmpty},
		{"one number", swap(`[[10,0],[0,10]]`, `[[10],[0,10]]`), "", geo.ErrCoordinates},
		{"two layers", swap(`"objects":{`, `"objects":{"other":{"type":"Polygon"},`), "", geo.ErrLayer},
		{"layer that is not there", topology, "roads", geo.ErrLayer},
		{"scale beyond numbers", swap(`[0.1,0.1]`, `[1e308,1e308]`), "", geo.ErrNotFinite},
		{"arcs that are text", swap(`"arcs":[[[10,0]`, `"arcs":[[["a",0]`), "", geo.ErrCoordinates},
		{"no arcs at all", swap(`"arcs":[[[10,0]`, `"bows":[[[10,0]`), "", geo.ErrCoordinates},
	} {
		if _, err := geo.Decode(strings.NewReader(c.text), geo.Limits{Layer: c.layer}); !errors.Is(err, c.want) {
			t.Errorf("%s: Decode = %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := geo.Decode(strings.NewReader(topology), geo.Limits{Layer: "areas"}); err != nil {
		t.Errorf("Decode with the layer named = %v", err)
	}
}

// A short file that repeats one arc a million times must not fill the memory.
func TestTopoJSONBomb(t *testing.T) {
	text := strings.Replace(topology, `[[0,1]]`, `[[`+strings.Repeat("0,-1,", 100_000)+`0,1]]`, 1)
	if _, err := geo.Decode(strings.NewReader(text), geo.Limits{Vertices: 1000}); !errors.Is(err, geo.ErrTooLarge) {
		t.Errorf("Decode = %v, want %v", err, geo.ErrTooLarge)
	}
}

// A tangle of long parallel lines would take hours to check pair by pair.
func TestDecodeTangled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	var ring strings.Builder
	const n = 60_000
	for i := range n {
		at := float64(i) / n * 1e-3
		fmt.Fprintf(&ring, "[%v,%v],[%v,%v],", 10+at, 44-at, 11+at, 45-at)
	}
	text := feature("A", "Polygon", "[["+ring.String()+"[10,44]]]")
	_, err := geo.Decode(strings.NewReader(text), geo.Limits{})
	if !errors.Is(err, geo.ErrTangled) && !errors.Is(err, geo.ErrSelfIntersection) {
		t.Errorf("Decode = %v, want %v or %v", err, geo.ErrTangled, geo.ErrSelfIntersection)
	}
}

func TestEncodeReadsBack(t *testing.T) {
	areas := shippedDistricts(t)
	var text bytes.Buffer
	if err := geo.Encode(&text, areas); err != nil {
		t.Fatal(err)
	}
	c, err := geo.Decode(&text, geo.Limits{Code: "code"})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range c.Features {
		a := areas[i]
		if f.ID != string(a.ID) || f.Text("code") != a.Code || f.Text("name") != a.Name || !orb.Equal(f.Geometry, a.Geometry) {
			t.Errorf("%s does not read back", a.Code)
		}
	}
	if len(c.Features) != len(areas) {
		t.Errorf("%d features, want %d", len(c.Features), len(areas))
	}
}

func TestAreasNamesBadCodes(t *testing.T) {
	text := featureCollection(feature("A", "Polygon", box), feature("A", "Polygon", box), feature("", "Polygon", box))
	c, err := geo.Decode(strings.NewReader(text), geo.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Areas(geo.Fields{Code: "code", Kind: geo.Zone})
	if !errors.Is(err, geo.ErrCodeTwice) || !errors.Is(err, geo.ErrCodeMissing) {
		t.Errorf("Areas = %v, want %v and %v", err, geo.ErrCodeTwice, geo.ErrCodeMissing)
	}
	areas, err := geo.Collection{Features: c.Features[:1]}.Areas(geo.Fields{Code: "id", Kind: geo.Zone})
	if err != nil || len(areas) != 1 || areas[0].Code != "A" || areas[0].Name != "A" || areas[0].Source != geo.FromAdmin {
		t.Errorf("Areas by id = %+v, %v", areas, err)
	}
	if err := areas[0].Validate(); err != nil {
		t.Errorf("Validate = %v", err)
	}
	areas[0].Geometry = orb.MultiPolygon{{orb.Ring{{10, 44}, {11, 45}, {11, 44}, {10, 45}, {10, 44}}}}
	if err := areas[0].Validate(); !errors.Is(err, geo.ErrSelfIntersection) {
		t.Errorf("Validate of a bow tie = %v, want %v", err, geo.ErrSelfIntersection)
	}
}

func TestDecodeGeometry(t *testing.T) {
	for _, a := range shippedDistricts(t) {
		got, err := geo.DecodeGeometry(geo.EncodeGeometry(nil, a.Geometry))
		if err != nil || !orb.Equal(got, a.Geometry) {
			t.Errorf("%s does not read back: %v", a.Code, err)
		}
	}
	for _, c := range []struct {
		text string
		want *fault.Error
	}{
		{`{"type":"Polygon","coordinates":[[[10,44],[11,44],[11,45],[10,45]]]}`, geo.ErrOpenRing},
		{`{"type":"Polygon","coordinates":[[[10,44],[11,44],[11,95],[10,44]]]}`, geo.ErrRange},
		{`{"type":"Polygon","coordinates":null}`, geo.ErrEmpty},
		{`{"type":"Point","coordinates":[1,2]}`, geo.ErrGeometryType},
		{`{"type":"Polygon","coordinates":[[[10,44`, geo.ErrNotGeoJSON},
	} {
		if _, err := geo.DecodeGeometry([]byte(c.text)); !errors.Is(err, c.want) {
			t.Errorf("DecodeGeometry(%s) = %v, want %v", c.text, err, c.want)
		}
	}
}

func TestFeatureProperties(t *testing.T) {
	text := `{"type":"Feature","properties":{"n":-10,"s":" 7 ","f":1.5,"code":"015","long":12345678901234567890},"geometry":{"type":"Polygon","coordinates":` + box + `}}`
	c, err := geo.Decode(strings.NewReader(text), geo.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	f := c.Features[0]
	for name, want := range map[string]int{"n": -10, "s": 7, "code": 15} {
		if got, ok := f.Integer(name); got != want || !ok {
			t.Errorf("Integer(%s) = %d %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"f", "long", "absent"} {
		if got, ok := f.Integer(name); ok {
			t.Errorf("Integer(%s) = %d, want none", name, got)
		}
	}
	if got := f.Text("code") + " " + f.Text("long"); got != "015 12345678901234567890" {
		t.Errorf("Text = %s", got)
	}
}
