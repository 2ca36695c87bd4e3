package geo_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// municipalities are those of Milan.
func municipalities(t testing.TB) []geo.Area {
	t.Helper()
	areas, err := decodeFile(t, "municipalities_MI.geojson", "").Areas(geo.Fields{Code: "istat", Name: "name", Kind: geo.Municipality})
	if err != nil {
		t.Fatal(err)
	}
	return areas
}

// oblong is a district with its corners at these places.
func oblong(code string, west, south, east, north float64) geo.Area {
	return district(code, orb.Ring{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}})
}

// of counts the findings of a kind.
func of(r geo.SurveyReport, kinds ...geo.FindingKind) []geo.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f geo.Finding) bool { return !slices.Contains(kinds, f.Kind) })
}

// planarM2 turns square degrees into square metres near a latitude.
func planarM2(degrees, lat float64) float64 {
	perLat := 111132.954 - 559.822*math.Cos(2*lat*math.Pi/180) + 1.175*math.Cos(4*lat*math.Pi/180)
	perLon := 111412.84*math.Cos(lat*math.Pi/180) - 93.5*math.Cos(3*lat*math.Pi/180)
	return degrees * perLat * perLon
}

// about reports whether two sizes agree to a part.
func about(got, want, part float64) bool { return math.Abs(got-want) <= part*math.Abs(want) }

// TestSurveyReal: official boundaries fit together to the last bit. What is
// nobody's in them are other states and a lake.
func TestSurveyReal(t *testing.T) {
	for _, set := range []struct {
		name   string
		areas  func(testing.TB) []geo.Area
		holes  string
		sliver int // islets of less than a metre
	}{
		{"shipped districts", shippedDistricts, "CN1+CN3 CE1", 0},
		{"districts", realDistricts, "CN1+CN3 CE1 CE2", 3},
		{"provinces", realProvinces, "PU+RN RM RM", 3},
		{"municipalities", municipalities, "", 0},
		{"triangles", func(testing.TB) []geo.Area { return triangles(1, 18) }, "", 0},
	} {
		t.Run(set.name, func(t *testing.T) {
			r := geo.Survey(set.areas(t), geo.SurveyOptions{})
			var holes []string
			for _, f := range of(r, geo.FoundHole) {
				holes = append(holes, strings.Join(f.Areas, "+"))
			}
			if got := strings.Join(holes, " "); got != set.holes {
				t.Errorf("holes in %q, want %q", got, set.holes)
			}
			if n := len(of(r, geo.FoundSliver)); n != set.sliver {
				t.Errorf("%d slivers, want %d", n, set.sliver)
			}
			if rest := len(r.Findings) - len(holes) - set.sliver; rest != 0 {
				t.Errorf("%d more findings: %v", rest, r.Findings)
			}
		})
	}
}

// TestSurveySanMarino measures what is known from elsewhere: 61.2 km² by
// treaty, less what boundaries thinned for a map leave out.
func TestSurveySanMarino(t *testing.T) {
	for _, f := range of(geo.Survey(realProvinces(t), geo.SurveyOptions{}), geo.FoundHole) {
		if slices.Equal(f.Areas, []string{"PU", "RN"}) && !about(f.AreaM2, 61.2e6, 0.02) {
			t.Errorf("San Marino has %v m², want about 61.2e6", f.AreaM2)
		}
	}
}

// TestSurveyFindsAMovedVertex moves one vertex of one area at a time, and
// wants the triangle back: its size, its width, its place and its owners.
func TestSurveyFindsAMovedVertex(t *testing.T) {
	for _, set := range []struct {
		name  string
		areas func(testing.TB) []geo.Area
	}{{"districts", shippedDistricts}, {"municipalities", municipalities}} {
		t.Run(set.name, func(t *testing.T) {
			areas := partition(set.areas(t))
			if len(areas) == 0 {
				areas = set.areas(t)
			}
			random := rand.New(rand.NewPCG(1, 2))
			tried := 0
			for try := 0; try < 400 && tried < 12; try++ {
				broken, m, ok := moveVertex(areas, random)
				if !ok {
					continue
				}
				tried++
				r := geo.Survey(broken, geo.SurveyOptions{Around: []string{m.code}})
				gap, overlap := 0.0, 0.0
				for _, f := range r.Findings {
					if !m.bound.Contains(f.Place) || (f.Kind != geo.FoundGap && f.Kind != geo.FoundHole && f.Kind != geo.FoundOverlap) {
						continue
					}
					if !slices.Contains(f.Areas, m.code) {
						t.Errorf("%s is about %v, want %s in it", f.Kind, f.Areas, m.code)
					}
					if f.Kind == geo.FoundOverlap {
						overlap += f.AreaM2
					} else {
						gap += f.AreaM2
					}
				}
				if !about(gap, m.gap, 0.01) || !about(overlap, m.overlap, 0.01) {
					t.Errorf("%s moved at %v: gap %.2f m², overlap %.2f m², want %.2f and %.2f", m.code, m.at, gap, overlap, m.gap, m.overlap)
				}
			}
			if tried < 12 {
				t.Fatalf("only %d vertices could be moved", tried)
			}
		})
	}
}

