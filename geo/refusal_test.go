package geo_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// problem is the first problem of a refused file.
func problem(t *testing.T, file string, limits geo.Limits) geo.Problem {
	t.Helper()
	_, err := geo.Decode(strings.NewReader(file), limits)
	problems, ok := errors.AsType[geo.Problems](err)
	if !ok {
		t.Fatalf("Decode = %v, want problems", err)
	}
	return problems[0]
}

// Every refusal of a feature says which it is, and where when it lies somewhere.
func TestRefusalsHaveAPlace(t *testing.T) {
	late := make([]string, 3000)
	for i := range late {
		late[i] = feature(fmt.Sprintf("K%d", i), "Polygon", box)
	}
	nan := featureCollection(late...)
	at := strings.Index(nan, `"K2000"`)
	nan = nan[:at] + strings.Replace(nan[at:], "[11,44]", "[NaN,44]", 1)
	infinite := strings.NewReplacer("[11,45]", "[1e999,45]")
	for _, c := range []struct {
		name, file string
		want       *fault.Error
		index      int
		label      string
		place      orb.Point
		says       string
	}{
		{"no code", featureCollection(feature("A", "Polygon", box), strings.Replace(feature("B", "Polygon", box), `"code":`, `"sigla":`, 1)), geo.ErrCodeMissing, 1, "B", orb.Point{10, 44}, "sigla"},
		{"a code twice", featureCollection(feature("A", "Polygon", box), feature("A", "Polygon", box)), geo.ErrCodeTwice, 1, "A", orb.Point{10, 44}, "features[0]"},
		{"a point", feature("A", "Point", `[10,44]`), geo.ErrGeometryType, 0, "A", orb.Point{10, 44}, "Point"},
		{"a line", feature("A", "LineString", `[[10,44],[11,45]]`), geo.ErrGeometryType, 0, "A", orb.Point{10, 44}, "LineString"},
		{"a collection", strings.Replace(feature("A", "GeometryCollection", `[{"type":"Polygon","coordinates":`+box+`}]`), "coordinates", "geometries", 1), geo.ErrGeometryType, 0, "A", orb.Point{10, 44}, "GeometryCollection"},
		{"text for numbers", feature("A", "Polygon", `[[["10","44"],["11","44"]]]`), geo.ErrCoordinates, 0, "A", orb.Point{10, 44}, "position 1 of ring 1"},
		{"nothing for a number", feature("A", "Polygon", `[[[10,44],[11,44],[null,45],[10,44]]]`), geo.ErrCoordinates, 0, "A", orb.Point{11, 44}, "position 3 of ring 1"},
		{"nothing at the start", feature("A", "Polygon", `[[[null,44],[11,44],[11,45],[null,44]]]`), geo.ErrCoordinates, 0, "A", orb.Point{11, 44}, "position 1 of ring 1"},
		{"infinite", infinite.Replace(feature("A", "Polygon", box)), geo.ErrNotFinite, 0, "A", orb.Point{11, 44}, "position 3 of ring 1"},
		{"infinite in a hole", feature("A", "Polygon", box[:len(box)-1]+`,[[10.2,44.2],[10.2,1e999],[10.4,44.2],[10.2,44.2]]]`), geo.ErrNotFinite, 0, "A", orb.Point{10.2, 44.2}, "position 2 of ring 2"},
		{"NaN, late", nan, geo.ErrNotJSON, 2000, "K2000", orb.Point{10, 44}, "NaN"},
		{"Infinity at the start", strings.Replace(feature("A", "Polygon", box), "[[10,44]", "[[Infinity,44]", 1), geo.ErrNotJSON, 0, "A", orb.Point{11, 44}, "Infinity"},
		{"cut in a feature", nan[:strings.Index(nan, `"K1000"`)+120], geo.ErrTruncated, 1000, "K1000", orb.Point{10, 45}, "bytes"},
		{"one wrong latitude", feature("A", "Polygon", `[[[9,89],[10,89],[10,91],[9,89]]]`), geo.ErrRange, 0, "A", orb.Point{10, 91}, "Correct"},
	} {
		p := problem(t, c.file, geo.Limits{Code: "code"})
		if p.Fault.Code != c.want.Code || p.Index != c.index || p.Label != c.label || p.Place == nil || *p.Place != c.place {
			t.Errorf("%s: problem = %+v at %v, want %s of features[%d] %s at %v", c.name, p, p.Place, c.want.Code, c.index, c.label, c.place)
		}
		said := fault.Of(geo.Problems{p}.Unwrap()[0])
		if !strings.Contains(said.Error(), c.says) {
			t.Errorf("%s: it says %q, want %q in it", c.name, said, c.says)
		}
		if it := said.Say("it"); strings.Contains(it, " at ") || strings.Contains(it, "position ") || strings.Contains(it, "it is") || strings.Contains(it, "also") {
			t.Errorf("%s: in Italian it says %q", c.name, it)
		}
	}
}

// A geometry that did not come from a file has its place too.
func TestNotFinite(t *testing.T) {
	a := district("A", orb.Ring{{10, 44}, {11, 44}, {math.NaN(), 45}, {10, 45}, {10, 44}})
	if err := a.Validate(); !errors.Is(err, geo.ErrNotFinite) || !strings.Contains(err.Error(), "11.000000,44.000000") || !strings.Contains(err.Error(), "vertex 3 of ring 1") {
		t.Errorf("Validate = %v, want the third vertex beside 11,44", err)
	}
}

