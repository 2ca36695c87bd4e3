package geo_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// TestPlaces knows where places are, in the shipped districts and in the real
// ones.
func TestPlaces(t *testing.T) {
	sets := map[string]func(testing.TB) []geo.Area{"shipped": shippedDistricts, "real": realDistricts}
	for name, areas := range sets {
		t.Run(name, func(t *testing.T) {
			x := newIndex(t, areas(t))
			for _, c := range []struct {
				place    string
				lon, lat float64
				site     string
				owner    string
				outcome  geo.Outcome
			}{
				{"Milano, Duomo", 9.1919, 45.4641, "", "NO7", geo.Inside},
				{"Milano, sorting centre", 9.1919, 45.4641, "cs", "NO8", geo.Inside},
				{"Milano, branch", 9.1919, 45.4641, "filiale", "NO7", geo.Inside},
				{"Bergamo, sorting centre", 9.6700, 45.6950, "cs", "NO5", geo.Inside},
				{"Roma, north of the Campidoglio", 12.4828, 41.8936, "", "CE1", geo.Inside},
				{"Roma, south of the Campidoglio", 12.4828, 41.8926, "", "CE2", geo.Inside},
				{"San Marino", 12.4473, 43.9362, "", "", geo.InHole},
				{"Vatican", 12.4534, 41.9033, "", "", geo.InHole},
				{"Arezzo", 11.8796, 43.4633, "", "CN5", geo.Inside},
				{"Palermo", 13.3615, 38.1100, "", "SI1", geo.Inside},
				{"Catania", 15.0700, 37.5026, "", "SI2", geo.Inside},
				{"Nuoro", 9.3306, 40.3200, "", "CE4", geo.Inside},
				{"Carbonia", 8.5220, 39.1670, "", "CE4", geo.Inside},
				{"Aosta", 7.3206, 45.7370, "", "NO2", geo.Inside},
				{"Bologna", 11.3426, 44.4949, "", "CN1", geo.Inside},
				{"Forlì", 12.0400, 44.2226, "", "CN1", geo.Inside},
				{"Caserta", 14.3325, 41.0747, "", "SU1", geo.Inside},
				{"Bolzano", 11.3548, 46.4983, "", "NE2", geo.Inside},
				{"Perugia", 12.3888, 43.1107, "", "CN5", geo.Inside},
				{"Andria", 16.2950, 41.2270, "", "SU3", geo.Inside},
				{"Verona", 10.9916, 45.4384, "", "NE4", geo.Inside},
				{"Trapani inland", 12.7000, 37.9000, "", "SI1", geo.Inside},
				{"Lodi", 9.5037, 45.3142, "", "NO6", geo.Inside},
				{"Matera", 16.6043, 40.6664, "", "SU3", geo.Inside},
				{"Potenza", 15.8051, 40.6404, "", "SU2", geo.Inside},
				{"Lampedusa", 12.5950, 35.5100, "", "SI1", geo.Inside},
				{"middle of the Tyrrhenian", 11.8, 40.2, "", "", geo.Outside},
				{"Paris", 2.35, 48.85, "", "", geo.Outside},
				{"Null Island", 0, 0, "", "", geo.NullIsland},
				{"swapped Milano", 45.4641, 9.1919, "", "", geo.Outside},
				{"beyond the pole", 9, 91, "", "", geo.NoPosition},
				{"no number", math.NaN(), 45, "", "", geo.NoPosition},
				{"infinite", 9, math.Inf(-1), "", "", geo.NoPosition},
			} {
				a := x.Locate(geo.Query{Lon: c.lon, Lat: c.lat, SiteType: c.site})
				if got := ownerOf(a); got != c.owner || a.Outcome != c.outcome {
					t.Errorf("%s: Locate = %q %s, want %q %s", c.place, got, a.Outcome, c.owner, c.outcome)
				}
				if a.Reason() == "" || a.Say("it") == a.Reason() || strings.Contains(a.Reason()+a.Say("it"), "%!") {
					t.Errorf("%s: Reason = %q, Say(it) = %q", c.place, a.Reason(), a.Say("it"))
				}
			}
		})
	}
}

