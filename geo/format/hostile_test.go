package format_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
)

// A few bytes of text can mean many in memory: an empty list, an element
// without content, a comma. Such files are left when they reach a limit, and
// until then cost a small multiple of their size.
func TestHostileFilesStaySmall(t *testing.T) {
	const size = 2 << 20
	many := func(s string) string { return strings.Repeat(s, size/len(s)) }
	limits := geo.Limits{Vertices: 10_000, Features: 1000, Values: 1000}
	for _, c := range []struct {
		name, file string
		want       *fault.Error
	}{
		{"empty rings", `{"type":"Polygon","coordinates":[` + many("[],") + `[]]}`, geo.ErrEmpty},
		{"rings of a point", `{"type":"Polygon","coordinates":[` + many("[[1,2]],") + `[[1,2]]]}`, geo.ErrTooLarge},
		{"polygons of a point", `{"type":"MultiPolygon","coordinates":[` + many("[[[1,2]]],") + `[]]}`, geo.ErrTooLarge},
		{"features that are numbers", `{"type":"FeatureCollection","features":[` + many("1,") + `1]}`, geo.ErrTooLarge},
		{"features on lines", many("{\"type\":\"Feature\"}\n"), geo.ErrTooLarge},
		{"properties", `{"type":"Feature","properties":{` + many(`"":1,`) + `"a":1},"geometry":null}`, geo.ErrTooLarge},
		{"lists in a property", `{"type":"Feature","properties":{"a":[` + many(`[],`) + `1]},"geometry":null}`, geo.ErrEmpty},
		{"lists in each other", `{"type":"Feature","properties":{"a":` + many(`[`), geo.ErrNotJSON},
		{"objects of a topology", `{"type":"Topology","objects":{` + distinct(200_000) + `"a":1},"arcs":[]}`, geo.ErrTooLarge},
		{"arcs", `{"type":"Topology","arcs":[` + many(`[[1,2]],`) + `[]]}`, geo.ErrTooLarge},
		{"geometries of a topology", `{"type":"Topology","arcs":[[[1,2]]],"objects":{"a":{"type":"GeometryCollection","geometries":[` + many(`{},`) + `{}]}}}`, geo.ErrTooLarge},
		{"indexes of arcs", `{"type":"Topology","arcs":[[[1,2],[3,4]]],"objects":{"a":{"type":"Polygon","arcs":[` + many(`[0],`) + `[0]]}}}`, geo.ErrTooLarge},
		{"attributes", "<kml " + many("a='' ") + "/>", format.ErrKML},
		{"elements in each other", "<kml>" + many("<a>"), format.ErrKML},
		{"placemarks", "<kml>" + many("<Placemark/>"), geo.ErrTooLarge},
		{"polygons of a placemark", "<kml><Placemark>" + many("<Polygon/>"), geo.ErrTooLarge},
		{"data of a placemark", "<kml><Placemark>" + dataElements(2000), geo.ErrTooLarge},
		{"coordinates", "<kml><Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>" + many("1,2 ") + "</coordinates>", geo.ErrTooLarge},
		{"rings in WKT", "POLYGON((1 2)" + many(",(1 2)") + ")", geo.ErrTooLarge},
		{"geometries in WKT", many("POINT(1 1)\n"), geo.ErrTooLarge},
		{"columns", "wkt," + many(","), format.ErrTable},
		{"rows", "wkt,a\n" + many(",\n"), geo.ErrTooLarge},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := decode(t, "x", []byte(c.file), format.Options{Limits: limits})
		runtime.ReadMemStats(&after)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: Decode = %v, want %v", c.name, err, c.want)
		}
		if used := after.TotalAlloc - before.TotalAlloc - uint64(len(c.file)); used > 16*size {
			t.Errorf("%s: %d MiB were allocated for a file of %d", c.name, used>>20, len(c.file)>>20)
		}
	}
}

// distinct are members of an object, each with its own name.
func distinct(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString(`"` + name(i) + `":1,`)
	}
	return out.String()
}

func dataElements(n int) string {
	var out strings.Builder
	for i := range n {
		out.WriteString("<Data name='" + name(i) + "'><value>1</value></Data>")
	}
	return out.String()
}

// name is a short name of its own for each number.
func name(i int) string {
	out := ""
	for ; ; i /= 26 {
		if out += string(rune('a' + i%26)); i < 26 {
			return out
		}
	}
}
