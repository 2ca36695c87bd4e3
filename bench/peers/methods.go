package main

import (
	"fmt"
	"time"

	geos2 "github.com/golang/geo/s2"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/ringsaturn/tzf"
	tzfpb "github.com/ringsaturn/tzf/gen/go/tzf/v1"
	"github.com/tidwall/geojson/geometry"
	"github.com/tidwall/rtree"

	"github.com/sestante/sestante/geo"
)

// methods are those worth the time over a set.
func methods(s set) []method {
	all := []method{
		{name: "sestante", build: sestante},
		{name: "orb, all areas", build: orbAll, slow: true},
		{name: "orb, areas with a cached box", build: orbCached, slow: true},
		{name: "tidwall/rtree + orb", build: rtreeOrb, slow: true},
		{name: "tidwall/geojson, no index", build: tidwall(geometry.None), slow: true},
		{name: "tidwall/geojson, quadtree", build: tidwall(geometry.QuadTree)},
		{name: "tidwall/geojson, rtree", build: tidwall(geometry.RTree)},
		{name: "golang/geo s2 ShapeIndex", build: s2Index},
		{name: "tzf Finder", build: tzfFinder, slow: true},
	}
	if s.edges > 500_000 {
		all = append(all[:1], all[2:]...) // 16 ms a point
	}
	return all
}

func newIndex(areas []orb.MultiPolygon) (*geo.Index, error) {
	in := make([]geo.Area, len(areas))
	for i, mp := range areas {
		in[i] = geo.Area{Code: fmt.Sprintf("%05d", i), Kind: geo.District, Geometry: mp}
	}
	return geo.NewIndex(in) // sorted by code: numbers stay
}

func sestante(areas []orb.MultiPolygon) (locator, error) {
	x, err := newIndex(areas)
	if err != nil {
		return nil, err
	}
	l := x.Layer(geo.District, time.Time{})
	return func(p orb.Point) int { return l.OwnerNumber(p[0], p[1]) }, nil
}

// inOrder measures points as the cells lie in memory, as when an archive is
// routed anew, and places outside that go to the nearest area.
func inOrder(o options, s set, uniform, border []orb.Point) {
	x, err := newIndex(s.areas)
	if err != nil {
		return
	}
	l := x.Layer(geo.District, time.Time{})
	var near []orb.Point
	for _, p := range border[:1<<17] {
		p = orb.Point{p[0] + 0.02, p[1] + 0.01}
		if _, metres, ok := l.Nearest(p[0], p[1], 5000); ok && metres > 0 && l.OwnerNumber(p[0], p[1]) < 0 {
			near = append(near, p)
		}
	}
	l.SortByCell(uniform)
	l.SortByCell(border)
	owners := make([]int32, len(uniform))
	bulk := func(points []orb.Point) { l.OwnerNumbers(owners[:len(points)], points) }
	fmt.Printf("%-34s %21s %21s\n", "sestante, points in row order", passes(o, bulk, uniform), passes(o, bulk, border))
	nearest := func(p orb.Point) int {
		_, metres, _ := l.Nearest(p[0], p[1], 5000)
		return int(metres)
	}
	fmt.Printf("%-34s %21s\n", "sestante, nearest within 5 km", timed(o, each(nearest), near))
}

func orbAll(areas []orb.MultiPolygon) (locator, error) {
	return func(p orb.Point) int {
		for i, mp := range areas {
			if planar.MultiPolygonContains(mp, p) {
				return i
			}
		}
		return -1
	}, nil
}

func orbCached(areas []orb.MultiPolygon) (locator, error) {
	bounds := make([]orb.Bound, len(areas))
	for i, mp := range areas {
		bounds[i] = mp.Bound()
	}
	return func(p orb.Point) int {
		for i, mp := range areas {
			if bounds[i].Contains(p) && planar.MultiPolygonContains(mp, p) {
				return i
			}
		}
		return -1
	}, nil
}

