package cluster_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/sestante/sestante/geo/cluster"
)

// naive is DBSCAN by comparing every point with every other: what the fast one
// must answer.
func naive(points []cluster.Point, d cluster.Density) cluster.Clustering {
	n := len(points)
	near := func(i, j int) bool {
		dt := points[i].At - points[j].At
		return max(dt, -dt) <= d.EpsS && cluster.DistanceM(points[i].Lon, points[i].Lat, points[j].Lon, points[j].Lat) <= d.EpsM
	}
	out := cluster.Clustering{Labels: make([]int32, n), Core: make([]bool, n)}
	for i := range n {
		count := 0
		for j := range n {
			if near(i, j) {
				count++
			}
		}
		out.Core[i] = count >= d.MinPts
		out.Labels[i] = cluster.Noise
	}
	// Cores in the order of content: the first not yet reached begins the next
	// cluster, and so has its smallest core.
	byContent := make([]int, n)
	for i := range byContent {
		byContent[i] = i
	}
	slices.SortFunc(byContent, func(a, b int) int { return compare(points[a], points[b]) })
	for _, start := range byContent {
		if !out.Core[start] || out.Labels[start] != cluster.Noise {
			continue
		}
		label := int32(out.Clusters)
		out.Clusters++
		out.Labels[start] = label
		for todo := []int{start}; len(todo) > 0; {
			i := todo[0]
			todo = todo[1:]
			for j := range n {
				if out.Core[j] && out.Labels[j] == cluster.Noise && near(i, j) {
					out.Labels[j] = label
					todo = append(todo, j)
				}
			}
		}
	}
	for i := range n {
		if out.Core[i] {
			continue
		}
		for j := range n {
			if out.Core[j] && near(i, j) && (out.Labels[i] == cluster.Noise || out.Labels[j] < out.Labels[i]) {
				out.Labels[i] = out.Labels[j]
			}
		}
	}
	return out
}

func compare(p, q cluster.Point) int {
	switch {
	case p.At != q.At:
		return int(p.At - q.At)
	case p.ID != q.ID:
		if p.ID < q.ID {
			return -1
		}
		return 1
	case p.Lon != q.Lon:
		return int(math.Copysign(1, p.Lon-q.Lon))
	case p.Lat != q.Lat:
		return int(math.Copysign(1, p.Lat-q.Lat))
	default:
		return 0
	}
}

// A scene is where and how random points lie.
type scene struct {
	name     string
	lon, lat float64 // of the middle, degrees
	spread   float64 // metres
	span     int64   // seconds
	lattice  float64 // metres; not 0: points on the crossings of a lattice, many of them the same
}

var scenes = []scene{
	{"Milan", 9.19, 45.46, 3000, 30 * 86400, 0},
	{"Milan, crowded", 9.19, 45.46, 600, 10 * 86400, 0},
	{"equator", 0, 0, 2000, 20 * 86400, 0},
	{"antimeridian", 180, 20, 2000, 20 * 86400, 0},
	{"antimeridian, west", -179.999, -67, 2000, 20 * 86400, 0},
	{"Svalbard", 15.6, 78.2, 2000, 20 * 86400, 0},
	{"north pole", 0, 90, 1500, 20 * 86400, 0},
	{"south pole", 33, -90, 1500, 20 * 86400, 0},
	{"beside the pole", 120, 89.995, 1500, 20 * 86400, 0},
	{"lattice", 12, 42, 2000, 20 * 86400, 100},
	{"one place", 12, 42, 0, 20 * 86400, 0},
	{"one moment", 12, 42, 2500, 0, 0},
}

// draw makes n points of a scene.
func (s scene) draw(random *rand.Rand, n int) []cluster.Point {
	out := make([]cluster.Point, n)
	for i := range out {
		x, y := random.NormFloat64()*s.spread, random.NormFloat64()*s.spread
		if s.lattice > 0 {
			x, y = math.Round(x/s.lattice)*s.lattice, math.Round(y/s.lattice)*s.lattice
		}
		out[i] = s.at(x, y)
		out[i].ID = "r" + strconv.Itoa(i)
		if s.span > 0 {
			out[i].At = 1_795_000_000 + random.Int64N(s.span)
		}
	}
	return out
}