// TestRealPoints asks 10,000 points and compares each answer with a plain
// count of crossings over all edges.
func TestRealPoints(t *testing.T) {
	areas := partition(realDistricts(t))
	x := newIndex(t, areas)
	random := rand.New(rand.NewPCG(1, 2))
	inside := 0
	for range 10_000 {
		p := orb.Point{6 + 13*random.Float64(), 36 + 11.5*random.Float64()}
		var want []string
		for _, a := range areas {
			if containsPlainly(a.Geometry, p) {
				want = append(want, a.Code)
			}
		}
		got := x.Locate(geo.Query{Lon: p[0], Lat: p[1], ToleranceM: -1}).Codes()
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Fatalf("Locate(%v) = %v, want %v", p, got, want)
		}
		if len(want) > 1 {
			t.Fatalf("%v is in %v", p, want)
		}
		inside += len(want)
	}
	if inside < 2000 {
		t.Errorf("%d of 10,000 points have an owner, want about a quarter", inside)
	}
}

// containsPlainly is the textbook test, good enough away from borders.
func containsPlainly(mp orb.MultiPolygon, p orb.Point) bool {
	odd := false
	for _, polygon := range mp {
		for _, r := range polygon {
			for i := 1; i < len(r); i++ {
				a, b := r[i-1], r[i]
				if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1])+a[0] {
					odd = !odd
				}
			}
		}
	}
	return odd
}

func TestOrder(t *testing.T) {
	whole := square(10, 44, 1)
	overlay := geo.Area{Code: "O", Name: "Overlay", Kind: geo.Overlay, Priority: -10, Geometry: orb.MultiPolygon{{whole}}, Selector: geo.Selector{SiteTypes: []string{"cs"}}}
	lamps := geo.Area{Code: "L", Name: "Lamps", Kind: geo.Overlay, Geometry: orb.MultiPolygon{{square(9, 43, 3)}}, Selector: geo.Selector{SiteTypes: []string{"cs", "up"}, ObjectTypes: []string{"lamp"}}}
	province := geo.Area{Code: "P", Name: "Province", Kind: geo.Province, Geometry: orb.MultiPolygon{{whole}}}
	macro := geo.Area{Code: "M", Name: "Macro", Kind: geo.MacroArea, Geometry: orb.MultiPolygon{{square(9, 43, 3)}}}
	small := district("S", square(10.2, 44.2, 0.5))
	big := district("B", whole)
	urgent := district("U", square(9, 43, 3))
	urgent.Priority = 5
	at := geo.Query{Lon: 10.5, Lat: 44.5}
	for _, c := range []struct {
		name  string
		areas []geo.Area
		site  string
		kind  string
		want  string // all codes; the first of D, O, L, S, B, U is the owner
		owner string
	}{
		{"selector before all", []geo.Area{big, overlay}, "cs", "", "O|B", "O"},
		{"selector that does not admit", []geo.Area{big, overlay}, "filiale", "", "B", "B"},
		{"selector asked of nothing known", []geo.Area{big, overlay}, "", "", "B", "B"},
		{"more specific selector first", []geo.Area{big, overlay, lamps}, "cs", "lamp", "L|O|B", "L"},
		{"deeper kind first, but a province owns nothing", []geo.Area{macro, province, big}, "", "", "P|B|M", "B"},
		{"higher priority before smaller", []geo.Area{small, urgent}, "", "", "U|S", "U"},
		{"smaller first", []geo.Area{big, small}, "", "", "S|B", "S"},
		{"code last", []geo.Area{district("Z", whole), district("A", whole)}, "", "", "A|Z", "A"},
		{"no owner, though a province matches", []geo.Area{province}, "", "", "P", ""},
	} {
		q := at
		q.SiteType, q.ObjectType = c.site, c.kind
		a := newIndex(t, c.areas).Locate(q)
		if got := strings.Join(a.Codes(), "|"); got != c.want || ownerOf(a) != c.owner {
			t.Errorf("%s: Locate = %s owner %q, want %s owner %q", c.name, got, ownerOf(a), c.want, c.owner)
		}
	}
}

