package geo

import (
	"math"
	"slices"
)

// A box is what a thing reaches in the plane, its border included.
type box struct{ minX, minY, maxX, maxY float64 }

func (b box) meets(c box) bool {
	return b.minX <= c.maxX && c.minX <= b.maxX && b.minY <= c.maxY && c.minY <= b.maxY
}

func (b box) grown(by float64) box {
	return box{b.minX - by, b.minY - by, b.maxX + by, b.maxY + by}
}

func (b box) union(c box) box {
	return box{min(b.minX, c.minX), min(b.minY, c.minY), max(b.maxX, c.maxX), max(b.maxY, c.maxY)}
}

// noBox is the box of nothing.
func noBox() box {
	return box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
}

// Stripes list boxes by the horizontal stripes of the plane they reach, so
// that whoever asks about a place or a pair looks at few of them.
type stripes struct {
	boxes []box
	y0    float64 // bottom of the first stripe
	per   float64 // stripes per unit
	start []int32 // stripe s holds list[start[s]:start[s+1]]
	list  []int32 // indexes of boxes, those of a stripe from left to right
}

// mostStripes bounds the table, whatever is listed.
const mostStripes = 1 << 17

func newStripes(boxes []box) *stripes {
	s := &stripes{boxes: boxes, start: []int32{0, 0}}
	whole, tall := noBox(), 0.0
	for _, b := range boxes {
		whole = whole.union(b)
		tall += b.maxY - b.minY
	}
	if len(boxes) == 0 {
		return s
	}
	s.y0 = whole.minY
	height := whole.maxY - whole.minY
	n := float64(len(boxes)) / 2
	if tall > 0 {
		// Tall boxes stand in many stripes: eight each must do.
		n = min(n, 8*float64(len(boxes))*height/tall)
	}
	if math.IsNaN(n) || n < 1 {
		n = 1
	}
	count := int(min(n, mostStripes))
	if height > 0 {
		s.per = float64(count) / height
	}
	if math.IsInf(s.per, 0) || math.IsNaN(s.per) {
		s.per = 0
	}
	s.fill(count)
	return s
}

func (s *stripes) fill(count int) {
	s.start = make([]int32, count+1)
	for _, b := range s.boxes {
		for k := s.at(b.minY); k <= s.at(b.maxY); k++ {
			s.start[k+1]++
		}
	}
	for k := range count {
		s.start[k+1] += s.start[k]
	}
	s.list = make([]int32, s.start[count])
	next := slices.Clone(s.start[:count])
	for _, f := range fromTheLeft(s.boxes) {
		b := s.boxes[f.i]
		for k := s.at(b.minY); k <= s.at(b.maxY); k++ {
			s.list[next[k]] = f.i
			next[k]++
		}
	}
}

// A leftEnd is where a box begins.
type leftEnd struct {
	x float64
	i int32
}

func fromTheLeft(boxes []box) []leftEnd {
	out := make([]leftEnd, len(boxes))
	for i, b := range boxes {
		out[i] = leftEnd{b.minX, int32(i)}
	}
	slices.SortFunc(out, func(e, f leftEnd) int {
		switch {
		case e.x < f.x:
			return -1
		case e.x > f.x:
			return 1
		}
		return int(e.i - f.i)
	})
	return out
}

func (s *stripes) stripe(k int) []int32 { return s.list[s.start[k]:s.start[k+1]] }

// at returns the stripe of a height, clamped. It never decreases as y grows.
func (s *stripes) at(y float64) int {
	k, last := (y-s.y0)*s.per, len(s.start)-2
	if !(k > 0) { // also NaN
		return 0
	}
	return int(min(k, float64(last)))
}

// pairs visits each pair of boxes that meet, once, until visit returns false.
// It gives up, and returns false, after a number of comparisons that ordinary
// boundaries never reach.
func (s *stripes) pairs(visit func(i, j int32) bool) bool {
	work := 0
	for k := range len(s.start) - 1 {
		stripe := s.stripe(k)
		for n, i := range stripe {
			a := s.boxes[i]
			for _, j := range stripe[n+1:] {
				b := s.boxes[j]
				if b.minX > a.maxX {
					break
				}
				if work++; work > maxPairs {
					return false
				}
				if b.minY > a.maxY || b.maxY < a.minY || s.at(max(a.minY, b.minY)) != k {
					continue // apart, or seen in a stripe below
				}
				if !visit(i, j) {
					return true
				}
			}
		}
	}
	return true
}

// near visits the boxes that meet b, those that stand in several stripes more
// than once, until visit returns false. It returns at how many it looked.
func (s *stripes) near(b box, visit func(i int32) bool) (looks int) {
	if len(s.boxes) == 0 {
		return 0
	}
	for k := s.at(b.minY); k <= s.at(b.maxY); k++ {
		for _, i := range s.stripe(k) {
			if s.boxes[i].minX > b.maxX {
				break
			}
			if looks++; s.boxes[i].meets(b) && !visit(i) {
				return looks
			}
		}
	}
	return looks
}