// at returns the point x metres east and y north of the middle, about: over a
// pole it comes down on the other side.
func (s scene) at(x, y float64) cluster.Point {
	if math.Abs(s.lat) > 89.9 {
		lon0, far := s.lon*math.Pi/180, (90-math.Abs(s.lat))*111_694
		px, py := far*math.Cos(lon0)+x, far*math.Sin(lon0)+y
		return cluster.Point{Lon: math.Atan2(py, px) * 180 / math.Pi, Lat: math.Copysign(90-math.Hypot(px, py)/111_694, s.lat)}
	}
	lat := s.lat + y/111_000
	lon := s.lon + x/111_000/math.Cos(s.lat*math.Pi/180)
	if lon > 180 {
		lon -= 360
	}
	if lon < -180 {
		lon += 360
	}
	return cluster.Point{Lon: lon, Lat: lat}
}

var densities = []cluster.Density{
	{EpsM: 100, EpsS: 7 * 86400, MinPts: 4},
	{EpsM: 250, EpsS: 86400, MinPts: 3},
	{EpsM: 500, EpsS: 2 * 86400, MinPts: 8},
	{EpsM: 40, EpsS: 30 * 86400, MinPts: 2},
	{EpsM: 3000, EpsS: 3600, MinPts: 5},
	{EpsM: 100, EpsS: 0, MinPts: 2},
	{EpsM: 20, EpsS: 86400, MinPts: 1},
}

// TestDBSCANIsExact compares with the naive one, everywhere on earth.
func TestDBSCANIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, s := range scenes {
		found, noise, borders := 0, 0, 0
		for _, d := range densities {
			points := s.draw(random, 500)
			got, err := cluster.DBSCAN(points, d)
			if err != nil {
				t.Fatal(err)
			}
			want := naive(points, d)
			if got.Clusters != want.Clusters || !slices.Equal(got.Labels, want.Labels) || !slices.Equal(got.Core, want.Core) {
				t.Errorf("%s, %+v: DBSCAN = %d clusters, want %d", s.name, d, got.Clusters, want.Clusters)
			}
			found += got.Clusters
			for i, label := range got.Labels {
				switch {
				case label == cluster.Noise:
					noise++
				case !got.Core[i]:
					borders++
				}
			}
		}
		if found == 0 || (noise == 0 && s.spread > 0) {
			t.Errorf("%s: %d clusters, %d points of noise, %d of border: the scene says nothing", s.name, found, noise, borders)
		}
	}
}

// TestDBSCANIsOrderFree shuffles the input: each point's label stays.
func TestDBSCANIsOrderFree(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, s := range scenes {
		points := s.draw(random, 2000)
		d := cluster.Density{EpsM: 200, EpsS: 2 * 86400, MinPts: 4}
		first, err := cluster.DBSCAN(points, d)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int32{}
		for i, p := range points {
			want[p.ID] = first.Labels[i]
		}
		for range 5 {
			random.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
			again, err := cluster.DBSCAN(points, d)
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range points {
				if again.Labels[i] != want[p.ID] {
					t.Fatalf("%s: %s is in cluster %d after a shuffle, and was in %d", s.name, p.ID, again.Labels[i], want[p.ID])
				}
			}
		}
	}
}

// A point that two clusters could have belongs to the one that began first.
func TestBorderBelongsToTheFirst(t *testing.T) {
	row := func(at int64, id string, metres ...float64) (out []cluster.Point) {
		for i, m := range metres {
			out = append(out, cluster.Point{Lon: m / 111_319.49, At: at, ID: id + strconv.Itoa(i)})
		}
		return out
	}
	west, east := []float64{0, 10, 20, 30}, []float64{170, 180, 190, 200}
	middle := row(50, "middle", 100)
	for _, tt := range []struct {
		westAt, eastAt int64
		want           string
	}{{10, 20, "west0"}, {20, 10, "east0"}, {10, 10, "east0"}} {
		points := slices.Concat(middle, row(tt.westAt, "west", west...), row(tt.eastAt, "east", east...))
		got, err := cluster.DBSCAN(points, cluster.Density{EpsM: 75, EpsS: 100, MinPts: 4})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(points, func(p cluster.Point) bool { return p.ID == tt.want })
		if got.Clusters != 2 || got.Core[0] || got.Labels[0] != 0 || got.Labels[i] != 0 {
			t.Errorf("west at %d, east at %d: the middle is in cluster %d of %d, want with %s", tt.westAt, tt.eastAt, got.Labels[0], got.Clusters, tt.want)
		}
	}
}

