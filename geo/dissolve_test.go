package geo_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

func TestItalyDistricts(t *testing.T) {
	table, err := geo.ItalyDistricts()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(table.Districts); n != 27 {
		t.Errorf("%d rows, want 27", n)
	}
	if n := len(table.MacroAreas); n != 6 {
		t.Errorf("%d macro areas, want 6", n)
	}
	var branches, ram float64
	reconstructed := 0
	provinces := map[string]bool{}
	for _, row := range table.Districts {
		if row.Branches != nil {
			branches += *row.Branches
		}
		if row.RAM != nil {
			ram += *row.RAM
		}
		if row.Source == geo.FromReconstructed {
			reconstructed++
			if row.Remark == "" {
				t.Errorf("%s is reconstructed, but no remark says what was inferred", row.Code)
			}
		}
		for _, p := range row.Provinces {
			provinces[p] = true
		}
	}
	// 129 branches and 30 RAM where the document is readable; halves pair up.
	if branches != 129 || ram != 30 {
		t.Errorf("branches %v, RAM %v, want 129 and 30", branches, ram)
	}
	if reconstructed != 13 {
		t.Errorf("%d rows are reconstructed, want 13", reconstructed)
	}
	if len(provinces) != 108 { // 107 provinces, one of them in two halves
		t.Errorf("%d provinces, want 108", len(provinces))
	}
}

