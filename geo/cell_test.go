package geo_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/areagen"
)

// ownersBig counts crossings over all edges of all areas, in rational numbers.
func ownersBig(areas []geo.Area, p orb.Point) []geo.AreaID {
	var out []geo.AreaID
	for _, a := range areas {
		odd := false
		for _, polygon := range a.Geometry {
			for _, ring := range polygon {
				odd = odd != containsBig(ring, p)
			}
		}
		if odd {
			out = append(out, a.ID)
		}
	}
	return out
}

// askAll compares the layer with the count over all edges, at points taken
// from the rings' own coordinates and their floating-point neighbours.
func askAll(t *testing.T, areas []geo.Area, extra ...orb.Point) {
	t.Helper()
	x, err := geo.NewIndex(areas)
	if err != nil {
		return // what cannot be indexed is tested elsewhere
	}
	areas = x.Areas()
	l := x.Layer(geo.District, time.Time{})
	var corners []orb.Point
	for _, a := range areas {
		for _, polygon := range a.Geometry {
			for _, ring := range polygon {
				corners = append(corners, ring[1:]...)
			}
		}
	}
	for i := 0; i < len(corners); i += 1 + len(corners)/100 { // the work grows with the square
		a, b := corners[i], corners[(i*7+3)%len(corners)]
		extra = append(extra, a, orb.Point{a[0], b[1]}, orb.Point{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2})
	}
	for _, p := range extra {
		for _, q := range neighbours(p) {
			if q[0] >= 180 || q[0] < -180 || q[1] >= 90 || q[1] < -90 {
				continue
			}
			got, want := l.AppendOwners(nil, q[0], q[1]), ownersBig(areas, q)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("AppendOwners(%v) = %v, want %v of %v", q, got, want, areas)
			}
			id, ok := l.Owner(q[0], q[1])
			if ok != (len(want) > 0) || (ok && !slices.Contains(want, id)) {
				t.Fatalf("Owner(%v) = %q %v, want one of %v", q, id, ok, want)
			}
		}
	}
}

// Random rings, which may cross themselves and each other, with corners on the
// lines of every grid and beside them.
func TestOwnersAgainstAllEdges(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 40
	}
	for seed := range rounds {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		per := []float64{0.25, 1, 16, 64, 512, 4096}[random.IntN(6)]
		size := 1 + random.IntN(20)
		corner := func() orb.Point {
			p := orb.Point{10 + float64(random.IntN(size+1))/per, 44 + float64(random.IntN(size+1))/per}
			switch random.IntN(4) {
			case 0:
				p[random.IntN(2)] += (random.Float64() - 0.5) / per
			case 1:
				k := random.IntN(2)
				p[k] = math.Nextafter(p[k], 20)
			}
			return p
		}
		var areas []geo.Area
		for i := range 1 + random.IntN(5) {
			var ring orb.Ring
			for range 3 + random.IntN(12) {
				ring = append(ring, corner())
			}
			areas = append(areas, district(fmt.Sprint(i), append(ring, ring[0])))
		}
		askAll(t, areas, corner(), corner(), corner())
	}
}

// More areas lie over one another than a mask has bits, in each way that a cell
// can hold them: surely, with edges, and with a finer grid.
func TestManyOverlap(t *testing.T) {
	var areas []geo.Area
	for i := range 100 {
		s := float64(i) / 1024
		a := district(fmt.Sprintf("%03d", i), square(10-s, 44-s, 0.3+2*s))
		a.Priority = i % 7
		areas = append(areas, a)
	}
	askAll(t, areas, orb.Point{10.1, 44.1}, orb.Point{10 - 1.0/2048, 44.2})
	x := newIndex(t, areas)
	got := x.Layer(geo.District, time.Time{}).AppendOwners(nil, 10.15, 44.15)
	if len(got) != 100 {
		t.Fatalf("%d owners, want 100", len(got))
	}
	for i, m := range x.Locate(geo.Query{Lon: 10.15, Lat: 44.15}).Matches {
		if m.Area != got[i] {
			t.Fatalf("AppendOwners[%d] = %s, want %s as Locate says", i, got[i], m.Area)
		}
	}
}

// FuzzOwners does the same with areas that a machine thinks of.
func FuzzOwners(f *testing.F) {
	f.Add(ringBytes(0, 0, 4, 0, 4, 4, 0, 4, 0xffff, 0, 2, 2, 9, 2, 3, 8), uint8(6))
	f.Add(ringBytes(1, 1, 9, 2, 3, 8, 8, 9, 2, 5), uint8(12))
	f.Add(ringBytes(0, 7, 200, 8, 0, 9, 200, 10, 0, 11, 200, 12, 0, 13, 200, 14), uint8(9))
	f.Fuzz(func(t *testing.T, data []byte, fine uint8) {
		step := math.Ldexp(1, 4-int(fine%44))
		if fine >= 128 {
			step *= 1.1
		}
		var areas []geo.Area
		var ring orb.Ring
		end := func() {
			if len(ring) >= 3 {
				areas = append(areas, district(fmt.Sprint(len(areas)), append(ring, ring[0])))
			}
			ring = nil
		}
		for ; len(data) >= 4 && len(areas) < 40; data = data[4:] {
			x, y := binary.LittleEndian.Uint16(data), binary.LittleEndian.Uint16(data[2:])
			if x == 0xffff || len(ring) == 40 {
				end()
				continue
			}
			ring = append(ring, orb.Point{10 + step*float64(x%256-128), step * float64(y%256-128)})
		}
		end()
		if len(areas) > 0 {
			askAll(t, areas)
		}
	})
}

