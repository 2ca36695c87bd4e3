package geo

import (
	"math"
	"strconv"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// somewhere is a vertex of a geometry, for a person to find it: the first that
// is made of numbers, or nil.
func somewhere(mp orb.MultiPolygon) *orb.Point {
	for _, polygon := range mp {
		for _, ring := range polygon {
			for _, p := range ring {
				if finite(p) {
					return &p
				}
			}
		}
	}
	return nil
}

// checkFinite finds the first vertex that is not made of numbers. It cannot be
// a place itself: the vertex beside it is.
func checkFinite(mp orb.MultiPolygon) *Problem {
	number := 0
	for _, polygon := range mp {
		for _, ring := range polygon {
			number++
			for i, p := range ring {
				if finite(p) {
					continue
				}
				place := vertexBeside(ring, i)
				if place == nil {
					place = somewhere(mp)
				}
				return &Problem{Fault: ErrNotFinite, Place: place, Note: fault.Say("vertex %d of ring %d is %g,%g; the place is that of the vertex beside it",
					"il vertice %d dell'anello %d è %g,%g; il luogo è quello del vertice accanto", i+1, number, p[0], p[1])}
			}
		}
	}
	return nil
}

// vertexBeside is the nearest vertex before one that is made of numbers, or else the
// nearest after it.
func vertexBeside(ring orb.Ring, i int) *orb.Point {
	for k := i - 1; k >= 0; k-- {
		if p := ring[k]; finite(p) {
			return &p
		}
	}
	for _, p := range ring[i:] {
		if finite(p) {
			return &p
		}
	}
	return nil
}

// checkExtent asks whether a geometry meets the part of the world where it
// should be.
func checkExtent(mp orb.MultiPolygon, expect orb.Bound) *Problem {
	if mp.Bound().Intersects(expect) {
		return nil
	}
	return &Problem{Fault: ErrExtent, Place: somewhere(mp), Note: fault.Say("it lies wholly outside longitude %g to %g, latitude %g to %g",
		"sta tutta fuori da longitudine %g a %g, latitudine %g a %g", expect.Min[0], expect.Max[0], expect.Min[1], expect.Max[1])}
}

// positionIn finds a position in the text of coordinates, however broken: the
// last that stands wholly before the byte end, or else the first after it. It
// is for messages: nil when there is none.
func positionIn(text []byte, end int) *orb.Point {
	var found *orb.Point
	for i, failed := 0, 0; i < len(text) && failed < mostFailed; i++ {
		if text[i] != '[' {
			continue
		}
		failed++
		lon, at, ok := numberAt(text, i+1)
		if !ok || at >= len(text) || text[at] != ',' {
			continue
		}
		lat, at, ok := numberAt(text, at+1)
		if !ok || at >= len(text) { // what ends with the text may have been cut
			continue
		}
		if p := (orb.Point{lon, lat}); finite(p) {
			failed = 0
			if at > end && found != nil {
				return found
			}
			if found = &p; at > end {
				return found
			}
		}
	}
	return found
}

// mostFailed is after how many brackets in a row without a position nobody looks
// for one any more.
const mostFailed = 10_000

// numberAt reads a number, in quotes or not, and returns where it ends, past
// the white space.
func numberAt(text []byte, i int) (v float64, end int, ok bool) {
	i = skipSpace(text, i)
	quoted := i < len(text) && text[i] == '"'
	if quoted {
		i++
	}
	from := i
	for i < len(text) && isNumber(text[i]) {
		i++
	}
	if from == i {
		return 0, i, false
	}
	v, err := strconv.ParseFloat(string(text[from:min(i, from+64)]), 64)
	if quoted && i < len(text) && text[i] == '"' {
		i++
	}
	return v, skipSpace(text, i), err == nil && !math.IsInf(v, 0)
}
