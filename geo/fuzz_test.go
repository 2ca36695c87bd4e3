package geo_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// FuzzGeoJSON never panics, and what decodes can be indexed, written and read
// again alike.
func FuzzGeoJSON(f *testing.F) {
	for _, text := range []string{
		featureCollection(feature("A", "Polygon", box), feature("B", "MultiPolygon", "["+box+"]")),
		feature("A", "Polygon", `[[[10,44],[11,45],[11,44],[10,45],[10,44]]]`),
		feature("A", "Polygon", `[[[10,44],[12,44],[12,46],[10,46],[10,44]],[[10,44],[11,45],[10.5,45.5],[10,44]]]`),
		feature("A", "Polygon", `[[[179,-17],[-179,-17],[-179,-16],[180,-15],[179,-16],[179,-17]]]`),
		feature("A", "Polygon", `[[[0,-80],[120,-80],[-120,-80],[0,-80]],[[170,-85],[-170,-85],[-170,-83],[170,-85]]]`),
		feature("A", "Polygon", `[[[10,44,1],[1e999,-0],[[]]]]`),
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[0,0],[0,0],[0,0]]]]}`,
		`{"type":"FeatureCollection","features":[null,1,{}]}`,
		strings.Replace(feature("A", "Polygon", box), "[11,44]", "[NaN,44]", 1),
		featureCollection(feature("A", "Polygon", box), `{"type":"Feature","properties":{"code":"B\ud800`),
		"{\"type\":\"Feature\",\"properties\":{\"code\":\"\xe0\",\"a\":},\"geometry\":{\"coordinates\":[[[\"1\",2",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(decodeAndReadBack)
}

// FuzzTopoJSON is the same for topologies.
func FuzzTopoJSON(f *testing.F) {
	f.Add([]byte(topology))
	f.Add([]byte(strings.Replace(topology, "[[0,1]]", "[[0,-8]]", 1)))
	f.Add([]byte(`{"type":"Topology","objects":{"a":{"type":"GeometryCollection","geometries":[{}]}},"arcs":[[]]}`))
	f.Fuzz(decodeAndReadBack)
}

func decodeAndReadBack(t *testing.T, data []byte) {
	c, err := geo.Decode(bytes.NewReader(data), geo.Limits{Bytes: 1 << 16, Vertices: 2000, Expect: geo.World()})
	if err != nil {
		if len(c.Features) > 0 {
			t.Fatalf("%d features beside %v", len(c.Features), err)
		}
		return
	}
	for i := range c.Features {
		c.Features[i].Properties = map[string]any{"code": fmt.Sprintf("F%d", i)}
	}
	areas, err := c.Areas(geo.Fields{Code: "code", Kind: geo.District})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := geo.NewIndex(areas); err != nil {
		t.Fatalf("what decodes cannot be indexed: %v", err)
	}
	var text bytes.Buffer
	if err := geo.Encode(&text, areas); err != nil {
		t.Fatal(err)
	}
	again, err := geo.Decode(&text, geo.Limits{Expect: geo.World()})
	if err != nil {
		t.Fatalf("what decodes does not read back: %v", err)
	}
	for i, f := range again.Features {
		if !orb.Equal(f.Geometry, c.Features[i].Geometry) {
			t.Fatalf("feature %d changed on the way", i)
		}
	}
}

// FuzzProperties reads what encoding/json reads: members are split without a
// second look at the text.
func FuzzProperties(f *testing.F) {
	f.Add(`{"a":1,"b":"x\u00e0\"","c":[1,{"d":"]}"}],"e":{} , "f" : null,"g":true,"h":-1.5e3}`)
	f.Add(` {"\u0061":"\\","":"{","a":[],"a":"\xff"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &want) != nil || want == nil || len(want) > 1000 {
			return
		}
		doc, err := geo.Read(strings.NewReader(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":`+text+`}]}`), geo.Limits{})
		if err != nil || len(doc.Features) != 1 {
			t.Fatalf("Read(%s) = %v", text, err)
		}
		got := doc.Features[0].Properties
		if len(got) != len(want) {
			t.Fatalf("Read(%s) = %v, want %s", text, got, want)
		}
		for name, raw := range want {
			value, ok := got[name]
			if !ok {
				t.Fatalf("Read(%s) has no %q", text, name)
			}
			switch value := value.(type) {
			case string:
				var s string
				if json.Unmarshal(raw, &s) != nil || s != value {
					t.Fatalf("Read(%s)[%q] = %q, want %s", text, name, value, raw)
				}
			case json.Number, json.RawMessage:
				if fmt.Sprintf("%s", value) != string(raw) {
					t.Fatalf("Read(%s)[%q] = %s, want %s", text, name, value, raw)
				}
			default:
				if out, _ := json.Marshal(value); string(out) != string(raw) {
					t.Fatalf("Read(%s)[%q] = %v, want %s", text, name, value, raw)
				}
			}
		}
	})
}