// Both radii are inclusive, and time holds apart what space would join.
func TestRadii(t *testing.T) {
	apart := cluster.DistanceM(9, 45, 9.001, 45)
	for _, tt := range []struct {
		name     string
		epsM     float64
		epsS, dt int64
		want     int
	}{
		{"at the radius", apart, 60, 60, 1},
		{"a hair less space", math.Nextafter(apart, 0), 60, 60, 0},
		{"a second too late", apart, 60, 61, 0},
	} {
		points := []cluster.Point{{Lon: 9, Lat: 45, At: 0}, {Lon: 9.001, Lat: 45, At: tt.dt}}
		got, err := cluster.DBSCAN(points, cluster.Density{EpsM: tt.epsM, EpsS: tt.epsS, MinPts: 2})
		if err != nil || got.Clusters != tt.want {
			t.Errorf("%s: %d clusters, %v; want %d", tt.name, got.Clusters, err, tt.want)
		}
	}
}

func TestDBSCANRefuses(t *testing.T) {
	good := cluster.Density{EpsM: 100, EpsS: 60, MinPts: 2}
	for _, tt := range []struct {
		name   string
		points []cluster.Point
		d      cluster.Density
		want   error
		field  string
	}{
		{"NaN", []cluster.Point{{}, {Lon: math.NaN()}}, good, cluster.ErrPoint, "points[1]"},
		{"infinite", []cluster.Point{{Lat: math.Inf(1)}}, good, cluster.ErrPoint, "points[0]"},
		{"beyond 180", []cluster.Point{{Lon: 180.1}}, good, cluster.ErrPoint, "points[0]"},
		{"beyond the pole", []cluster.Point{{Lat: -90.1}}, good, cluster.ErrPoint, "points[0]"},
		{"never", []cluster.Point{{At: math.MaxInt64}}, good, cluster.ErrPoint, "points[0]"},
		{"no radius", nil, cluster.Density{EpsS: 1, MinPts: 2}, cluster.ErrParameter, "epsM"},
		{"NaN radius", nil, cluster.Density{EpsM: math.NaN(), MinPts: 2}, cluster.ErrParameter, "epsM"},
		{"huge radius", nil, cluster.Density{EpsM: 1e9, MinPts: 2}, cluster.ErrParameter, "epsM"},
		{"time backwards", nil, cluster.Density{EpsM: 10, EpsS: -1, MinPts: 2}, cluster.ErrParameter, "epsS"},
		{"no points needed", nil, cluster.Density{EpsM: 10}, cluster.ErrParameter, "minPts"},
	} {
		_, err := cluster.DBSCAN(tt.points, tt.d)
		wantFault(t, tt.name, err, tt.want, tt.field)
	}
	got, err := cluster.DBSCAN(nil, good)
	if err != nil || got.Clusters != 0 || len(got.Members()) != 0 {
		t.Errorf("of no points: %+v, %v", got, err)
	}
}

// FuzzDBSCAN throws bytes as points: what is accepted is exact.
func FuzzDBSCAN(f *testing.F) {
	f.Add([]byte("some bytes that lie somewhere"), 100.0, int64(3600), 3, 9.0, 45.0)
	f.Add([]byte{0, 0, 0, 1, 1, 1, 255, 255, 255}, 1.0, int64(0), 1, 180.0, 89.9999)
	f.Add([]byte{1, 2, 3, 4, 5, 6}, 50000.0, int64(1)<<40, 2, -180.0, -90.0)
	f.Fuzz(func(t *testing.T, data []byte, epsM float64, epsS int64, minPts int, lon, lat float64) {
		var points []cluster.Point
		for i := 0; i+2 < len(data) && len(points) < 150; i += 3 {
			points = append(points, cluster.Point{
				Lon: lon + (float64(data[i])-128)*epsM/3e7, Lat: lat + (float64(data[i+1])-128)*epsM/3e7, At: int64(data[i+2]) * (epsS/16 + 1),
			})
		}
		d := cluster.Density{EpsM: epsM, EpsS: epsS, MinPts: minPts}
		got, err := cluster.DBSCAN(points, d)
		if err != nil {
			return
		}
		want := naive(points, d)
		if got.Clusters != want.Clusters || !slices.Equal(got.Labels, want.Labels) || !slices.Equal(got.Core, want.Core) {
			t.Errorf("DBSCAN = %v, want %v", got, want)
		}
	})
}
