package geo_test

import (
	"math"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// FuzzCut: whatever ring goes over the 180th meridian, nothing panics, and what
// is cut owns what the ring winds around before anybody cuts it.
func FuzzCut(f *testing.F) {
	f.Add([]byte{0, 10, 3, 250, 3, 250, 9, 10, 9}, []byte{})
	f.Add([]byte{1, 90, 60, 90, 120, 80, 30, 90}, []byte{1, 20, 20, 20, 20})
	f.Add([]byte{2, 160, 170, 150, 140, 170, 160}, []byte{0, 10, 3, 250, 3, 250, 9, 10, 9})
	f.Add([]byte{2, 160, 170, 150, 140, 170, 160}, []byte{2, 200, 210, 220, 200, 210, 200})
	f.Add([]byte{0, 128, 3, 0, 5, 128, 7, 20, 9, 230, 2}, []byte{})
	f.Fuzz(func(t *testing.T, shell, hole []byte) {
		polygon := orb.Polygon{seamRing(shell)}
		if len(hole) > 0 {
			polygon = append(polygon, seamRing(hole))
		}
		for _, ring := range polygon {
			if len(ring) < 4 || exempt(ring) {
				return
			}
		}
		if validate(orb.MultiPolygon{polygon}) != nil {
			return
		}
		x := newIndex(t, []geo.Area{district("A", polygon...)})
		if err := x.Areas()[0].Validate(); err != nil {
			t.Fatalf("%v was cut to %v, which is refused: %v", polygon, x.Areas()[0].Geometry, err)
		}
		for _, ring := range polygon {
			for i, p := range ring {
				q := ring[(i+1)%len(ring)]
				for _, at := range []orb.Point{p, {p[0], q[1]}, {p[0]/2 + q[0]/2, p[1]/2 + q[1]/2}, {180, p[1]}, {-179.9, q[1]}, {179.9, q[1]}} {
					at = orb.Point{at[0] + 0x1p-9, at[1] + 0x1p-8}
					if at[0] > 180 {
						at[0] -= 360
					}
					want, near := windsAround(polygon, at)
					if got := owners(x, at) == 1; got != want && !near && geo.CheckPosition(at[0], at[1]) == nil {
						t.Fatalf("%v contains %v: %v, want %v; cut to %v", polygon, at, got, want, x.Areas()[0].Geometry)
					}
				}
			}
		}
	})
}

// seamRing makes a ring of bytes: of any points, of points around a place on
// the meridian, or of points around the earth.
func seamRing(data []byte) orb.Ring {
	if len(data) == 0 {
		return nil
	}
	var ring orb.Ring
	add := func(lon, lat float64) {
		for lon > 180 {
			lon -= 360
		}
		p := orb.Point{lon, lat}
		if len(ring) == 0 || ring[len(ring)-1] != p {
			ring = append(ring, p)
		}
	}
	mode, data := data[0], data[1:min(len(data), 60)]
	for i := range data {
		angle := 2 * math.Pi * float64(i) / float64(len(data))
		switch b := float64(data[i]); {
		case mode%3 == 0 && i%2 == 1:
			add(180*float64(int8(data[i-1]))/128, (b-128)/2)
		case mode%3 == 1:
			lon, lat := 180+b*math.Cos(angle)/2, b*math.Sin(angle)/4
			add(math.Round(lon*16)/16, math.Round(lat*16)/16)
		case mode%3 == 2:
			add(360*float64(i)/float64(len(data))-170, b/3)
		}
	}
	if len(ring) == 0 {
		return nil
	}
	if ring[len(ring)-1] == ring[0] {
		return ring
	}
	return append(ring, ring[0])
}

// exempt rings have sides all around the earth, which are no shorter the other
// way.
func exempt(ring orb.Ring) bool {
	for i := 1; i < len(ring); i++ {
		if math.Abs(ring[i][0]-ring[i-1][0]) == 360 && ring[i][1] == ring[i-1][1] {
			return true
		}
	}
	return false
}

// windsAround counts the sides to the east of a place, with the longitudes of
// each ring going on beyond 180; near is true where rounding may decide.
func windsAround(polygon orb.Polygon, p orb.Point) (odd, near bool) {
	var paths []orb.Ring
	around := 0
	for _, ring := range polygon {
		path := orb.Ring{ring[0]}
		for i := 1; i < len(ring); i++ {
			d := ring[i][0] - ring[i-1][0]
			if math.Abs(d) > 180 {
				d -= math.Copysign(360, d)
			}
			path = append(path, orb.Point{path[i-1][0] + d, ring[i][1]})
		}
		if math.Abs(path[0][0]-path[len(path)-1][0]) > 180 {
			around++
		}
		paths = append(paths, path)
	}
	for _, path := range paths {
		if first, last := path[0], path[len(path)-1]; math.Abs(first[0]-last[0]) > 180 {
			pole := 100.0 // beyond it: no place lies between
			if path.Bound().Min[1] < 0 || around == 2 {
				pole = -100
			}
			path = append(path, orb.Point{last[0], pole}, orb.Point{first[0], pole}, first)
		}
		for k := -3.0; k <= 3; k++ {
			at := orb.Point{p[0] + 360*k, p[1]}
			if containsBig(path, at) {
				odd = !odd
			}
			near = near || nearRing(path, at)
		}
	}
	return odd, near
}

func nearRing(path orb.Ring, p orb.Point) bool {
	for i := 1; i < len(path); i++ {
		a, b := path[i-1], path[i]
		dx, dy := b[0]-a[0], b[1]-a[1]
		t := min(max(((p[0]-a[0])*dx+(p[1]-a[1])*dy)/(dx*dx+dy*dy), 0), 1)
		if math.Hypot(p[0]-a[0]-t*dx, p[1]-a[1]-t*dy) < 1e-9 {
			return true
		}
	}
	return false
}