// What does not change who owns a place may be done to the areas: moving them
// by whole cells, winding rings the other way, beginning them elsewhere.
func TestSameOwners(t *testing.T) {
	dyadic := func() []geo.Area { // corners that can be moved without rounding
		areas := triangles(1, 8)
		for _, a := range areas {
			for i, p := range a.Geometry[0][0] {
				a.Geometry[0][0][i] = orb.Point{math.Round(p[0]*0x1p20) / 0x1p20, math.Round(p[1]*0x1p20) / 0x1p20}
			}
		}
		return areas
	}
	each := func(change func(orb.Ring) orb.Ring) []geo.Area {
		areas := dyadic()
		for i := range areas {
			areas[i].Geometry = orb.MultiPolygon{{change(areas[i].Geometry[0][0].Clone())}}
		}
		return areas
	}
	base := newIndex(t, dyadic()).Layer(geo.District, time.Time{})
	for _, c := range []struct {
		name   string
		dx, dy float64
		areas  []geo.Area
	}{
		{"moved by a cell", 1.0 / 64, 0, nil},
		{"moved by many", -37.0 / 64, 411.0 / 64, nil},
		{"wound the other way", 0, 0, each(func(r orb.Ring) orb.Ring { r.Reverse(); return r })},
		{"begun elsewhere", 0, 0, each(func(r orb.Ring) orb.Ring { return append(r[1:], r[1]) })},
	} {
		areas := c.areas
		if areas == nil {
			areas = each(func(r orb.Ring) orb.Ring {
				for i := range r {
					r[i] = orb.Point{r[i][0] + c.dx, r[i][1] + c.dy}
				}
				return r
			})
		}
		other := newIndex(t, areas).Layer(geo.District, time.Time{})
		vertices, middles := innerPoints(newIndex(t, dyadic()).Areas())
		random := rand.New(rand.NewPCG(9, 9))
		for range 20_000 {
			vertices = append(vertices, orb.Point{10 + math.Round(random.Float64()*0x1p20)/0x1p20, 44 + math.Round(random.Float64()*0x1p20)/0x1p20})
		}
		for _, p := range append(vertices, middles...) {
			if p[0] != math.Round(p[0]*0x1p24)/0x1p24 || p[1] != math.Round(p[1]*0x1p24)/0x1p24 {
				t.Fatalf("%v cannot be moved without rounding", p)
			}
			want, _ := base.Owner(p[0], p[1])
			if got, _ := other.Owner(p[0]+c.dx, p[1]+c.dy); got != want {
				t.Fatalf("%s: Owner(%v) = %q, want %q", c.name, p, got, want)
			}
		}
	}
}

// An area cut in two along a line has one owner everywhere: the two halves own
// together what the whole owned, and nothing twice.
func TestSplit(t *testing.T) {
	whole := areagen.Lattice(geo.District, 1, orb.Bound{Min: orb.Point{10, 44}, Max: orb.Point{10.4, 44.3}}, nil)[0]
	ring := whole.Geometry[0][0]
	n := len(ring) - 1
	for from := 0; from < n; from += 7 {
		to := (from + n/2) % n
		cut := func(from, to int) orb.Ring {
			var half orb.Ring
			for i := from; i != to; i = (i + 1) % n {
				half = append(half, ring[i])
			}
			return append(half, ring[to], ring[from])
		}
		halves := newIndex(t, []geo.Area{district("A", cut(from, to)), district("B", cut(to, from))}).Layer(geo.District, time.Time{})
		random := rand.New(rand.NewPCG(uint64(from), 3))
		a, b := ring[from], ring[to]
		var points []orb.Point
		for range 300 {
			s := random.Float64()
			points = append(points, orb.Point{a[0] + s*(b[0]-a[0]), a[1] + s*(b[1]-a[1])}, orb.Point{10 + random.Float64()*0.4, 44 + random.Float64()*0.3})
		}
		for _, p := range append(points, ring...) {
			for _, q := range neighbours(p) {
				got := len(halves.AppendOwners(nil, q[0], q[1]))
				if parity := containsBig(ring, q); got%2 == 1 != parity || (got == 2 && segmentsCross(ring, from, to) == false) {
					t.Fatalf("cut from corner %d: %d owners at %v, the whole owns it: %v", from, got, q, parity)
				}
			}
		}
	}
}

// segmentsCross reports whether the chord between two corners leaves the ring:
// then the halves overlap outside it, and own a place there twice.
func segmentsCross(ring orb.Ring, from, to int) bool {
	a, b := ring[from], ring[to]
	for i := 1; i < len(ring); i++ {
		p, q := ring[i-1], ring[i]
		side := func(a, b, c orb.Point) float64 { return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0]) }
		if side(a, b, p)*side(a, b, q) < 0 && side(p, q, a)*side(p, q, b) < 0 {
			return true
		}
	}
	return false
}

// A question takes no memory.
func TestNoAllocations(t *testing.T) {
	x := newIndex(t, shippedDistricts(t))
	l := x.Layer(geo.District, time.Time{})
	room := make([]geo.AreaID, 0, 8)
	points, numbers := spread(1<<10), make([]int32, 1<<10)
	for name, ask := range map[string]func(){
		"Owner":        func() { l.Owner(9.1919, 45.4641) },
		"AppendOwners": func() { room = l.AppendOwners(room[:0], 9.1919, 45.4641) },
		"OwnerNumbers": func() { l.OwnerNumbers(numbers, points) },
		"Nearest":      func() { l.Nearest(9.9, 43.9, 20_000) },
		"Layer":        func() { x.Layer(geo.District, time.Time{}) },
	} {
		if n := testing.AllocsPerRun(100, ask); n != 0 {
			t.Errorf("%s takes memory %v times, want never", name, n)
		}
	}
}