// FuzzTable never panics, and what decodes is valid.
func FuzzTable(f *testing.F) {
	f.Add([]byte(`{"name":"T","date":"","macroAreas":[{"code":"M","name":"M","source":"seed"}],"districts":[{"code":"D","number":1,"name":"D","kind":"district","macroArea":"M","provinces":["A"],"printed":"","branches":4.5,"ram":null,"sortingCentres":null,"source":"seed"}],"cuts":[{"province":"R","latitude":1,"north":"N","south":"S","source":"seed"}],"aliases":{"X":"A"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := geo.DecodeTable(bytes.NewReader(data))
		if err != nil {
			return
		}
		if err := table.Validate(); err != nil {
			t.Fatalf("Validate = %v", err)
		}
		provinces := collection(province("A", square(10, 44, 1)), province("R", square(11, 44, 1)))
		areas, _, err := geo.Dissolve(table, provinces, "code")
		if err == nil && len(areas) != len(table.Districts) {
			t.Fatalf("%d areas from %d rows", len(areas), len(table.Districts))
		}
	})
}

// FuzzLocateVsBig compares the index with a count of crossings over all edges
// in rational arithmetic, at points taken from the polygon's own coordinates,
// where rounding bites. The polygon may cross itself: the parity is defined.
func FuzzLocateVsBig(f *testing.F) {
	f.Add(ringBytes(0, 0, 4, 0, 4, 4, 0, 4), uint8(0))
	f.Add(ringBytes(1, 1, 9, 2, 3, 8, 8, 9, 2, 5), uint8(3))
	f.Add(ringBytes(0, 0, 3, 1, 6, 2, 9, 3, 5, 7), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, fine uint8) {
		ring := ringOf(data, fine)
		if len(ring) < 4 {
			return
		}
		x, err := geo.NewIndex([]geo.Area{{Code: "A", Kind: geo.District, Geometry: orb.MultiPolygon{{ring}}}})
		if err != nil {
			return
		}
		for i, a := range ring {
			b := ring[(i*7+3)%len(ring)]
			for _, p := range []orb.Point{a, {a[0], b[1]}, {(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}} {
				for _, q := range neighbours(p) {
					if geo.CheckPosition(q[0], q[1]) != nil {
						continue
					}
					if got, want := owners(x, q) == 1, containsBig(ring, q); got != want {
						t.Fatalf("%v contains %v: %v, want %v", ring, q, got, want)
					}
				}
			}
		}
	})
}

func ringBytes(v ...uint16) []byte {
	var out []byte
	for _, n := range v {
		out = binary.LittleEndian.AppendUint16(out, n)
	}
	return out
}

// ringOf reads a ring on a lattice, whose step is a power of two or a tenth.
func ringOf(data []byte, fine uint8) orb.Ring {
	step := math.Ldexp(1, -int(fine%40))
	if fine%3 == 1 {
		step = 0.1
	}
	var ring orb.Ring
	for ; len(data) >= 4 && len(ring) < 40; data = data[4:] {
		x, y := binary.LittleEndian.Uint16(data), binary.LittleEndian.Uint16(data[2:])
		ring = append(ring, orb.Point{10 + step*float64(x%256), 44 + step*float64(y%256)})
	}
	if len(ring) == 0 {
		return nil
	}
	return append(ring, ring[0])
}

func containsBig(ring orb.Ring, p orb.Point) bool {
	rat := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	odd := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if b[1] < a[1] {
			a, b = b, a
		}
		if p[1] < a[1] || p[1] >= b[1] {
			continue
		}
		l := new(big.Rat).Mul(new(big.Rat).Sub(rat(b[0]), rat(a[0])), new(big.Rat).Sub(rat(p[1]), rat(a[1])))
		r := new(big.Rat).Mul(new(big.Rat).Sub(rat(b[1]), rat(a[1])), new(big.Rat).Sub(rat(p[0]), rat(a[0])))
		if l.Cmp(r) > 0 {
			odd = !odd
		}
	}
	return odd
}
