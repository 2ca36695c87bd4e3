package tile

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/planar"
)

// Buffer is how far beyond its edge a tile holds lines and polygons, in units
// of Extent, so that what is drawn along the edge has no seam. Points have
// none: each is in one tile.
const Buffer = 64

// A Shape is polygons on the square map, from 0 to 1 eastward and southward,
// ready to be cut into tiles. It never changes.
type Shape struct {
	polygons orb.MultiPolygon
	bound    orb.Bound
}

// NewShape projects polygons in degrees. An edge is drawn straight on the map;
// for the lengths of borders that is the line in longitude and latitude.
func NewShape(mp orb.MultiPolygon) Shape {
	out := make(orb.MultiPolygon, 0, len(mp))
	for _, polygon := range mp {
		var rings orb.Polygon
		for _, ring := range polygon {
			rings = append(rings, orb.Ring(onMap(ring)))
		}
		if len(rings) > 0 {
			out = append(out, rings)
		}
	}
	return Shape{out, out.Bound()}
}

// A Path is lines on the square map, like a Shape.
type Path struct {
	lines  orb.MultiLineString
	bounds []orb.Bound
}

// NewPath projects lines in degrees.
func NewPath(lines []orb.LineString) Path {
	var p Path
	for _, line := range lines {
		on := orb.LineString(onMap(line))
		p.lines = append(p.lines, on)
		p.bounds = append(p.bounds, on.Bound())
	}
	return p
}

func onMap[P ~[]orb.Point](line P) []orb.Point {
	out := make([]orb.Point, len(line))
	for i, p := range line {
		out[i][0], out[i][1] = project(p[0], p[1])
	}
	return out
}

// A window is what a tile shows of the square map, with its buffer, once or
// twice: a tile at the antimeridian shows what lies on the other side too.
func (a Address) windows() []window {
	n := math.Exp2(float64(a.Z))
	side, rim := 1/n, Buffer/n/Extent
	west, north := float64(a.X)*side, float64(a.Y)*side
	var out []window
	for _, shift := range []float64{0, -1, 1} {
		w := window{west + shift, north, n * Extent, orb.Bound{
			Min: orb.Point{west + shift - rim, north - rim}, Max: orb.Point{west + shift + side + rim, north + side + rim},
		}}
		if w.bound.Max[0] >= 0 && w.bound.Min[0] <= 1 {
			out = append(out, w)
		}
	}
	return out
}

type window struct {
	west, north, scale float64
	bound              orb.Bound
}

// place returns a point in units of the tile.
func (w window) place(p orb.Point) [2]int32 {
	return [2]int32{int32(math.Round((p[0] - w.west) * w.scale)), int32(math.Round((p[1] - w.north) * w.scale))}
}

// Polygon begins a feature with what the tile has of a shape: valid polygons,
// whatever rounding has made of it. It returns false, and begins nothing, when
// that is nothing.
func (l *Layer) Polygon(a Address, s Shape) bool {
	rings := mend(a.rings(s))
	if len(rings) == 0 {
		return false
	}
	l.begin(geomPolygon)
	for _, ring := range rings {
		l.walk(ring, true)
	}
	return true
}

// rings returns what a tile has of a shape in its own units, every shell before
// its holes.
func (a Address) rings(s Shape) [][]place {
	var out [][]place
	for _, w := range a.windows() {
		if !w.bound.Intersects(s.bound) {
			continue
		}
		for _, polygon := range s.polygons {
			if len(polygon) == 0 || !w.bound.Intersects(polygon[0].Bound()) {
				continue
			}
			for i, ring := range polygon {
				cut := clip.Ring(w.bound, append(orb.Ring(nil), ring...)) // it uses what it is given as scratch
				path := w.ring(cut, i > 0)
				if path == nil && i == 0 {
					break // its holes are smaller still
				}
				if path != nil {
					out = append(out, path)
				}
			}
		}
	}
	return out
}

// ring returns a ring in units of the tile, without its last point, wound as
// the specification wants it (section 4.3.3.3); nil when nothing is left of it.
func (w window) ring(ring orb.Ring, hole bool) [][2]int32 {
	path := w.path(ring)
	if n := len(path); n > 1 && path[0] == path[n-1] {
		path = path[:n-1]
	}
	if len(path) < 3 {
		return nil
	}
	area := doubleArea(path)
	if area == 0 {
		return nil
	}
	if (area > 0) == hole { // shells are positive with y downward, holes negative
		for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
			path[i], path[j] = path[j], path[i]
		}
	}
	return path
}

