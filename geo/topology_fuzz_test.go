package geo_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// FuzzTopology draws a few polygons with corners on one small lattice, where
// everything meets everything, and wants no panic, finite sizes, the same
// overlap from a survey as from a comparison, and nothing valid made invalid.
func FuzzTopology(f *testing.F) {
	f.Add(ringBytes(0, 0, 4, 0, 4, 4, 0, 4, 4, 0, 8, 0, 8, 4, 4, 4), uint8(0), uint8(4))
	f.Add(ringBytes(0, 0, 4, 0, 4, 4, 0, 4, 2, 1, 8, 0, 8, 4, 3, 4), uint8(1), uint8(4))
	f.Add(ringBytes(0, 0, 9, 1, 8, 8, 1, 9, 4, 4, 3, 3, 5, 2, 7, 5, 4, 6, 2, 5), uint8(3), uint8(5))
	f.Add(ringBytes(0, 0, 255, 1, 254, 3, 0, 2, 0, 1, 255, 2, 255, 3, 0, 4), uint8(30), uint8(4))
	f.Fuzz(func(t *testing.T, data []byte, fine, corners uint8) {
		var areas []geo.Area
		valid := true
		for size := 4 * int(3+corners%12); len(data) >= size && len(areas) < 5; data = data[size:] {
			ring := ringOf(data[:size], fine)
			a := district(fmt.Sprintf("A%d", len(areas)), ring)
			valid = valid && a.Validate() == nil
			areas = append(areas, a)
		}
		r := geo.Survey(areas, geo.SurveyOptions{})
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		snapped, _, err := geo.Snap(areas, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(areas) > 1 {
			beside, _, err := geo.SnapTo(areas[1:], areas[:1], 100)
			if err != nil {
				t.Fatal(err)
			}
			for i, a := range beside {
				if err := a.Validate(); err != nil && valid {
					t.Fatalf("SnapTo spoils %v: %v", areas[i+1].Geometry, err)
				}
			}
		}
		thin := geo.SimplifyShared(geometries(areas), 0.05)
		if !valid {
			return
		}
		for i := range areas {
			if err := snapped[i].Validate(); err != nil {
				t.Fatalf("Snap spoils %v: %v", areas[i].Geometry, err)
			}
			if err := validate(thin[i]); err != nil {
				t.Fatalf("SimplifyShared makes %v of %v: %v", thin[i], areas[i].Geometry, err)
			}
		}
		if len(areas) > 1 {
			compareOverlap(t, areas[0], areas[1])
		}
	})
}

// compareOverlap wants what two areas share to be what is left of the first
// when it loses what is not the second's.
func compareOverlap(t *testing.T, a, b geo.Area) {
	t.Helper()
	got := 0.0
	for _, f := range of(geo.Survey([]geo.Area{a, b}, geo.SurveyOptions{NoiseM: 1e-9}), geo.FoundOverlap) {
		got += f.AreaM2
	}
	b.Code = a.Code
	c := geo.Compare([]geo.Area{wound(a)}, []geo.Area{wound(b)})
	want := 0.0
	if len(c.Changed) == 1 {
		want = c.Changed[0].OldM2 - c.Changed[0].LostM2
	} else {
		want = got // the same border
	}
	if math.Abs(got-want) > 200+1e-6*want {
		t.Fatalf("%v and %v share %v m², by comparison %v", a.Geometry, b.Geometry, got, want)
	}
}

// wound turns rings as Decode does.
func wound(a geo.Area) geo.Area {
	a.Geometry = a.Geometry.Clone()
	for _, polygon := range a.Geometry {
		if polygon[0].Orientation() == orb.CW {
			polygon[0].Reverse()
		}
	}
	return a
}