func TestWhyNamesTheSelector(t *testing.T) {
	o := geo.Area{Code: "O", Name: "Centres", Kind: geo.Overlay, Geometry: orb.MultiPolygon{{square(10, 44, 1)}}, Selector: geo.Selector{SiteTypes: []string{"cs"}}}
	a := newIndex(t, []geo.Area{o}).Locate(geo.Query{Lon: 10.5, Lat: 44.5, SiteType: "cs"})
	if a.Owner == nil || a.Owner.Why != "selector:siteType=cs" {
		t.Fatalf("Owner = %+v, want why selector:siteType=cs", a.Owner)
	}
	if got, want := a.Reason(), "Inside Centres (O), chosen by siteType=cs."; got != want {
		t.Errorf("Reason = %q, want %q", got, want)
	}
}

func TestValidity(t *testing.T) {
	day := func(text string) time.Time {
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	old, now := district("D", square(10, 44, 2)), district("D", square(10, 44, 1))
	old.ID, old.ValidTo = "olddistrict0001", day("2024-01-01")
	now.ID, now.ValidFrom = "newdistrict0001", day("2024-01-01")
	x := newIndex(t, []geo.Area{now, old})
	for _, c := range []struct {
		at   time.Time
		lon  float64
		want geo.AreaID
	}{
		{day("2020-05-05"), 11.5, "olddistrict0001"},
		{day("2023-12-31"), 10.5, "olddistrict0001"},
		{day("2024-01-01"), 10.5, "newdistrict0001"}, // the end is not included
		{day("2024-01-01"), 11.5, ""},
		{time.Time{}, 10.5, "newdistrict0001"}, // those without an end
		{time.Time{}, 11.5, ""},
	} {
		var got geo.AreaID
		if a := x.Locate(geo.Query{Lon: c.lon, Lat: 44.5, At: c.at}); a.Owner != nil {
			got = a.Owner.Area
		}
		if got != c.want {
			t.Errorf("Locate(%v on %s) = %q, want %q", c.lon, c.at.Format(time.DateOnly), got, c.want)
		}
	}
	if a, ok := x.ByCode(geo.District, "D", day("2022-01-01")); !ok || a.ID != "olddistrict0001" {
		t.Errorf("ByCode(D, 2022) = %s %v", a.ID, ok)
	}
	if a, ok := x.ByID("newdistrict0001"); !ok || a.Code != "D" {
		t.Errorf("ByID = %v %v", a.Code, ok)
	}
	if got := len(x.ByKind(geo.District, day("2024-06-01"))); got != 1 {
		t.Errorf("ByKind = %d areas, want 1", got)
	}
	if got := len(x.Areas()); got != 2 {
		t.Errorf("Areas = %d, want 2", got)
	}
}

// At 44.5° a thousandth of a degree of longitude is 79.5 m.
// An accuracy that is not used whole is not said to be what it was.
func TestAccuracyThatIsCapped(t *testing.T) {
	x := newIndex(t, []geo.Area{district("W", square(10, 44, 1)), district("E", square(11, 44, 1))})
	for accuracy, capped := range map[float64]bool{100: false, 40_000: false, 50_000: true, 500_000: true} {
		a := x.Locate(geo.Query{Lon: 10.9995, Lat: 44.5, AccuracyM: accuracy})
		if said := strings.Contains(a.Reason(), "no better than") && strings.Contains(a.Say("it"), "non meglio"); a.Outcome != geo.Uncertain || said != capped {
			t.Errorf("with %g m: %s, %q", accuracy, a.Outcome, a.Reason())
		}
	}
}

func TestUncertain(t *testing.T) {
	w, e := district("W", square(10, 44, 1)), district("E", square(11, 44, 1))
	over := geo.Area{Code: "O", Name: "Over", Kind: geo.Overlay, Geometry: w.Geometry, Selector: geo.Selector{SiteTypes: []string{"cs"}}}
	x := newIndex(t, []geo.Area{w, e, over})
	for _, c := range []struct {
		name     string
		q        geo.Query
		owner    string
		near     string
		outcome  geo.Outcome
		distance float64
	}{
		{"accuracy reaches the neighbour", geo.Query{Lon: 10.999, Lat: 44.5, AccuracyM: 100}, "W", "E", geo.Uncertain, 79.5},
		{"accuracy does not reach", geo.Query{Lon: 10.999, Lat: 44.5, AccuracyM: 70}, "W", "", geo.Inside, 0},
		{"unknown accuracy", geo.Query{Lon: 10.999, Lat: 44.5}, "W", "", geo.Inside, 0},
		{"accuracy that is no number", geo.Query{Lon: 10.999, Lat: 44.5, AccuracyM: math.NaN()}, "W", "", geo.Inside, 0},
		{"buffer stands in for accuracy", geo.Query{Lon: 10.999, Lat: 44.5, BufferM: 150}, "W", "E", geo.Uncertain, 79.5},
		{"the outer border leads nowhere else", geo.Query{Lon: 10.001, Lat: 44.5, AccuracyM: 100}, "W", "", geo.Inside, 0},
		{"on the border", geo.Query{Lon: 11, Lat: 44.5, AccuracyM: 5}, "E", "W", geo.Uncertain, 0},
		{"an overlay over the same ground", geo.Query{Lon: 10.5, Lat: 44.5, AccuracyM: 100, SiteType: "cs"}, "O", "", geo.Inside, 0},
		{"an overlay that ends", geo.Query{Lon: 10.999, Lat: 44.5, AccuracyM: 100, SiteType: "cs"}, "O", "E", geo.Uncertain, 79.5},
		{"an overlay that begins", geo.Query{Lon: 11.001, Lat: 44.5, AccuracyM: 100, SiteType: "cs"}, "E", "O|W", geo.Uncertain, 79.5},
	} {
		a := x.Locate(c.q)
		var near []string
		for _, m := range a.Near {
			near = append(near, m.Code)
		}
		if ownerOf(a) != c.owner || strings.Join(near, "|") != c.near || a.Outcome != c.outcome || a.Uncertain != (c.near != "") {
			t.Errorf("%s: Locate = %q %s near %v, want %q %s near %s", c.name, ownerOf(a), a.Outcome, near, c.owner, c.outcome, c.near)
		}
		if math.Abs(a.DistanceM-c.distance) > 0.1 {
			t.Errorf("%s: DistanceM = %.2f, want %.1f", c.name, a.DistanceM, c.distance)
		}
	}
}

func TestNearest(t *testing.T) {
	x := newIndex(t, []geo.Area{district("W", square(10, 44, 1)), district("E", square(11.01, 44, 1))})
	for _, c := range []struct {
		name     string
		q        geo.Query
		owner    string
		outcome  geo.Outcome
		distance float64
	}{
		{"default tolerance", geo.Query{Lon: 9.995, Lat: 44.5}, "W", geo.Nearest, 397.5},
		{"beyond it", geo.Query{Lon: 9.993, Lat: 44.5}, "", geo.Outside, 0},
		{"wider", geo.Query{Lon: 9.993, Lat: 44.5, ToleranceM: 1000}, "W", geo.Nearest, 556.5},
		{"none", geo.Query{Lon: 9.9999, Lat: 44.5, ToleranceM: -1}, "", geo.Outside, 0},
		{"north, along the meridian", geo.Query{Lon: 10.5, Lat: 45.004}, "W", geo.Nearest, 444.6},
		{"between two, nearer to one", geo.Query{Lon: 11.006, Lat: 44.5}, "E", geo.Nearest, 318},
		{"same distance: the lower code", geo.Query{Lon: 11.005, Lat: 44.5}, "E", geo.Nearest, 397.5},
	} {
		a := x.Locate(c.q)
		if ownerOf(a) != c.owner || a.Outcome != c.outcome || math.Abs(a.DistanceM-c.distance) > 0.5 {
			t.Errorf("%s: Locate = %q %s %.1f m, want %q %s %.1f m", c.name, ownerOf(a), a.Outcome, a.DistanceM, c.owner, c.outcome, c.distance)
		}
		if a.Owner != nil && a.Owner.Why != "near" {
			t.Errorf("%s: Why = %q, want near", c.name, a.Owner.Why)
		}
	}
	a := x.Locate(geo.Query{Lon: 11.0049, Lat: 44.5, AccuracyM: 30})
	if a.Outcome != geo.Nearest || !a.Uncertain || len(a.Near) != 1 || a.Near[0].Code != "E" {
		t.Errorf("between two within the accuracy: %s uncertain %v near %v, want nearest, uncertain, E", a.Outcome, a.Uncertain, a.Near)
	}
}

// A hole between two districts is a hole of neither, and a hairline between
// neighbours is no hole.
func TestHoles(t *testing.T) {
	left := orb.Ring{{10, 44}, {11, 44}, {11, 44.4}, {10.9, 44.5}, {11, 44.6}, {11, 45}, {10, 45}, {10, 44}}
	right := orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11, 44.6}, {11.1, 44.5}, {11, 44.4}, {11, 44}}
	hair := orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11, 44.6}, {11.0000002, 44.5}, {11, 44.4}, {11, 44}}
	straight := square(10, 44, 1)
	straight = orb.Ring{straight[0], straight[1], {11, 44.4}, {11, 44.6}, straight[2], straight[3], straight[4]}
	for _, c := range []struct {
		name  string
		areas []geo.Area
		lon   float64
		want  geo.Outcome
	}{
		{"between two districts", []geo.Area{district("L", left), district("R", right)}, 11, geo.InHole},
		{"in one district", []geo.Area{district("D", square(10, 44, 1), square(10.95, 44.45, 0.02))}, 10.96, geo.InHole},
		{"filled by another", []geo.Area{district("D", square(10, 44, 2), square(10.9, 44.4, 0.2)), district("I", square(10.9, 44.4, 0.2))}, 11, geo.Inside},
		{"a hairline between neighbours", []geo.Area{district("L", straight), district("R", hair)}, 11.00000005, geo.Nearest},
	} {
		lat := 44.5
		if c.lon == 10.96 {
			lat = 44.46
		}
		if a := newIndex(t, c.areas).Locate(geo.Query{Lon: c.lon, Lat: lat}); a.Outcome != c.want {
			t.Errorf("%s: Locate = %s, want %s", c.name, a.Outcome, c.want)
		}
	}
}

