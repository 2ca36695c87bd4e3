package geo_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// shaken returns areas of which every vertex was drawn again by another hand,
// up to so many metres off.
func shaken(areas []geo.Area, metres float64, random *rand.Rand) []geo.Area {
	out := slices.Clone(areas)
	for i, a := range areas {
		mp := a.Geometry.Clone()
		for _, polygon := range mp {
			for _, ring := range polygon {
				for k := range ring[:len(ring)-1] {
					r, angle := metres*random.Float64(), 2*math.Pi*random.Float64()
					ring[k][0] += r / 111000 * math.Cos(angle)
					ring[k][1] += r / 111000 * math.Sin(angle)
				}
				ring[len(ring)-1] = ring[0]
			}
		}
		out[i].Geometry = mp
	}
	return out
}

// TestSnapShaken: borders that two hands have drawn become one again.
func TestSnapShaken(t *testing.T) {
	for _, set := range []struct {
		name  string
		areas func(testing.TB) []geo.Area
	}{
		{"shipped districts", shippedDistricts},
		{"municipalities", municipalities},
		{"triangles", func(testing.TB) []geo.Area { return triangles(1, 10) }},
	} {
		t.Run(set.name, func(t *testing.T) {
			loose := shaken(territorial(set.areas(t)), 0.3, rand.New(rand.NewPCG(3, 3)))
			before := of(geo.Survey(loose, geo.SurveyOptions{}), geo.FoundGap, geo.FoundOverlap)
			if len(before) < 100 {
				t.Fatalf("%d gaps and overlaps before: nothing is tested", len(before))
			}
			areas, changes, err := geo.Snap(loose, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				if c.Text != "" || c.FarthestM > 1 || len(c.Moves) != c.Moved {
					t.Errorf("%s: %d of %d moves, up to %v m, %q", c.Code, len(c.Moves), c.Moved, c.FarthestM, c.Text)
				}
			}
			for _, f := range of(geo.Survey(areas, geo.SurveyOptions{}), geo.FoundGap, geo.FoundOverlap, geo.FoundUnmatched) {
				t.Errorf("after snapping: %s", f.Text)
			}
			for _, a := range areas {
				if err := a.Validate(); err != nil {
					t.Errorf("%s: %v", a.Code, err)
				}
			}
			x := newIndex(t, areas)
			inner, shared := innerPoints(areas)
			for _, p := range append(inner, shared...) {
				if n := owners(x, p); n != 1 {
					t.Fatalf("%d owners at %v, want 1", n, p)
				}
			}
		})
	}
}

// territorial leaves out what is meant to lie over the rest.
func territorial(areas []geo.Area) []geo.Area {
	return slices.DeleteFunc(slices.Clone(areas), func(a geo.Area) bool { return a.Kind == geo.Overlay })
}