// A moved vertex is what moveVertex did and what must come of it.
type moved struct {
	code         string
	at           orb.Point
	bound        orb.Bound
	gap, overlap float64
}

// moveVertex moves a vertex between two neighbours by 20 to 60 metres, into
// its area or out of it, where that makes one simple triangle.
func moveVertex(areas []geo.Area, random *rand.Rand) ([]geo.Area, moved, bool) {
	n := random.IntN(len(areas))
	mp := areas[n].Geometry.Clone()
	ring := mp[random.IntN(len(mp))][0]
	k := 1 + random.IntN(len(ring)-2)
	u, v, w := ring[k-1], ring[k], ring[k+1]
	users := 0
	for i, a := range areas {
		if i != n && hasVertex(a, u) && hasVertex(a, v) && hasVertex(a, w) {
			users++
		}
	}
	if users != 1 {
		return nil, moved{}, false
	}
	by := (20 + 40*random.Float64()) / 111000
	angle := random.Float64() * 2 * math.Pi
	to := orb.Point{v[0] + by*math.Cos(angle), v[1] + by*math.Sin(angle)}
	ring[k] = to
	broken := slices.Clone(areas)
	broken[n].Geometry = mp
	if broken[n].Validate() != nil {
		return nil, moved{}, false
	}
	m := moved{code: areas[n].Code, at: v, bound: orb.MultiPoint{u, v, w, to}.Bound().Pad(1e-9)}
	// The two triangles u v to and v w to, each to one side of the border.
	for _, tri := range [][3]orb.Point{{u, to, v}, {v, to, w}} {
		double := (tri[1][0]-tri[0][0])*(tri[2][1]-tri[0][1]) - (tri[1][1]-tri[0][1])*(tri[2][0]-tri[0][0])
		m2 := planarM2(math.Abs(double)/2, v[1])
		if double > 0 {
			m.overlap += m2
		} else {
			m.gap += m2
		}
	}
	// A triangle beside the old border on one side only, and big enough.
	return broken, m, min(m.gap, m.overlap) == 0 && max(m.gap, m.overlap) > 10
}

func hasVertex(a geo.Area, p orb.Point) bool {
	for _, polygon := range a.Geometry {
		for _, ring := range polygon {
			if slices.Contains(ring, p) {
				return true
			}
		}
	}
	return false
}

// metre is a degree of latitude over its metres, at 44.5°.
const metre = 1 / 111121.0

