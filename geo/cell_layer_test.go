package geo_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// A layer answers as Locate does, for each day.
func TestLayerOfADay(t *testing.T) {
	day := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	var areas []geo.Area
	for year := 2000; year < 2020; year++ { // the border between two moves each year
		s := 1 + float64(year-2000)/100
		w, e := district("W", orb.Ring{{10, 44}, {10 + s, 44}, {10 + s, 45}, {10, 45}, {10, 44}}), district("E", orb.Ring{{10 + s, 44}, {12, 44}, {12, 45}, {10 + s, 45}, {10 + s, 44}})
		for _, a := range []geo.Area{w, e} {
			a.ID = geo.SeedID(geo.Zone, a.Code+day(year).Format(time.DateOnly))
			a.ValidFrom, a.ValidTo = day(year), day(year+1)
			if year == 2019 {
				a.ValidTo = time.Time{}
			}
			areas = append(areas, a)
		}
	}
	areas = append(areas, geo.Area{Code: "P", Kind: geo.Province, Geometry: orb.MultiPolygon{{square(10, 44, 2)}}})
	x := newIndex(t, areas)
	random := rand.New(rand.NewPCG(1, 1))
	for range 2_000 {
		at := day(1999).Add(time.Duration(random.Float64() * 23 * float64(365*24*time.Hour)))
		lon, lat := 9.9+2.2*random.Float64(), 43.9+1.2*random.Float64()
		if random.IntN(10) == 0 {
			at = time.Time{}
		}
		want := x.Locate(geo.Query{Lon: lon, Lat: lat, At: at, ToleranceM: -1})
		id, ok := x.Layer(geo.District, at).Owner(lon, lat)
		if ok != (want.Owner != nil) || (ok && id != want.Owner.Area) {
			t.Fatalf("Owner(%v, %v on %s) = %q, want %+v", lon, lat, at.Format(time.DateOnly), id, want.Owner)
		}
		s := 1 + float64(min(at.Year(), 2019)-2000)/100
		if at.IsZero() {
			s = 1.19
		}
		inside := lon >= 10 && lon < 12 && lat >= 44 && lat < 45 && (at.IsZero() || at.Year() >= 2000)
		if ok != inside {
			t.Fatalf("Owner(%v, %v on %s): %v, want %v", lon, lat, at.Format(time.DateOnly), ok, inside)
		}
		if a, _ := x.ByID(id); ok && (a.Code == "W") != (lon < 10+s) {
			t.Fatalf("Owner(%v, %v on %s) = %s", lon, lat, at.Format(time.DateOnly), a.Code)
		}
	}
	if id, ok := x.Layer(geo.Province, day(1990)).Owner(11, 44.5); !ok || id != geo.SeedID(geo.Province, "P") {
		t.Errorf("the province's layer: Owner = %q", id)
	}
	if _, ok := x.Layer("shire", day(2010)).Owner(11, 44.5); ok {
		t.Error("the layer of no kind has an owner")
	}
}