func TestSnap(t *testing.T) {
	const m = metre
	west := oblong("W", 10, 44, 11, 45)
	for _, c := range []struct {
		name         string
		areas        []geo.Area
		moved, added int
		left         bool // W's neighbour is left as it was
	}{
		{"fits already", []geo.Area{west, oblong("E", 11, 44, 12, 45)}, 0, 0, false},
		{"nobody near", []geo.Area{west, oblong("E", 11+5*m, 44, 12, 45)}, 0, 0, false},
		{"gap", []geo.Area{west, oblong("E", 11+m/2, 44, 12, 45)}, 2, 0, false},
		{"overlap", []geo.Area{west, oblong("E", 11-m/2, 44, 12, 45)}, 2, 0, false},
		{"a point more", []geo.Area{west, district("E", orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11, 44.5}, {11, 44}})}, 0, 1, false},
		{"a point more, off the line", []geo.Area{west, district("E", orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11 + m/2, 44.5}, {11, 44}})}, 0, 1, false},
		{"half a border", []geo.Area{west, oblong("E", 11+m/2, 44.2, 12, 44.7)}, 0, 2, false},
		{"other kind", []geo.Area{west, {Code: "Z", Kind: geo.Zone, Geometry: oblong("Z", 11+m/2, 44, 12, 45).Geometry}}, 0, 0, false},
		{"too thin to survive", []geo.Area{west, oblong("E", 11+m/3, 44, 11+m/2, 45)}, 0, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			areas, changes, err := geo.Snap(c.areas, 1)
			if err != nil {
				t.Fatal(err)
			}
			moved, added, left := 0, 0, false
			for _, ch := range changes {
				moved, added, left = moved+ch.Moved, added+ch.Added, left || ch.Text != ""
			}
			if moved != c.moved || added != c.added || left != c.left {
				t.Errorf("Snap moved %d, added %d, left %v, want %d, %d, %v", moved, added, left, c.moved, c.added, c.left)
			}
			if !areas[0].Geometry.Equal(west.Geometry) && c.added == 0 {
				t.Errorf("the first of the list moved: %v", areas[0].Geometry)
			}
			if c.moved+c.added == 0 {
				return
			}
			if r := geo.Survey(areas, geo.SurveyOptions{}); len(r.Findings) > 0 {
				t.Errorf("after snapping: %v", r.Findings)
			}
		})
	}
	for _, bad := range []float64{0, -1, 101, math.NaN(), math.Inf(1)} {
		if _, _, err := geo.Snap([]geo.Area{west}, bad); !errors.Is(err, geo.ErrSnap) {
			t.Errorf("Snap(%v) = %v, want %v", bad, err, geo.ErrSnap)
		}
	}
}

// TestSnapTo: an area drawn again fits its old neighbours, which stay as they
// are.
func TestSnapTo(t *testing.T) {
	areas := municipalities(t)
	random := rand.New(rand.NewPCG(4, 4))
	for n := 0; n < len(areas); n += 7 {
		others := slices.Concat(areas[:n], areas[n+1:])
		before := slices.Clone(others)
		redrawn := shaken(areas[n:n+1], 0.4, random)
		got, changes, err := geo.SnapTo(redrawn, others, 1)
		if err != nil || len(changes) != 1 || changes[0].Text != "" {
			t.Fatalf("SnapTo(%s) = %v, %v", areas[n].Code, changes, err)
		}
		if !slices.EqualFunc(others, before, func(a, b geo.Area) bool { return a.Geometry.Equal(b.Geometry) }) {
			t.Fatalf("SnapTo(%s) changed a neighbour", areas[n].Code)
		}
		r := geo.Survey(slices.Concat(others, got), geo.SurveyOptions{Around: []string{areas[n].Code}})
		for _, f := range of(r, geo.FoundGap, geo.FoundOverlap, geo.FoundUnmatched) {
			t.Errorf("after snapping: %s", f.Text)
		}
	}
	west := oblong("W", 10, 44, 11, 45)
	for _, c := range []struct {
		name  string
		east  orb.Ring
		moved int
		added int
	}{
		{"fits", oblong("E", 11, 44, 12, 45).Geometry[0][0], 0, 0},
		{"beside", oblong("E", 11+metre/2, 44, 12, 45).Geometry[0][0], 2, 0},
		{"points beside the side", orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11 + metre/2, 44.7}, {11 - metre/2, 44.3}, {11, 44}}, 2, 0},
		{"a corner that only touches", orb.Ring{{11 + metre/2, 44.5}, {12, 44}, {12, 45}, {11 + metre/2, 44.5}}, 0, 0},
	} {
		got, changes, err := geo.SnapTo([]geo.Area{district("E", c.east)}, []geo.Area{west}, 1)
		moved, added := 0, 0
		for _, ch := range changes {
			moved, added = moved+ch.Moved, added+ch.Added
		}
		if err != nil || moved != c.moved || added != c.added {
			t.Errorf("%s: moved %d, added %d, %v, want %d and %d", c.name, moved, added, err, c.moved, c.added)
		}
		if r := of(geo.Survey(append(got, west), geo.SurveyOptions{}), geo.FoundOverlap, geo.FoundUnmatched); len(r) > 0 {
			t.Errorf("%s: %v", c.name, r)
		}
	}
}