func TestSurveySquares(t *testing.T) {
	const m = metre
	west, east := oblong("W", 10, 44, 11, 45), oblong("E", 11, 44, 12, 45)
	over := oblong("O", 10.9, 44, 12, 45)
	over.Priority = -1
	meant := oblong("M", 10, 44, 11, 45)
	meant.Selector = geo.Selector{SiteTypes: []string{"cs"}}
	frame := district("F", square(10, 44, 1), square(10.4, 44.4, 0.2))
	side := planarM2(1, 44.5)
	for _, c := range []struct {
		name     string
		areas    []geo.Area
		kind     geo.FindingKind
		severity geo.Severity
		codes    string
		m2       float64
		width    float64
	}{
		{"neighbours fit", []geo.Area{west, east}, "", "", "", 0, 0},
		{"alone", []geo.Area{west}, "", "", "", 0, 0},
		{"apart", []geo.Area{west, oblong("E", 11.5, 44, 12, 45)}, "", "", "", 0, 0},
		{"touch in a corner", []geo.Area{west, oblong("N", 11, 45, 12, 46)}, "", "", "", 0, 0},
		{"selector over a district", []geo.Area{west, east, meant}, "", "", "", 0, 0},
		{"the same twice", []geo.Area{west, oblong("X", 10, 44, 11, 45)}, geo.FoundOverlap, geo.SeverityError, "W+X", side, 46350},
		{"wide overlap", []geo.Area{west, oblong("E", 10.9, 44, 12, 45)}, geo.FoundOverlap, geo.SeverityError, "E+W", side / 10, 7370},
		{"overlap with priority", []geo.Area{west, over}, geo.FoundOverlap, geo.SeverityNote, "O+W", side / 10, 7370},
		{"narrow overlap", []geo.Area{west, oblong("E", 11-3*m, 44, 12, 45)}, geo.FoundOverlap, geo.SeverityWarning, "E+W", 3 * m * side, 3 * 0.7140},
		{"one in the other", []geo.Area{west, oblong("I", 10.4, 44.4, 10.5, 44.5)}, geo.FoundOverlap, geo.SeverityError, "I+W", planarM2(0.01, 44.45), 4640},
		{"open gap", []geo.Area{west, oblong("E", 11+3*m, 44, 12, 45)}, geo.FoundGap, geo.SeverityWarning, "E+W", 3 * m * side, 3 * 0.7140},
		{"wedge with one open end", []geo.Area{west, district("E", orb.Ring{{11 + 8*m, 44}, {12, 44}, {12, 45}, {11, 45}, {11 + 8*m, 44}})}, geo.FoundGap, geo.SeverityWarning, "E+W", 4 * m * side, 0},
		{"closed gap", []geo.Area{west, district("E", orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11 + 8*m, 44.5}, {11, 44}})}, geo.FoundGap, geo.SeverityWarning, "E+W", 4 * m * side, 4 * 0.714},
		{"hole", []geo.Area{frame}, geo.FoundHole, geo.SeverityNote, "F", planarM2(0.04, 44.5), 9270},
		{"filled hole", []geo.Area{frame, oblong("I", 10.4, 44.4, 10.6, 44.6)}, "", "", "", 0, 0},
		{"hole not quite filled", []geo.Area{frame, oblong("I", 10.4+5*m, 44.4, 10.6, 44.6)}, geo.FoundGap, geo.SeverityWarning, "F+I", m * side, 5 * 0.714},
		{"narrow hole", []geo.Area{district("F", square(10, 44, 1), oblong("", 10.4, 44.4, 10.4+m/2, 44.6).Geometry[0][0])}, geo.FoundSliver, geo.SeverityWarning, "F", m / 2 * 0.2 * side, 0.5 * 0.714},
		{"narrow part", []geo.Area{{Code: "P", Kind: geo.District, Geometry: orb.MultiPolygon{{square(10, 44, 1)}, oblong("", 12, 44, 12+m/2, 44.2).Geometry[0]}}}, geo.FoundSliver, geo.SeverityWarning, "P", m / 2 * 0.2 * side, 0.5 * 0.714},
		{"neck", []geo.Area{district("P", orb.Ring{{10, 44}, {11, 44}, {11, 45}, {10 + 0.8*m, 44.7}, {10 + 0.8*m, 44.9}, {10.5, 45.5}, {10, 45}, {10, 44}})}, geo.FoundSliver, geo.SeverityWarning, "P", 0, 0.8 * 0.714},
		{"spike", []geo.Area{district("P", orb.Ring{{10, 44}, {11, 44}, {11, 44.5}, {11.5, 44.5 + m/2}, {11, 44.5 + m/2}, {11, 45}, {10, 45}, {10, 44}})}, geo.FoundSpike, geo.SeverityWarning, "P", 0.5 * m / 4 * side, 0},
		{"point not shared", []geo.Area{west, district("E", orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11, 44.5}, {11, 44}})}, geo.FoundUnmatched, geo.SeverityNote, "E+W", 0, 0},
		{"points closer than a millimetre", []geo.Area{district("P", orb.Ring{{10, 44}, {11, 44}, {11, 44 + m/2000}, {11, 45}, {10, 45}, {10, 44}})}, geo.FoundDuplicate, geo.SeverityNote, "P", 0, 0.01},
		{"open ring", []geo.Area{west, district("O", orb.Ring{{11, 44}, {12, 44}, {12, 45}, {11, 45}})}, geo.FoundInvalid, geo.SeverityError, "O", 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := geo.Survey(c.areas, geo.SurveyOptions{})
			if c.kind == "" {
				if len(r.Findings) > 0 {
					t.Errorf("Survey = %v, want nothing", r.Findings)
				}
				return
			}
			if n := len(of(r, c.kind)); n != 1 || len(r.Findings)-n-len(of(r, geo.FoundUnmatched)) > 0 {
				t.Fatalf("Survey = %d findings %v, want 1", len(r.Findings), r.Findings)
			}
			f := of(r, c.kind)[0]
			if codes := strings.Join(slices.Sorted(slices.Values(f.Areas)), "+"); f.Kind != c.kind || f.Severity != c.severity || codes != c.codes || r.Totals[c.kind] != 1 {
				t.Errorf("Survey = %s %s %s, want %s %s %s", f.Severity, f.Kind, codes, c.severity, c.kind, c.codes)
			}
			if c.m2 > 0 && !about(f.AreaM2, c.m2, 0.02) {
				t.Errorf("%s has %.2f m², want %.2f", f.Kind, f.AreaM2, c.m2)
			}
			if c.width > 0 && !about(f.WidthM, c.width, 0.02) {
				t.Errorf("%s is %.3f m wide, want %.3f", f.Kind, f.WidthM, c.width)
			}
			if f.Text == "" || f.Italian == "" || strings.ContainsAny(f.Text+f.Italian, "{}%") {
				t.Errorf("it says %q and %q", f.Text, f.Italian)
			}
		})
	}
}

