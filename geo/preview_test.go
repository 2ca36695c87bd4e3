package geo_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// transfers says who gains how many square kilometres from whom.
func transfers(c geo.Comparison) string {
	var out []string
	for _, t := range c.Transfers {
		out = append(out, fmt.Sprintf("%s>%s %.0f", t.From, t.To, t.AreaM2/1e6))
	}
	return strings.Join(out, ", ")
}

func codesOf(changes []geo.AreaChange) string {
	var out []string
	for _, c := range changes {
		out = append(out, c.Code)
	}
	return strings.Join(out, ",")
}

func TestCompare(t *testing.T) {
	west, east := oblong("W", 10, 44, 11, 45), oblong("E", 11, 44, 12, 45) // 8,837 km² each
	named := west
	named.Name = "Occident"
	prior := west
	prior.Priority = 2
	zone := oblong("W", 10, 44, 10.1, 44.1)
	zone.Kind = geo.Zone
	for _, c := range []struct {
		name                    string
		old, fresh              []geo.Area
		added, removed, changed string
		unchanged               int
		transfers               string
		shift                   float64 // of the first changed one, metres
	}{
		{"nothing", nil, nil, "", "", "", 0, "", 0},
		{"the same", []geo.Area{west, east}, []geo.Area{east, west}, "", "", "", 2, "", 0},
		{"added", []geo.Area{west}, []geo.Area{west, east}, "E", "", "", 1, ">E 8837", 0},
		{"removed", []geo.Area{west, east}, []geo.Area{west}, "", "E", "", 1, "E> 8837", 0},
		{"renamed", []geo.Area{west}, []geo.Area{named}, "", "", "W", 0, "", 0},
		{"priority", []geo.Area{west}, []geo.Area{prior}, "", "", "W", 0, "", 0},
		{"other kind", []geo.Area{west}, []geo.Area{west, zone}, "W", "", "", 1, ">W 89", 0},
		{"border moved", []geo.Area{west, east}, []geo.Area{oblong("W", 10, 44, 11.1, 45), oblong("E", 11.1, 44, 12, 45)}, "", "", "E,W", 0, "E>W 884", 8020},
		{"to nobody", []geo.Area{west, east}, []geo.Area{oblong("W", 10, 44, 10.9, 45), east}, "", "", "W", 1, "W> 884", 8020},
		{"split", []geo.Area{west}, []geo.Area{oblong("W", 10, 44, 10.5, 45), oblong("N", 10.5, 44, 11, 45)}, "N", "", "W", 0, "W>N 4419", 40103},
		{"joined", []geo.Area{west, east}, []geo.Area{oblong("W", 10, 44, 12, 45)}, "", "E", "W", 0, "E>W 8837", 80205},
		{"swapped", []geo.Area{west, east}, []geo.Area{oblong("W", 11, 44, 12, 45), oblong("E", 10, 44, 11, 45)}, "", "", "E,W", 0, "E>W 8837, W>E 8837", 80205},
		{"gained twice", []geo.Area{west}, []geo.Area{oblong("A", 10, 44, 11, 45), oblong("B", 10, 44, 11, 45)}, "A,B", "W", "", 0, "W>A 8837, W>B 8837", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := geo.Compare(c.old, c.fresh)
			if a, r, ch := codesOf(got.Added), codesOf(got.Removed), codesOf(got.Changed); a != c.added || r != c.removed || ch != c.changed || got.Unchanged != c.unchanged {
				t.Errorf("added %q, removed %q, changed %q, unchanged %d, want %q, %q, %q, %d", a, r, ch, got.Unchanged, c.added, c.removed, c.changed, c.unchanged)
			}
			if tr := transfers(got); tr != c.transfers {
				t.Errorf("transfers %q, want %q", tr, c.transfers)
			}
			if c.shift > 0 && !about(got.Changed[0].ShiftM, c.shift, 0.001) {
				t.Errorf("border moved by %v m, want %v", got.Changed[0].ShiftM, c.shift)
			}
			if moved := len(got.Transfers) > 0; moved != (len(got.BBox) == 4) || moved != (got.AreaM2 > 0) || got.Rough {
				t.Errorf("bbox %v, %v m², rough %v with transfers %q", got.BBox, got.AreaM2, got.Rough, c.transfers)
			}
			for _, change := range slices.Concat(got.Added, got.Removed, got.Changed) {
				wantBalance(t, change, 1+1e-8*(change.OldM2+change.NewM2))
			}
			if _, err := json.Marshal(got); err != nil {
				t.Error(err)
			}
		})
	}
}