// TestTableAgainstData compares the shipped table with an independent one.
func TestTableAgainstData(t *testing.T) {
	text, err := os.ReadFile(dataFile(t, "district_table.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want []struct {
		Code, Name, Area, Printed string
		Number                    int
		Provinces                 []string
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	table, err := geo.ItalyDistricts()
	if err != nil {
		t.Fatal(err)
	}
	macro := map[string]string{}
	for _, m := range table.MacroAreas {
		macro[m.Code] = m.Name
	}
	for _, w := range want {
		i := slices.IndexFunc(table.Districts, func(r geo.DistrictRow) bool { return r.Code == w.Code })
		if i < 0 {
			t.Errorf("%s is missing", w.Code)
			continue
		}
		r := table.Districts[i]
		if r.Name != w.Name || macro[r.MacroArea] != w.Area || r.Number != w.Number || r.Printed != w.Printed || !slices.Equal(r.Provinces, w.Provinces) {
			t.Errorf("%s = %+v, want %+v", w.Code, r, w)
		}
	}
}

func TestDissolveShipped(t *testing.T) {
	table, err := geo.ItalyDistricts()
	if err != nil {
		t.Fatal(err)
	}
	provinces, err := geo.ItalyProvinces()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(provinces.Features); n != 110 {
		t.Errorf("%d provinces, want 110", n)
	}
	areas, warnings, err := geo.Dissolve(table, provinces, "code")
	if err != nil {
		t.Fatal(err)
	}
	wantItaly(t, table, areas)
	var said []string
	for _, w := range warnings {
		said = append(said, string(w.Kind)+" "+w.Code)
	}
	slices.Sort(said)
	if got, want := strings.Join(said, ", "), "alias CI, alias OG, alias OT, alias VS, assumed RM"; got != want {
		t.Errorf("warnings = %s, want %s", got, want)
	}
}

func TestDissolveReal(t *testing.T) {
	table, err := geo.ItalyDistricts()
	if err != nil {
		t.Fatal(err)
	}
	areas, warnings, err := geo.Dissolve(table, decodeFile(t, "provinces.geojson", "sigla"), "sigla")
	if err != nil {
		t.Fatal(err)
	}
	wantItaly(t, table, areas)
	for _, w := range warnings {
		if w.Kind != geo.WarnAssumed {
			t.Errorf("warning %s: %s", w.Kind, w.Text)
		}
	}
	// Districts made elsewhere from the same boundaries cover the same ground,
	// but for Rome, which is cut in another way there.
	for _, want := range realDistricts(t) {
		i := slices.IndexFunc(areas, func(a geo.Area) bool { return a.Code == want.Code })
		if want.Code == "CE1" || want.Code == "CE2" {
			continue
		}
		if got := areas[i].AreaM2; math.Abs(got-want.AreaM2) > 1e-9*want.AreaM2 {
			t.Errorf("%s covers %.0f m², want %.0f", want.Code, got, want.AreaM2)
		}
	}
}

// wantItaly asks what is true of the districts of Italy from any boundaries.
func wantItaly(t *testing.T, table geo.Table, areas []geo.Area) {
	t.Helper()
	count := map[geo.Kind]int{}
	total := 0.0
	for _, a := range areas {
		count[a.Kind]++
		if a.Kind == geo.District {
			total += a.AreaM2
		}
		if err := a.Validate(); err != nil {
			t.Errorf("%s: Validate = %v", a.Code, err)
		}
	}
	if count[geo.District] != 26 || count[geo.Overlay] != 1 || len(areas) != 27 {
		t.Errorf("%v, want 26 districts and one overlay", count)
	}
	if km2 := total / 1e6; km2 < 295_000 || km2 > 306_000 { // 302,000 km² by ISTAT
		t.Errorf("the districts cover %.0f km², want about 302,000", km2)
	}
	if _, err := geo.NewIndex(append(geo.MacroAreas(table, areas), areas...)); err != nil {
		t.Errorf("NewIndex = %v", err)
	}
	macro := geo.MacroAreas(table, areas)
	sum := 0.0
	for _, m := range macro {
		sum += m.AreaM2
		if err := m.Validate(); err != nil {
			t.Errorf("%s: Validate = %v", m.Code, err)
		}
	}
	if len(macro) != 6 || math.Abs(sum-total) > 1e-6*total {
		t.Errorf("%d macro areas cover %.0f m², want 6 and %.0f", len(macro), sum, total)
	}
}

// The halves of Rome meet exactly along the parallel, and so do the districts
// around: nothing is owned twice or lost within a few steps of the cut.
func TestCutHasOneOwner(t *testing.T) {
	x := newIndex(t, partition(shippedDistricts(t)))
	const cut = 41.8931
	between := func(lon float64) bool { return lon > 12.3 && lon < 12.8 }
	asked := 0
	for i := range 20_000 {
		lon := 12.3 + 0.5*float64(i)/20_000
		for _, lat := range []float64{math.Nextafter(cut, 0), cut, math.Nextafter(cut, 90)} {
			want := "CE1"
			if lat < cut {
				want = "CE2"
			}
			if a := x.Locate(geo.Query{Lon: lon, Lat: lat}); between(lon) {
				asked++
				if ownerOf(a) != want || len(a.Matches) != 1 {
					t.Fatalf("Locate(%v, %v) = %q of %d, want %s", lon, lat, ownerOf(a), len(a.Matches), want)
				}
			}
		}
	}
	if asked < 50_000 {
		t.Errorf("%d points asked", asked)
	}
}

func collection(features ...geo.Feature) geo.Collection {
	for i := range features {
		features[i].Index = i
	}
	return geo.Collection{Features: features}
}

func province(code string, rings ...orb.Ring) geo.Feature {
	return geo.Feature{Properties: map[string]any{"code": code}, Geometry: orb.MultiPolygon{rings}}
}

func table(rows ...geo.DistrictRow) geo.Table {
	for i := range rows {
		rows[i].Name, rows[i].MacroArea = rows[i].Code, "M"
		if rows[i].Kind == "" {
			rows[i].Kind = geo.District
		}
	}
	return geo.Table{MacroAreas: []geo.MacroRow{{Code: "M", Name: "Macro"}}, Districts: rows}
}

func TestDissolveShapes(t *testing.T) {
	hole := square(10.4, 44.4, 0.2)
	hole.Reverse()
	for _, c := range []struct {
		name      string
		provinces geo.Collection
		polygons  int
		rings     int
		areaDeg   float64
	}{
		{"two side by side", collection(province("A", square(10, 44, 1)), province("B", square(11, 44, 1))), 1, 1, 2},
		{"two that touch in a point", collection(province("A", square(10, 44, 1)), province("B", square(11, 45, 1))), 2, 2, 2},
		{"two apart", collection(province("A", square(10, 44, 1)), province("B", square(15, 45, 1))), 2, 2, 2},
		{"an island that fills a hole", collection(province("A", square(10, 44, 1), hole), province("B", square(10.4, 44.4, 0.2))), 1, 1, 1},
		{"a ring around a hole", collection(
			province("A", orb.Ring{{10, 44}, {13, 44}, {13, 47}, {12, 47}, {12, 45}, {10, 45}, {10, 44}}),
			province("B", orb.Ring{{10, 45}, {11, 45}, {11, 46}, {12, 46}, {12, 47}, {10, 47}, {10, 45}}),
		), 1, 2, 8},
	} {
		// The second has a corner where the first has a side: give it one too.
		if c.name == "a ring around a hole" {
			c.provinces.Features[0].Geometry[0][0] = orb.Ring{{10, 44}, {13, 44}, {13, 47}, {12, 47}, {12, 46}, {12, 45}, {11, 45}, {10, 45}, {10, 44}}
		}
		areas, warnings, err := geo.Dissolve(table(geo.DistrictRow{Code: "D", Provinces: []string{"A", "B"}}), c.provinces, "code")
		if err != nil || len(warnings) > 0 {
			t.Errorf("%s: Dissolve = %v, warnings %v", c.name, err, warnings)
			continue
		}
		mp, rings, deg := areas[0].Geometry, 0, 0.0
		for _, p := range mp {
			rings += len(p)
			for _, r := range p {
				deg += shoelace(r)
			}
		}
		if len(mp) != c.polygons || rings != c.rings || math.Abs(deg-c.areaDeg) > 1e-9 {
			t.Errorf("%s: %d polygons, %d rings, %v square degrees, want %d, %d, %v", c.name, len(mp), rings, deg, c.polygons, c.rings, c.areaDeg)
		}
		if err := areas[0].Validate(); err != nil {
			t.Errorf("%s: Validate = %v", c.name, err)
		}
	}
}

func shoelace(r orb.Ring) float64 {
	sum := 0.0
	for i := 1; i < len(r); i++ {
		sum += (r[i-1][0]-r[0][0])*(r[i][1]-r[0][1]) - (r[i][0]-r[0][0])*(r[i-1][1]-r[0][1])
	}
	return sum / 2
}

func TestDissolveReports(t *testing.T) {
	a, b := province("A", square(10, 44, 1)), province("B", square(11, 44, 1))
	row := geo.DistrictRow{Code: "D", Provinces: []string{"A", "B"}}
	for _, c := range []struct {
		name      string
		table     geo.Table
		provinces geo.Collection
		want      *fault.Error
		says      string
	}{
		{"a province is missing", table(row), collection(a), geo.ErrTableProvince, "D lacks B"},
		{"two features with one code", table(row), collection(a, b, b), geo.ErrCodeTwice, "features[2]"},
		{"a feature without a code", table(row), collection(a, b, geo.Feature{}), geo.ErrCodeMissing, "features[2]"},
		{"a bad table", table(row, row), collection(a, b), geo.ErrTableTwice, "districts[1]"},
	} {
		_, _, err := geo.Dissolve(c.table, c.provinces, "code")
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Dissolve = %v, want %v that says %q", c.name, err, c.want, c.says)
		}
	}
	gap := province("B", orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11.0000001, 44.5}, {11, 44}})
	for _, c := range []struct {
		name      string
		provinces geo.Collection
		want      geo.WarningKind
	}{
		{"unused", collection(a, b, province("C", square(12, 44, 1))), geo.WarnUnused},
		{"gap", collection(a, gap), geo.WarnGap},
		{"overlap", collection(a, province("B", square(10.5, 44.5, 1))), geo.WarnOverlap},
		{"overlap that is a copy", collection(a, province("B", square(10, 44, 1))), geo.WarnOverlap},
	} {
		_, warnings, err := geo.Dissolve(table(row), c.provinces, "code")
		if err != nil || len(warnings) != 1 || warnings[0].Kind != c.want {
			t.Errorf("%s: Dissolve = %v, %v, want one warning %s", c.name, warnings, err, c.want)
		}
	}
	old := table(row)
	old.Aliases = map[string]string{"X": "B"}
	areas, warnings, err := geo.Dissolve(old, collection(a, province("X", square(11, 44, 1))), "code")
	if err != nil || len(areas) != 1 || len(warnings) != 1 || warnings[0].Kind != geo.WarnAlias {
		t.Errorf("alias: Dissolve = %v, %v, want one warning alias", warnings, err)
	}
}