// TestSurveyPlaces: the place of an overlap has two owners, that of a gap or a
// hole has none.
func TestSurveyPlaces(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	kinds := map[geo.FindingKind]int{}
	for range 60 {
		var areas []geo.Area
		for i := range 6 {
			areas = append(areas, star(fmt.Sprintf("A%d", i), random))
		}
		x := newIndex(t, areas)
		for _, f := range geo.Survey(areas, geo.SurveyOptions{GapM: 1e9}).Findings {
			n := len(x.Locate(geo.Query{Lon: f.Place[0], Lat: f.Place[1], ToleranceM: -1}).Matches)
			if (f.Kind == geo.FoundOverlap && n < 2) || ((f.Kind == geo.FoundGap || f.Kind == geo.FoundHole) && n != 0 && f.LengthM > 0 && f.WidthM > 1) {
				t.Errorf("%s of %v at %v: %d owners there", f.Kind, f.Areas, f.Place, n)
			}
			kinds[f.Kind]++
		}
	}
	if kinds[geo.FoundOverlap] < 100 || kinds[geo.FoundGap]+kinds[geo.FoundHole] < 20 {
		t.Errorf("findings are %v: too few to mean anything", kinds)
	}
}

func TestSurveyOptions(t *testing.T) {
	then, now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	west, east := oblong("W", 10, 44, 11, 45), oblong("E", 10.9, 44, 12, 45)
	gone := east
	gone.ValidTo = now
	zone := oblong("Z", 10.5, 44, 10.6, 45)
	zone.Kind = geo.Zone
	far := []geo.Area{oblong("A", 0, 40, 1, 41), oblong("B", 0.9, 40, 2, 41)}
	for _, c := range []struct {
		name  string
		areas []geo.Area
		o     geo.SurveyOptions
		found int
		left  int
	}{
		{"no longer", []geo.Area{west, gone}, geo.SurveyOptions{}, 0, 0},
		{"then", []geo.Area{west, gone}, geo.SurveyOptions{At: then}, 1, 0},
		{"kinds do not mix", []geo.Area{west, zone}, geo.SurveyOptions{}, 0, 0},
		{"another kind", []geo.Area{west, east}, geo.SurveyOptions{Kinds: []geo.Kind{geo.Zone}}, 0, 0},
		{"around one", append(far, west, east), geo.SurveyOptions{Around: []string{"W"}}, 1, 0},
		{"around nobody", append(far, west, east), geo.SurveyOptions{Around: []string{"X"}}, 0, 0},
		{"everywhere", append(far, west, east), geo.SurveyOptions{}, 2, 0},
		{"at most", append(far, west, east), geo.SurveyOptions{Most: 1}, 1, 1},
		{"nothing", nil, geo.SurveyOptions{}, 0, 0},
	} {
		if r := geo.Survey(c.areas, c.o); len(r.Findings) != c.found || r.Left != c.left {
			t.Errorf("%s: %d findings and %d left, want %d and %d", c.name, len(r.Findings), r.Left, c.found, c.left)
		}
	}
}