// The earth is round: 180 and -180 are one meridian, and the pole is a place.
func TestSeam(t *testing.T) {
	box := func(west, south, east, north float64) orb.Ring {
		return orb.Ring{{west, south}, {east, south}, {east, north}, {west, north}, {west, south}}
	}
	fiji := district("F", box(177, -19, 180, -16))
	fiji.Geometry = append(fiji.Geometry, orb.Polygon{box(-180, -19, -178, -16)})
	west := district("W", box(170, 10, 180, 20))
	arctic := district("N", box(100, 80, 180, 90))
	antarctic := district("S", orb.Ring{{-180, -90}, {180, -90}, {180, -80}, {90, -75}, {0, -70}, {-90, -70}, {-180, -80}, {-180, -90}})
	x := newIndex(t, []geo.Area{fiji, west, arctic, antarctic})
	l := x.Layer(geo.District, time.Time{})
	for _, c := range []struct {
		lon, lat float64
		want     string
	}{
		{179.99, -17, "F"},
		{180, -17, "F"},
		{-180, -17, "F"},
		{-179, -17, "F"},
		{-177.9, -17, ""},
		{180, 15, ""}, // a right border is not the area's own
		{-180, 15, ""},
		{math.Nextafter(180, 0), 15, "W"},
		{120, 90, "N"},
		{99, 90, ""},
		{-45, -90, "S"},
		{180, -85, "S"},
		{-180, -85, "S"},
		{135, -78, "S"},
		{135, -77, ""},
		{math.NaN(), 15, ""},
		{175, math.NaN(), ""},
		{math.Inf(1), 15, ""},
		{175, math.Inf(-1), ""},
		{1e300, -1e300, ""},
	} {
		id, _ := l.Owner(c.lon, c.lat)
		a, _ := x.ByID(id)
		if a.Code != c.want {
			t.Errorf("Owner(%v, %v) = %q, want %q", c.lon, c.lat, a.Code, c.want)
		}
		number := []int32{7}
		if l.OwnerNumbers(number, []orb.Point{{c.lon, c.lat}}); int(number[0]) != l.OwnerNumber(c.lon, c.lat) {
			t.Errorf("OwnerNumbers(%v, %v) = %d, want %d", c.lon, c.lat, number[0], l.OwnerNumber(c.lon, c.lat))
		}
		if geo.CheckPosition(c.lon, c.lat) == nil {
			if got := ownerOf(x.Locate(geo.Query{Lon: c.lon, Lat: c.lat, ToleranceM: -1})); got != c.want {
				t.Errorf("Locate(%v, %v) = %q, want %q", c.lon, c.lat, got, c.want)
			}
		}
	}
	for _, c := range []struct {
		lon, lat float64
		want     string
		metres   float64
	}{
		{-179.999, 15, "W", 107.5},     // over the seam
		{-180, 15, "W", 0},             // on it
		{180, 15, "W", 0},              // the same place
		{-177.999, -17, "F", 106.5},    // this side of it
		{-180, 20.001, "W", 110.7},     // round the corner
		{50, 89.9999, "N", 9.7},        // over the top of the earth, by the parallel
		{-50, -69.999, "S", 111.6},     //
		{-179.9, 15, "", 0},            // 10 km
		{179.995, -15.999, "F", 110.7}, //
	} {
		a := x.Locate(geo.Query{Lon: c.lon, Lat: c.lat})
		if ownerOf(a) != c.want || math.Abs(a.DistanceM-c.metres) > 1 {
			t.Errorf("Locate(%v, %v) = %q %s %.1f m, want %q %.1f m", c.lon, c.lat, ownerOf(a), a.Outcome, a.DistanceM, c.want, c.metres)
		}
	}
}

// Nearest is what a look at every edge says.
func TestNearestAgainstAllEdges(t *testing.T) {
	areas := triangles(1, 10)
	x := newIndex(t, areas)
	l := x.Layer(geo.District, time.Time{})
	random := rand.New(rand.NewPCG(8, 8))
	for range 2_000 {
		lon, lat := 9.5+2*random.Float64(), 43.5+2*random.Float64()
		limit := math.Pow(10, 2+3*random.Float64())
		best := math.Inf(1)
		for _, a := range x.Areas() {
			ring := a.Geometry[0][0]
			for i := 1; i < len(ring); i++ {
				best = min(best, metresToEdge(lon, lat, ring[i-1], ring[i]))
			}
		}
		id, metres, ok := l.Nearest(lon, lat, limit)
		if ok != (best <= limit) && math.Abs(best-limit) > 1e-6 {
			t.Fatalf("Nearest(%v, %v, %v) = %v, the nearest edge is %v m away", lon, lat, limit, ok, best)
		}
		if !ok {
			continue
		}
		if math.Abs(metres-best) > 1e-6*best {
			t.Fatalf("Nearest(%v, %v, %v) = %v m, want %v m", lon, lat, limit, metres, best)
		}
		if _, inside := l.Owner(lon, lat); !inside {
			if a := x.Locate(geo.Query{Lon: lon, Lat: lat, ToleranceM: limit}); a.Owner == nil || a.Owner.Area != id && a.DistanceM != metres {
				t.Fatalf("Locate(%v, %v) = %+v, Nearest says %s", lon, lat, a.Owner, id)
			}
		}
	}
}