func rtreeOrb(areas []orb.MultiPolygon) (locator, error) {
	var tree rtree.RTreeG[int]
	for i, mp := range areas {
		b := mp.Bound()
		tree.Insert(b.Min, b.Max, i)
	}
	return func(p orb.Point) int {
		found := -1
		tree.Search(p, p, func(_, _ [2]float64, i int) bool {
			if planar.MultiPolygonContains(areas[i], p) {
				found = i
			}
			return found < 0
		})
		return found
	}, nil
}

func tidwall(kind geometry.IndexKind) func([]orb.MultiPolygon) (locator, error) {
	return func(areas []orb.MultiPolygon) (locator, error) {
		var tree rtree.RTreeG[int]
		var polys []*geometry.Poly
		var owner []int
		points := func(r orb.Ring) []geometry.Point {
			out := make([]geometry.Point, len(r))
			for i, p := range r {
				out[i] = geometry.Point{X: p[0], Y: p[1]}
			}
			return out
		}
		for i, mp := range areas {
			for _, polygon := range mp {
				var holes [][]geometry.Point
				for _, hole := range polygon[1:] {
					holes = append(holes, points(hole))
				}
				b := polygon.Bound()
				tree.Insert(b.Min, b.Max, len(polys))
				polys = append(polys, geometry.NewPoly(points(polygon[0]), holes, &geometry.IndexOptions{Kind: kind, MinPoints: 64}))
				owner = append(owner, i)
			}
		}
		return func(p orb.Point) int {
			found := -1
			tree.Search(p, p, func(_, _ [2]float64, k int) bool {
				if polys[k].ContainsPoint(geometry.Point{X: p[0], Y: p[1]}) {
					found = owner[k]
				}
				return found < 0
			})
			return found
		}, nil
	}
}

func s2Index(areas []orb.MultiPolygon) (locator, error) {
	index := geos2.NewShapeIndex()
	owner := map[geos2.Shape]int{}
	for i, mp := range areas {
		var loops []*geos2.Loop
		for _, polygon := range mp {
			for _, ring := range polygon {
				points := make([]geos2.Point, len(ring)-1)
				for k := range points {
					points[k] = geos2.PointFromLatLng(geos2.LatLngFromDegrees(ring[k][1], ring[k][0]))
				}
				loops = append(loops, geos2.LoopFromPoints(points))
			}
		}
		shape := geos2.PolygonFromOrientedLoops(loops)
		index.Add(shape)
		owner[shape] = i
	}
	index.Build()
	query := geos2.NewContainsPointQuery(index, geos2.VertexModelSemiOpen)
	return func(p orb.Point) int {
		for _, shape := range query.ContainingShapes(geos2.PointFromLatLng(geos2.LatLngFromDegrees(p[1], p[0]))) {
			return owner[shape]
		}
		return -1
	}, nil
}

func tzfFinder(areas []orb.MultiPolygon) (locator, error) {
	ring := func(r orb.Ring) []*tzfpb.Point {
		out := make([]*tzfpb.Point, len(r))
		for i, p := range r {
			out[i] = &tzfpb.Point{Lng: float32(p[0]), Lat: float32(p[1])}
		}
		return out
	}
	zones := &tzfpb.Timezones{}
	number := map[string]int{"": -1}
	for i, mp := range areas {
		zone := &tzfpb.Timezone{Name: fmt.Sprintf("%05d", i)}
		number[zone.Name] = i
		for _, polygon := range mp {
			out := &tzfpb.Polygon{Points: ring(polygon[0])}
			for _, hole := range polygon[1:] {
				out.Holes = append(out.Holes, &tzfpb.Polygon{Points: ring(hole)})
			}
			zone.Polygons = append(zone.Polygons, out)
		}
		zones.Timezones = append(zones.Timezones, zone)
	}
	finder, err := tzf.NewFinderFromPB(zones, tzf.SetDropPBTZ)
	if err != nil {
		return nil, err
	}
	return func(p orb.Point) int { return number[finder.GetTimezoneName(p[0], p[1])] }, nil
}
