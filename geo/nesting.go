package geo

import (
	"github.com/paulmach/orb"
)

// checkNesting asks that each hole lies inside its shell and beside the other
// holes, and that the polygons of one geometry cover no place twice. The
// borders are known not to cross; meets says which rings touch.
func checkNesting(mp orb.MultiPolygon, meets map[ringPair]bool) *Problem {
	first := make([]int, len(mp)) // number of the shell of each polygon
	for i := 1; i < len(mp); i++ {
		first[i] = first[i-1] + len(mp[i-1])
	}
	for i, polygon := range mp {
		if problem := checkHoles(polygon, first[i], meets); problem != nil {
			return problem
		}
	}
	return checkParts(mp, first, meets)
}

func checkHoles(polygon orb.Polygon, number int, meets map[ringPair]bool) *Problem {
	if len(polygon) == 1 {
		return nil
	}
	shapes := make([]*shape, len(polygon))
	for i, ring := range polygon {
		shapes[i] = newShape(orb.MultiPolygon{{ring}})
	}
	for i := 1; i < len(polygon); i++ {
		touch := meets[ringPair{number, number + i}]
		if p := firstWhere(polygon[i], shapes[0], touch, false); p != nil {
			return &Problem{Fault: ErrHoleOutside, Place: p}
		}
		for j := 1; j < len(polygon); j++ {
			if i == j || !shapes[i].bound.Intersects(shapes[j].bound) {
				continue
			}
			touch := meets[ringPair{number + min(i, j), number + max(i, j)}]
			if p := firstWhere(polygon[i], shapes[j], touch, true); p != nil {
				return &Problem{Fault: ErrHoleOutside, Place: p, Note: "it lies in another hole"}
			}
		}
	}
	return nil
}

func checkParts(mp orb.MultiPolygon, first []int, meets map[ringPair]bool) *Problem {
	shapes := make([]*shape, len(mp))
	bounds := make([]orb.Bound, len(mp))
	for i, polygon := range mp {
		bounds[i] = polygon.Bound()
	}
	for i := range mp {
		for j := range mp {
			if i == j || !bounds[i].Intersects(bounds[j]) {
				continue
			}
			if shapes[j] == nil {
				shapes[j] = newShape(orb.MultiPolygon{mp[j]})
			}
			touch := false
			for k := range mp[j] {
				touch = touch || meets[ringPair{min(first[i], first[j]+k), max(first[i], first[j]+k)}]
			}
			if p := firstWhere(mp[i][0], shapes[j], touch, true); p != nil {
				return &Problem{Fault: ErrOverlapParts, Place: p}
			}
		}
	}
	return nil
}

// firstWhere returns the middle of the first side of the ring that is inside
// the shape (or outside, as asked), or nil. Borders that do not even touch
// leave a ring on one side as a whole: then its first side decides.
func firstWhere(ring orb.Ring, s *shape, touch, inside bool) *orb.Point {
	for i := 1; i < len(ring); i++ {
		p := orb.Point{ring[i-1][0]/2 + ring[i][0]/2, ring[i-1][1]/2 + ring[i][1]/2}
		if s.contains(p[0], p[1]) == inside {
			return &p
		}
		if !touch {
			return nil
		}
	}
	return nil
}