// metresToEdge samples the edge, with the radii of curvature at the place.
func metresToEdge(lon, lat float64, a, b orb.Point) float64 {
	const major, e2 = 6378137.0, 6.69437999014131699e-3
	sin := math.Sin(lat * math.Pi / 180)
	w2 := 1 - e2*sin*sin
	kx := major / math.Sqrt(w2) * math.Cos(lat*math.Pi/180) * math.Pi / 180
	ky := major * (1 - e2) / (w2 * math.Sqrt(w2)) * math.Pi / 180
	dx, dy := (b[0]-a[0])*kx, (b[1]-a[1])*ky
	px, py := (lon-a[0])*kx, (lat-a[1])*ky
	s := max(0, min(1, (px*dx+py*dy)/(dx*dx+dy*dy)))
	return math.Hypot(px-s*dx, py-s*dy)
}

// Where DiffersAt is false, the owner is the same; and it is false nearly
// everywhere when little has changed.
func TestDiffersAt(t *testing.T) {
	areas := shippedDistricts(t)
	x := newIndex(t, areas)
	moved := x.Areas()[20]
	ring := moved.Geometry[0][0].Clone()
	ring[5] = orb.Point{ring[5][0] + 0.05, ring[5][1] + 0.05}
	moved.Geometry = append(orb.MultiPolygon{{ring}}, moved.Geometry[1:]...)
	end := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	over := district("X", square(9, 45, 0.3))
	over.Priority = 5
	special := over
	special.Kind, special.Selector = geo.Overlay, geo.Selector{SiteTypes: []string{"cs"}}
	later, earlier := moved, x.Areas()[20]
	later.ID, later.ValidFrom, earlier.ValidTo = "laterdistrict01", end, end
	for _, c := range []struct {
		name    string
		changed []geo.Area
		removed []geo.AreaID
		most    float64 // of Italy's box
	}{
		{"nothing", nil, nil, 0},
		{"a corner", []geo.Area{moved}, nil, 0.3},
		{"one less", nil, []geo.AreaID{moved.ID}, 0.4},
		{"one over others", []geo.Area{over}, nil, 0.1},
		{"an overlay", []geo.Area{special}, nil, 0.1},
		{"from a day on", []geo.Area{earlier, later}, nil, 0.4},
		{"a name", func() []geo.Area { a := x.Areas()[3]; a.Name = "Other"; return []geo.Area{a} }(), nil, 0},
	} {
		y, err := x.With(c.changed, c.removed...)
		if err != nil {
			t.Fatal(err)
		}
		differ := 0
		points := spread(5_000)
		for _, p := range moved.Geometry[0][0] {
			points = append(points, neighbours(p)...)
		}
		for _, p := range points {
			if x.DiffersAt(y, p[0], p[1]) {
				differ++
				continue
			}
			for _, q := range []geo.Query{{}, {SiteType: "cs"}, {ToleranceM: 20_000}, {At: end}, {At: end.AddDate(-1, 0, 0)}} {
				q.Lon, q.Lat = p[0], p[1]
				if a, b := ownerID(x.Locate(q)), ownerID(y.Locate(q)); a != b {
					t.Fatalf("%s: DiffersAt(%v) = false, but the owners are %q and %q", c.name, p, a, b)
				}
			}
		}
		if got := float64(differ) / float64(len(points)); got > c.most+0.05 || (c.most > 0 && differ == 0) {
			t.Errorf("%s: %.2f of the places differ, want at most %.2f", c.name, got, c.most)
		}
	}
}

func ownerID(a geo.Answer) geo.AreaID {
	if a.Owner == nil {
		return ""
	}
	return a.Owner.Area
}