func TestSwappedOnlyWhereItIsExpected(t *testing.T) {
	italian := `[[[44,10],[44,11],[45,11],[45,10],[44,10]]]`
	chinese := `[[[30,110],[30,111],[31,111],[31,110],[30,110]]]`
	one := `[[[9,89],[10,89],[10,91],[9,89]]]`
	for _, c := range []struct {
		name, coordinates string
		expect            orb.Bound
		want              *fault.Error
	}{
		{"Italy, seen from Italy", italian, geo.Italy(), geo.ErrSwapped},
		{"China, seen from Italy", chinese, geo.Italy(), geo.ErrRange},
		{"China, seen from anywhere", chinese, geo.World(), geo.ErrSwapped},
		{"one vertex, seen from Italy", one, geo.Italy(), geo.ErrRange},
		{"one vertex, seen from anywhere", one, geo.World(), geo.ErrRange},
	} {
		if p := problem(t, feature("A", "Polygon", c.coordinates), geo.Limits{Expect: c.expect}); p.Fault.Code != c.want.Code {
			t.Errorf("%s: %s, want %s", c.name, p.Fault.Code, c.want.Code)
		}
	}
}

func TestExtent(t *testing.T) {
	london := featureCollection(feature("A", "Polygon", box), feature("L", "Polygon", `[[[-0.1,51.5],[0,51.5],[0,51.6],[-0.1,51.5]]]`))
	for _, limits := range []geo.Limits{{}, {Expect: geo.World(), Within: true}} {
		if _, err := geo.Decode(strings.NewReader(london), limits); err != nil {
			t.Errorf("Decode within %v = %v", limits.Expect, err)
		}
	}
	p := problem(t, london, geo.Limits{Expect: geo.Italy(), Within: true})
	if p.Fault.Code != geo.ErrExtent.Code || p.Index != 1 || p.Label != "L" || p.Place == nil || *p.Place != (orb.Point{-0.1, 51.5}) {
		t.Errorf("problem = %+v, want the extent of features[1] L", p)
	}
}

// Text that is not UTF-8 is refused, with its property; what stands for a lost
// letter in the file itself is as it is.
func TestEncoding(t *testing.T) {
	for _, c := range []struct {
		name, file string
		says       string // empty: it is read
	}{
		{"UTF-8", properties(`{"code":"Città"}`), ""},
		{"escapes", properties(`{"code":"\ud83d\ude00 \u00e0 \\ud800"}`), ""},
		{"a lost letter", properties(`{"code":"Citt` + "\ufffd" + `"}`), ""},
		{"Latin-1 in a code", properties("{\"code\":\"Citt\xe0\"}"), `"code" is "Citt\xe0"`},
		{"Latin-1 in another property", properties("{\"code\":\"A\",\"note\":\"Citt\xe0\"}"), `"note"`},
		{"Latin-1 in the name of a property", properties("{\"code\":\"A\",\"citt\xe0\":1}"), `property "citt`},
		{"half a character", properties(`{"code":"\ud800"}`), "ud800"},
		{"the other half", properties(`{"code":"\udc00x"}`), "udc00"},
		{"two first halves", properties(`{"code":"\ud800\ud800"}`), "ud800"},
		{"elsewhere in the feature", strings.Replace(properties(`{"code":"A"}`), `"type":"Feature"`, "\"type\":\"Feature\",\"title\":\"\xe0\"", 1), "features[0]"},
		{"beside the features", "{\"name\":\"citt\xe0\"," + properties(`{"code":"A"}`)[1:], "name"},
		{"one feature", strings.Replace(feature("A", "Polygon", box), `"A"`, "\"A\xe0\"", 1), `"id" is "A\xe0"`},
		{"a topology", strings.Replace(topology, `"W"`, "\"W\xe0\"", 1), "features[0]"},
	} {
		_, err := geo.Decode(strings.NewReader(c.file), geo.Limits{})
		if c.says == "" {
			if err != nil {
				t.Errorf("%s: Decode = %v", c.name, err)
			}
			continue
		}
		if !errors.Is(err, geo.ErrEncoding) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Decode = %v, want an encoding that says %s", c.name, err, c.says)
		}
	}
}

// Heights are left out, in a file and in one border, and the feature says so.
func TestHeightsAreLeftOut(t *testing.T) {
	high := strings.ReplaceAll(box, "4]", "4,7.5]")
	got, err := geo.Decode(strings.NewReader(featureCollection(feature("A", "Polygon", high), feature("B", "Polygon", box))), geo.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := got.Features[0], got.Features[1]; !a.Flattened || b.Flattened || !a.Geometry.Equal(b.Geometry) {
		t.Errorf("Decode = %+v and %+v, want the same, one flattened", a, b)
	}
	mp, err := geo.DecodeGeometry([]byte(`{"type":"Polygon","coordinates":` + high + `}`))
	if err != nil || !mp.Equal(got.Features[1].Geometry) {
		t.Errorf("DecodeGeometry = %v, %v", mp, err)
	}
}