// Every way in which a border can meet the parallel of a cut.
func TestCut(t *testing.T) {
	hole := orb.Ring{{10.4, 44.4}, {10.4, 44.6}, {10.6, 44.6}, {10.6, 44.4}, {10.4, 44.4}}
	for _, c := range []struct {
		name         string
		rings        []orb.Ring
		north, south float64 // square degrees
	}{
		{"a box", []orb.Ring{square(10, 44, 1)}, 0.5, 0.5},
		{"corners on the cut", []orb.Ring{{{10, 44.5}, {10.5, 44}, {11, 44.5}, {10.5, 45}, {10, 44.5}}}, 0.25, 0.25},
		{"a hole across the cut", []orb.Ring{square(10, 44, 1), hole}, 0.48, 0.48},
		{"a side on the cut, inside above it", []orb.Ring{{{10, 44}, {10.5, 44}, {10.5, 44.5}, {11, 44.5}, {11, 45}, {10, 45}, {10, 44}}}, 0.5, 0.25},
		{"a side on the cut, inside below it", []orb.Ring{{{10, 44}, {11, 44}, {11, 44.5}, {10.5, 44.5}, {10.5, 45}, {10, 45}, {10, 44}}}, 0.25, 0.5},
		{"a fork", []orb.Ring{{{10, 44}, {11, 44}, {11, 45}, {10.8, 45}, {10.5, 44.2}, {10.2, 45}, {10, 45}, {10, 44}}}, 0, 0},
	} {
		rows := table(geo.DistrictRow{Code: "N", Provinces: []string{"P (n)"}}, geo.DistrictRow{Code: "S", Provinces: []string{"P (s)"}})
		rows.Cuts = []geo.Cut{{Province: "P", Latitude: 44.5, North: "P (n)", South: "P (s)"}}
		areas, _, err := geo.Dissolve(rows, collection(province("P", c.rings...)), "code")
		if err != nil {
			t.Errorf("%s: Dissolve = %v", c.name, err)
			continue
		}
		deg := make([]float64, 2)
		whole := 0.0
		for _, r := range c.rings {
			whole += shoelace(r)
		}
		for i, a := range areas {
			if err := a.Validate(); err != nil {
				t.Errorf("%s: %s: Validate = %v", c.name, a.Code, err)
			}
			for _, p := range a.Geometry {
				for _, r := range p {
					deg[i] += shoelace(r)
				}
			}
		}
		if c.north+c.south == 0 { // only the sum is known by heart
			c.north, c.south = whole-deg[1], deg[1]
		}
		if math.Abs(deg[0]-c.north) > 1e-9 || math.Abs(deg[1]-c.south) > 1e-9 {
			t.Errorf("%s: %v north, %v south, want %v, %v", c.name, deg[0], deg[1], c.north, c.south)
		}
	}
	rows := table(geo.DistrictRow{Code: "N", Provinces: []string{"P (n)"}}, geo.DistrictRow{Code: "S", Provinces: []string{"P (s)"}})
	rows.Cuts = []geo.Cut{{Province: "P", Latitude: 50, North: "P (n)", South: "P (s)"}}
	if _, _, err := geo.Dissolve(rows, collection(province("P", square(10, 44, 1))), "code"); !errors.Is(err, geo.ErrTableProvince) {
		t.Errorf("a cut that misses: Dissolve = %v, want %v", err, geo.ErrTableProvince)
	}
}