// wantBalance wants what an area gains and loses to be how much it grows.
func wantBalance(t testing.TB, c geo.AreaChange, within float64) {
	t.Helper()
	if off := (c.NewM2 - c.OldM2) - (c.GainedM2 - c.LostM2); off < -within || off > within {
		t.Errorf("%s grows by %v m², but gains %v and loses %v", c.Code, c.NewM2-c.OldM2, c.GainedM2, c.LostM2)
	}
}

// TestCompareReal gives a province to another district, as a decree would.
func TestCompareReal(t *testing.T) {
	provinces := realProvinces(t)
	at := func(code string) int {
		return slices.IndexFunc(provinces, func(a geo.Area) bool { return a.Code == code })
	}
	fresh := slices.Clone(provinces)
	joined, _, err := geo.Dissolve(geo.Table{
		MacroAreas: []geo.MacroRow{{Code: "M", Name: "M"}},
		Districts:  []geo.DistrictRow{{Code: "LO", Name: "Lodi", Kind: geo.District, MacroArea: "M", Provinces: []string{"LO", "CR"}}},
	}, decodeFile(t, "provinces.geojson", "sigla"), "sigla")
	if err != nil {
		t.Fatal(err)
	}
	fresh[at("LO")].Geometry = joined[0].Geometry
	fresh = slices.Delete(fresh, at("CR"), at("CR")+1)
	c := geo.Compare(provinces, fresh)
	if codesOf(c.Changed) != "LO" || codesOf(c.Removed) != "CR" || len(c.Added) > 0 || c.Unchanged != len(provinces)-2 {
		t.Fatalf("changed %s, removed %s, unchanged %d", codesOf(c.Changed), codesOf(c.Removed), c.Unchanged)
	}
	// Cremona has 1,770 km².
	if tr := c.Transfers; len(tr) != 1 || tr[0].From != "CR" || tr[0].To != "LO" || !about(tr[0].AreaM2, 1770e6, 0.01) {
		t.Errorf("transfers %v, want CR>LO of 1,770 km²", tr)
	}
	wantBalance(t, c.Changed[0], 10)
}

// TestCompareShaken: two hands drew the same borders.
func TestCompareShaken(t *testing.T) {
	areas := territorial(shippedDistricts(t))
	c := geo.Compare(areas, shaken(areas, 5, rand.New(rand.NewPCG(1, 8))))
	if len(c.Changed) != len(areas) || c.Rough {
		t.Fatalf("%d changed, rough %v", len(c.Changed), c.Rough)
	}
	for _, change := range c.Changed {
		if change.ShiftM <= 2 || change.ShiftM > 5.1 {
			t.Errorf("%s moved by %v m, want up to 5", change.Code, change.ShiftM)
		}
		wantBalance(t, change, 1e-6*change.NewM2)
	}
}

// TestCompareFindsTheShift moves one corner by a known way.
func TestCompareFindsTheShift(t *testing.T) {
	old := district("A", orb.Ring{{10, 44}, {11, 44}, {11, 45}, {10.5, 44.9}, {10, 45}, {10, 44}})
	fresh := district("A", orb.Ring{{10, 44}, {11, 44}, {11, 45}, {10.5, 44.9 + 10*metre}, {10, 45}, {10, 44}})
	c := geo.Compare([]geo.Area{old}, []geo.Area{fresh})
	got := c.Changed[0]
	// The old border falls by 1 in 5: the corner is nearer to its side than to
	// the old corner, but that is the end of both sides.
	if !about(got.ShiftM, 10, 0.001) || got.ShiftedAt == nil || got.ShiftedAt[0] != 10.5 {
		t.Errorf("shift %v m at %v, want 10 at 10.5", got.ShiftM, got.ShiftedAt)
	}
}

// TestCompareMeasures knows the area of the ellipsoid: 510,065,621.724 km²
// by 2πa²(1 + (1-e²)/e·artanh e).
func TestCompareMeasures(t *testing.T) {
	earth := district("E", orb.Ring{{-180, -90}, {180, -90}, {180, 90}, {-180, 90}, {-180, -90}})
	c := geo.Compare(nil, []geo.Area{earth})
	for _, got := range []float64{c.Added[0].NewM2, c.Added[0].GainedM2, c.AreaM2, c.Transfers[0].AreaM2} {
		if !about(got, 510065621.724e6, 1e-9) {
			t.Errorf("the earth has %.3f km², want 510065621.724", got/1e6)
		}
	}
}