// path returns points in units of the tile, without repetition.
func (w window) path(points []orb.Point) [][2]int32 {
	path := make([][2]int32, 0, len(points))
	for _, p := range points {
		if q := w.place(p); len(path) == 0 || path[len(path)-1] != q {
			path = append(path, q)
		}
	}
	return path
}

// Line begins a feature with what the tile has of a path. It returns false, and
// begins nothing, when that is nothing.
func (l *Layer) Line(a Address, p Path) bool {
	begun := false
	for _, w := range a.windows() {
		for i, line := range p.lines {
			if !w.bound.Intersects(p.bounds[i]) {
				continue
			}
			for _, piece := range clip.LineString(w.bound, line) {
				path := w.path(piece)
				if len(path) < 2 {
					continue
				}
				if !begun {
					l.begin(geomLine)
					begun = true
				}
				l.walk(path, false)
			}
		}
	}
	return begun
}

// walk draws a line, or a ring.
func (l *Layer) walk(path [][2]int32, closed bool) {
	l.path = append(l.path, command(moveTo, 1))
	l.step(path[0][0], path[0][1])
	l.path = append(l.path, command(lineTo, uint32(len(path)-1)))
	for _, p := range path[1:] {
		l.step(p[0], p[1])
	}
	if closed {
		l.path = append(l.path, command(closePath, 1))
	}
}

// Borders returns every edge of the geometries once, joined into lines as far
// as they go on: the border of two neighbours that share its points is drawn
// once. What only closes a shape that was cut, along the antimeridian and at
// the poles, is no border.
func Borders(geoms []orb.MultiPolygon) []orb.LineString {
	seen := map[[2]orb.Point]bool{}
	var out []orb.LineString
	for _, mp := range geoms {
		for _, polygon := range mp {
			for _, ring := range polygon {
				out = append(out, fresh(ring, seen)...)
			}
		}
	}
	return out
}

// fresh returns the edges of a ring that were not seen.
func fresh(ring orb.Ring, seen map[[2]orb.Point]bool) []orb.LineString {
	var out []orb.LineString
	open := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		edge := [2]orb.Point{a, b}
		if b[0] < a[0] || b[0] == a[0] && b[1] < a[1] {
			edge = [2]orb.Point{b, a}
		}
		if a == b {
			continue
		}
		if seen[edge] || seam(a, b) {
			open = false
			continue
		}
		seen[edge] = true
		if !open {
			out, open = append(out, orb.LineString{a}), true
		}
		last := len(out) - 1
		out[last] = append(out[last], b)
	}
	// A ring that began in the middle of a line: its end goes on with its beginning.
	if n := len(out); n > 1 && out[n-1][len(out[n-1])-1] == out[0][0] {
		out[0] = append(out[n-1], out[0][1:]...)
		out = out[:n-1]
	}
	return out
}

func seam(a, b orb.Point) bool {
	return math.Abs(a[0]) == 180 && a[0] == b[0] || math.Abs(a[1]) == 90 && a[1] == b[1]
}

// Label returns a place inside the geometry where its name can stand: in the
// middle of the widest part, at the height of the centre, of its largest
// polygon. It is false for a geometry without any extent.
func Label(mp orb.MultiPolygon) (at orb.Point, ok bool) {
	var best orb.Polygon
	most := 0.0
	for _, polygon := range mp {
		if size := math.Abs(planar.Area(polygon)); len(polygon) > 0 && size > most {
			best, most = polygon, size
		}
	}
	if best == nil {
		return at, false
	}
	centre, _ := planar.CentroidArea(best)
	y := centre[1]
	var crossings []float64
	for _, ring := range best {
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			if (a[1] > y) != (b[1] > y) {
				crossings = append(crossings, a[0]+(y-a[1])/(b[1]-a[1])*(b[0]-a[0]))
			}
		}
	}
	return widest(crossings, centre)
}

// widest returns the middle of the widest inside stretch of a line that crosses
// a polygon there.
func widest(crossings []float64, centre orb.Point) (orb.Point, bool) {
	slices.Sort(crossings)
	width := 0.0
	for i := 1; i < len(crossings); i += 2 {
		if w := crossings[i] - crossings[i-1]; w > width {
			width = w
			centre[0] = crossings[i-1] + w/2
		}
	}
	return centre, width > 0
}