func TestDecodeTableRefuses(t *testing.T) {
	const good = `{"name":"T","date":"2023-02-01","macroAreas":[{"code":"M","name":"Macro","source":"seed"}],` +
		`"districts":[{"code":"D","number":1,"name":"Dee","kind":"district","macroArea":"M","provinces":["A"],"printed":"A","branches":null,"ram":1.5,"sortingCentres":null,"source":"seed"}]}`
	if _, err := geo.DecodeTable(strings.NewReader(good)); err != nil {
		t.Fatalf("DecodeTable = %v", err)
	}
	for _, c := range []struct {
		name, from, to string
		want           *fault.Error
		says           string
	}{
		{"not JSON", `{"name"`, `"name"`, geo.ErrTable, ""},
		{"a misspelt name", `"printed"`, `"printd"`, geo.ErrTable, "printd"},
		{"something after it", `"source":"seed"}]}`, `"source":"seed"}]} {}`, geo.ErrTable, "follows"},
		{"no districts", good[strings.Index(good, `"districts"`):], `"districts":[]}`, geo.ErrTable, "no districts"},
		{"no code", `"code":"D"`, `"code":""`, geo.ErrTableRow, "districts[0]"},
		{"no such kind", `"kind":"district"`, `"kind":"province"`, geo.ErrTableRow, "districts[0]"},
		{"overlay without selector", `"kind":"district"`, `"kind":"overlay"`, geo.ErrTableRow, "selector"},
		{"no provinces", `["A"]`, `[]`, geo.ErrTableRow, "D"},
		{"a province twice", `["A"]`, `["A","A"]`, geo.ErrTableTwice, `"A"`},
		{"no such macro area", `"macroArea":"M"`, `"macroArea":"X"`, geo.ErrTableUnknown, `"X"`},
		{"a negative count", `"ram":1.5`, `"ram":-1`, geo.ErrTableRow, "-1"},
		{"a macro area twice", `"macroAreas":[`, `"macroAreas":[{"code":"M","name":"Again","source":"seed"},`, geo.ErrTableTwice, "macroAreas[1]"},
		{"a cut into one half", `]}`, `],"cuts":[{"province":"R","latitude":41,"north":"R","south":"R","source":"seed"}]}`, geo.ErrTableRow, "cuts[0]"},
		{"a cut at no latitude", `]}`, `],"cuts":[{"province":"R","latitude":141,"north":"N","south":"S","source":"seed"}]}`, geo.ErrTableRow, "141"},
		{"a whole that is cut", `]}`, `],"cuts":[{"province":"A","latitude":41,"north":"N","south":"S","source":"seed"}]}`, geo.ErrTableUnknown, "halves"},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		if c.from == "]}" {
			text = strings.TrimSuffix(good, "]}") + c.to
		}
		_, err := geo.DecodeTable(strings.NewReader(text))
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: DecodeTable = %v, want %v that says %q", c.name, err, c.want, c.says)
		}
	}
}

func TestSeedID(t *testing.T) {
	seen := map[geo.AreaID]bool{}
	for _, k := range geo.Kinds() {
		for _, code := range []string{"", "A", "SU", "SU1"} {
			id := geo.SeedID(k, code)
			if len(id) != 15 || strings.Trim(string(id), "abcdefghijklmnopqrstuvwxyz0123456789") != "" || seen[id] {
				t.Errorf("SeedID(%s, %q) = %q", k, code, id)
			}
			seen[id] = true
		}
	}
	if a := (geo.Area{}); !a.ValidAt(time.Time{}) {
		t.Error("an area without dates is not always valid")
	}
}