func TestCheckPosition(t *testing.T) {
	for _, c := range []struct {
		lon, lat float64
		want     error
	}{
		{9, 45, nil},
		{-180, -90, nil},
		{0, 1, nil},
		{0, 0, geo.ErrNullIsland},
		{180.0001, 0, geo.ErrNoPosition},
		{math.NaN(), 0, geo.ErrNoPosition},
		{9, math.Inf(1), geo.ErrNoPosition},
	} {
		if got := geo.CheckPosition(c.lon, c.lat); !errors.Is(got, c.want) {
			t.Errorf("CheckPosition(%v, %v) = %v, want %v", c.lon, c.lat, got, c.want)
		}
	}
}

func TestNewIndexRefuses(t *testing.T) {
	valid := district("A", square(10, 44, 1))
	with := func(change func(*geo.Area)) geo.Area {
		a := valid
		change(&a)
		return a
	}
	noon := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		bad  geo.Area
		want *fault.Error
	}{
		{"no code", with(func(a *geo.Area) { a.Code = " " }), geo.ErrAreaCode},
		{"no kind", with(func(a *geo.Area) { a.Kind = "shire" }), geo.ErrAreaKind},
		{"no such source", with(func(a *geo.Area) { a.Source = "rumour" }), geo.ErrAreaSource},
		{"overlay for everything", with(func(a *geo.Area) { a.Kind = geo.Overlay }), geo.ErrAreaSelector},
		{"ends as it begins", with(func(a *geo.Area) { a.ValidFrom, a.ValidTo = noon, noon }), geo.ErrAreaValidity},
		{"no geometry", with(func(a *geo.Area) { a.Geometry = nil }), geo.ErrEmpty},
		{"empty polygon", with(func(a *geo.Area) { a.Geometry = orb.MultiPolygon{{}} }), geo.ErrEmpty},
		{"open ring", with(func(a *geo.Area) { a.Geometry = orb.MultiPolygon{{square(10, 44, 1)[:4]}} }), geo.ErrOpenRing},
		{"off the earth", with(func(a *geo.Area) { a.Geometry = orb.MultiPolygon{{square(179.5, 44, 1)}} }), geo.ErrRange},
		{"not a number", with(func(a *geo.Area) { a.Geometry = orb.MultiPolygon{{square(math.NaN(), 44, 1)}} }), geo.ErrNotFinite},
		{"over the antimeridian", with(func(a *geo.Area) {
			a.Geometry = orb.MultiPolygon{{orb.Ring{{-179, -1}, {0, 1}, {179, -1}, {-179, -1}}}}
		}), geo.ErrAntimeridian},
		{"same code twice", with(func(a *geo.Area) { a.ID = "another00000000" }), geo.ErrAreaTwice},
		{"same id twice", with(func(a *geo.Area) { a.Code, a.ID = "B", geo.SeedID(geo.District, "A") }), geo.ErrAreaTwice},
	} {
		if _, err := geo.NewIndex([]geo.Area{valid, c.bad}); !errors.Is(err, c.want) {
			t.Errorf("%s: NewIndex = %v, want %v", c.name, err, c.want)
		}
	}
	if x := newIndex(t, nil); x.Locate(geo.Query{Lon: 9, Lat: 45}).Outcome != geo.Outside {
		t.Error("an empty index does not answer outside")
	}
}