// TestSurveyFindsACutStrip moves a stretch of border of a real area three
// metres inwards, as a careless hand would, and wants the strip back.
func TestSurveyFindsACutStrip(t *testing.T) {
	areas := municipalities(t)
	tried := 0
	for n := range areas {
		for other := range areas {
			if n == other || tried >= 20 {
				continue
			}
			broken, length, ok := cutStrip(areas, n, other, 3)
			if !ok {
				continue
			}
			tried++
			r := geo.Survey(broken, geo.SurveyOptions{Around: []string{areas[n].Code}})
			m2, widest := 0.0, 0.0
			for _, f := range of(r, geo.FoundGap) {
				if slices.Equal(f.Areas, []string{min(areas[n].Code, areas[other].Code), max(areas[n].Code, areas[other].Code)}) {
					m2, widest = m2+f.AreaM2, max(widest, f.WidthM)
				}
			}
			if !about(m2, 3*length, 0.15) || widest < 2 || widest > 3.2 {
				t.Errorf("a strip of %.0f m between %s and %s: gaps of %.0f m², up to %.2f m wide, want %.0f m² and nearly 3 m", length, areas[n].Code, areas[other].Code, m2, widest, 3*length)
			}
		}
	}
	if tried < 10 {
		t.Fatalf("only %d strips could be cut", tried)
	}
}

// cutStrip moves the inner points of a border that two areas share to the left
// of it, into the first area, where the border is long and nowhere sharp.
func cutStrip(areas []geo.Area, n, other int, by float64) ([]geo.Area, float64, bool) {
	mp := areas[n].Geometry.Clone()
	ring := mp[0][0]
	first, last := 0, 0
	for i := 1; i < len(ring); i++ {
		if from := i; hasVertex(areas[other], ring[i]) {
			for i+1 < len(ring) && hasVertex(areas[other], ring[i+1]) {
				i++
			}
			if i-from > last-first {
				first, last = from, i
			}
		}
	}
	if last-first < 12 {
		return nil, 0, false
	}
	length := 0.0
	for i := first + 1; i < last; i++ {
		u, v, w := areas[n].Geometry[0][0][i-1], ring[i], areas[n].Geometry[0][0][i+1]
		cos := math.Cos(v[1] * math.Pi / 180)
		ax, ay, bx, by2 := (v[0]-u[0])*cos, v[1]-u[1], (w[0]-v[0])*cos, w[1]-v[1]
		la, lb := math.Hypot(ax, ay), math.Hypot(bx, by2)
		if la*111120 < 3*by || lb*111120 < 3*by || (ax*bx+ay*by2)/(la*lb) < 0.5 {
			return nil, 0, false
		}
		// The mean of both normals, long enough to move each side by as much.
		nx, ny := -(ay/la + by2/lb), ax/la+bx/lb
		scale := 2 * by / 111120 / (nx*nx + ny*ny)
		ring[i] = orb.Point{v[0] + nx*scale/cos, v[1] + ny*scale}
		length += la * 111120
	}
	broken := slices.Clone(areas)
	broken[n].Geometry = mp
	return broken, length, broken[n].Validate() == nil
}

// TestSurveyOrder: the order of the areas changes nothing.
func TestSurveyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 1))
	areas := shaken(territorial(shippedDistricts(t)), 30, random)
	want := geo.Survey(areas, geo.SurveyOptions{})
	if len(want.Findings) < 100 {
		t.Fatalf("%d findings: nothing is tested", len(want.Findings))
	}
	for range 3 {
		random.Shuffle(len(areas), func(i, j int) { areas[i], areas[j] = areas[j], areas[i] })
		if got := geo.Survey(areas, geo.SurveyOptions{}); !reflect.DeepEqual(got, want) {
			t.Fatal("another order gives other findings")
		}
	}
}

// TestSurveyTangled: two combs of a thousand teeth that cross a million times
// are told to be simplified, at once.
func TestSurveyTangled(t *testing.T) {
	comb := func(turned bool) orb.Ring {
		var ring orb.Ring
		for i := range 1000 {
			x := 10 + float64(i)/1000
			ring = append(ring, orb.Point{x, 11}, orb.Point{x + 0.0005, 10.001})
		}
		ring = append(ring, orb.Point{11, 10}, orb.Point{10, 10}, orb.Point{10, 11})
		if turned {
			for i, p := range ring {
				ring[i] = orb.Point{p[1], p[0]}
			}
		}
		return ring
	}
	areas := []geo.Area{district("A", comb(false)), district("B", comb(true))}
	for _, a := range areas {
		if err := a.Validate(); err != nil {
			t.Fatal(err)
		}
	}
	r := geo.Survey(areas, geo.SurveyOptions{})
	if r.Worst() != geo.SeverityError || r.Totals[geo.FoundTangled] != 1 {
		t.Errorf("Survey = %v, want it tangled", r.Totals)
	}
	areas[1].Code = "A"
	if c := geo.Compare(areas[:1], areas[1:]); !c.Rough || len(c.Transfers) > 0 || c.Changed[0].ShiftM == 0 {
		t.Errorf("Compare = rough %v, %v", c.Rough, c.Transfers)
	}
}
