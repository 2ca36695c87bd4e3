package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/areagen"
	"github.com/sestante/sestante/internal/pbtest"
	"github.com/sestante/sestante/store"
)

var nearDay = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// stripes keeps districts of one degree side by side, from 0 to n.
func stripes(t *testing.T, s *store.Store, codes string) {
	t.Helper()
	for i, code := range strings.Split(codes, "") {
		west := float64(i)
		keepArea(t, s, geo.Area{Code: code, Kind: geo.District, Geometry: orb.MultiPolygon{{{{west, 40}, {west + 1, 40}, {west + 1, 41}, {west, 41}, {west, 40}}}}})
	}
}

func keepArea(t *testing.T, s *store.Store, a geo.Area) {
	t.Helper()
	a.ID, a.Name, a.Source = geo.SeedID(a.Kind, a.Code), a.Code, geo.FromAdmin
	if err := s.InsertArea(t.Context(), a.Measure(), nearDay); err != nil {
		t.Fatal(err)
	}
}

// TestAreasNear finds what lies beside a box and beside that, of one kind and
// day.
func TestAreasNear(t *testing.T) {
	app := pbtest.New(t)
	s := store.New(app)
	stripes(t, s, "ABCDEFG")
	square := orb.MultiPolygon{{{{3, 40}, {4, 40}, {4, 41}, {3, 41}, {3, 40}}}}
	keepArea(t, s, geo.Area{Code: "H", Kind: geo.District, Geometry: orb.MultiPolygon{{{{7.005, 40}, {8, 40}, {8, 41}, {7.005, 41}, {7.005, 40}}}}})
	keepArea(t, s, geo.Area{Code: "P", Kind: geo.Province, Geometry: square})
	keepArea(t, s, geo.Area{Code: "Z", Kind: geo.District, Geometry: square, ValidTo: nearDay})
	keepArea(t, s, geo.Area{Code: "Y", Kind: geo.District, Geometry: square, ValidFrom: nearDay.Add(time.Second)})
	for _, c := range []struct {
		west, east, margin float64
		at                 time.Time
		want               string
	}{
		{3.2, 3.8, 0.01, nearDay, "CDE"},
		{3.2, 3.8, 0.3, nearDay, "BCDEF"},
		{3, 4, 0, nearDay, "BCDEF"},      // they touch
		{6.2, 6.8, 0.01, nearDay, "FGH"}, // all but touching
		{7.2, 7.8, 0.01, nearDay, "GH"},
		{6.2, 6.8, 0.001, nearDay, "FG"},
		{-5, -4, 0.01, nearDay, ""},
		{0.5, 0.6, 0.01, nearDay, "AB"},
		{3.2, 3.8, 0.01, nearDay.Add(-time.Second), "CDEZ"},
		{3.2, 3.8, 0.01, nearDay.Add(time.Hour), "CDEY"},
	} {
		box := orb.Bound{Min: orb.Point{c.west, 40.2}, Max: orb.Point{c.east, 40.8}}
		found, err := s.AreasNear(t.Context(), geo.District, box, c.margin, c.at)
		if err != nil {
			t.Fatal(err)
		}
		codes := make([]string, 0, len(found))
		for _, a := range found {
			codes = append(codes, a.Code)
			if len(a.Geometry) != 1 {
				t.Errorf("AreasNear(%g..%g): %s has no geometry", c.west, c.east, a.Code)
			}
		}
		slices.Sort(codes)
		if got := strings.Join(codes, ""); got != c.want {
			t.Errorf("AreasNear(%g..%g within %g at %v) = %q, want %q", c.west, c.east, c.margin, c.at, got, c.want)
		}
	}
}

// BenchmarkAreasNear is what whoever saves one of as many areas as Italy has
// municipalities waits for.
func BenchmarkAreasNear(b *testing.B) {
	areas, err := areagen.Municipalities(geo.Municipality)
	if err != nil {
		b.Fatal(err)
	}
	app := pbtest.New(b)
	kept := store.New(app)
	withoutTriggers(b, app)
	err = kept.InTx(b.Context(), func(tx *store.Store) error {
		for _, a := range areas {
			a.ID = geo.SeedID(a.Kind, a.Code)
			if err := tx.InsertArea(b.Context(), a.Measure(), nearDay); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	middle := areas[len(areas)/2].Geometry.Bound()
	for b.Loop() {
		if _, err := kept.AreasNear(b.Context(), geo.Municipality, middle, 0.01, nearDay); err != nil {
			b.Fatal(err)
		}
	}
}