func TestAnswerIsJSON(t *testing.T) {
	x := newIndex(t, []geo.Area{district("W", square(10, 44, 1)), district("E", square(11, 44, 1))})
	text, err := json.Marshal(x.Locate(geo.Query{Lon: 10.9999, Lat: 44.5, AccuracyM: 20}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"outcome":"uncertain"`, `"owner":{`, `"why":"near"`, `"distanceM":7.9`, `"areaSet":"` + x.Version() + `"`, `"toleranceM":500`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the answer lacks %s: %s", want, text)
		}
	}
	if strings.Contains(string(text), "44.5") {
		t.Errorf("the answer holds the position: %s", text)
	}
}

func TestSetVersion(t *testing.T) {
	a, b := district("A", square(10, 44, 1)), district("B", square(11, 44, 1))
	base := geo.SetVersion([]geo.Area{a, b})
	if got := geo.SetVersion([]geo.Area{b, a}); got != base || len(base) != 16 {
		t.Errorf("SetVersion in another order = %s, want %s", got, base)
	}
	renamed := b
	renamed.Name, renamed.Remark = "Other", "Remark"
	if got := geo.SetVersion([]geo.Area{a, renamed}); got != base {
		t.Error("a name changed the version")
	}
	for name, change := range map[string]func(*geo.Area){
		"geometry": func(a *geo.Area) { a.Geometry = orb.MultiPolygon{{square(math.Nextafter(11, 12), 44, 1)}} },
		"validity": func(a *geo.Area) { a.ValidTo = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC) },
		"priority": func(a *geo.Area) { a.Priority = 1 },
		"selector": func(a *geo.Area) { a.Selector.Orgs = []string{"x"} },
		"code":     func(a *geo.Area) { a.Code = "C" },
	} {
		changed := b
		change(&changed)
		if geo.SetVersion([]geo.Area{a, changed}) == base {
			t.Errorf("another %s did not change the version", name)
		}
	}
}

// One index answers many goroutines; the race detector watches. The holes are
// found by whoever asks first.
func TestLocateTogether(t *testing.T) {
	x := newIndex(t, shippedDistricts(t))
	var wg sync.WaitGroup
	answers := make([]geo.Outcome, 8)
	for i := range answers {
		wg.Go(func() { answers[i] = x.Locate(geo.Query{Lon: 12.4473, Lat: 43.9362}).Outcome })
	}
	wg.Wait()
	for i, got := range answers {
		if got != geo.InHole {
			t.Errorf("goroutine %d: Locate = %s, want %s", i, got, geo.InHole)
		}
	}
}
