package format

import (
	"bytes"
	"math"
	"strconv"
	"unicode"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// A placemark is one feature of a KML being read.
type placemark struct {
	raw      geo.Raw
	polygons []kmlPolygon
	points   int
	other    string     // a geometry in it that is no area
	beside   *orb.Point // a position of such a geometry
}

type kmlPolygon struct {
	shell orb.Ring
	holes []orb.Ring
}

// refuse keeps the first problem.
func (m *placemark) refuse(p geo.Problem) {
	if m.raw.Problem == nil {
		m.raw.Problem = &p
	}
}

// finish makes a geometry of the polygons.
func (m *placemark) finish() {
	if m.other != "" {
		m.refuse(geo.Problem{Fault: geo.ErrGeometryType, Place: m.somewhere(), Note: fault.Say("it has a %s", "ha un %s", m.other)})
	}
	for _, p := range m.polygons {
		if p.shell == nil {
			m.refuse(geo.Problem{Fault: geo.ErrEmpty, Note: fault.Say("a Polygon has no outer boundary", "un Polygon non ha contorno esterno")})
		}
		m.raw.Geometry = append(m.raw.Geometry, append(orb.Polygon{p.shell}, p.holes...))
	}
	if len(m.polygons) == 0 {
		m.refuse(geo.Problem{Fault: geo.ErrEmpty})
	}
}

// ring reads the positions of a ring. What is malformed is a problem of the
// placemark; an error is of the file: too many positions.
func (m *placemark) ring(w *work, text []byte) (orb.Ring, error) {
	ring := orb.Ring{}
	for tuple := range bytes.FieldsSeq(text) {
		if err := w.vertex(); err != nil {
			return nil, err
		}
		p, height, ok := position(tuple)
		if !ok {
			bad := geo.Problem{Fault: geo.ErrCoordinates, Note: fault.Say(`it says "%s"`, `dice "%s"`, shorten(string(tuple[:min(len(tuple), 200)])))}
			if len(ring) > 0 {
				bad.Place = &ring[len(ring)-1]
			} else {
				bad.Place = firstOf(text)
			}
			m.refuse(bad)
			return orb.Ring{}, nil
		}
		if height != 0 && m.raw.Heights == nil {
			m.raw.Heights = &p // a height of zero is how KML writes none
		}
		ring = append(ring, p)
	}
	return ring, nil
}

// aside keeps a position of what is no area, for a message.
func (m *placemark) aside(text []byte) {
	if m.beside == nil {
		m.beside = firstOf(text)
	}
}

// somewhere is a position in the placemark, or nil.
func (m *placemark) somewhere() *orb.Point {
	for _, p := range m.polygons {
		if len(p.shell) > 0 {
			return &p.shell[0]
		}
	}
	return m.beside
}

// firstOf is the position that a text begins with, however it is written, or nil.
func firstOf(text []byte) *orb.Point {
	var p []float64
	for word := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		v, err := strconv.ParseFloat(string(word[:min(len(word), 64)]), 64)
		if err != nil || math.IsNaN(v-v) {
			return nil
		}
		if p = append(p, v); len(p) == 2 {
			return &orb.Point{p[0], p[1]}
		}
	}
	return nil
}

// position reads lon,lat or lon,lat,height.
func position(tuple []byte) (p orb.Point, height float64, ok bool) {
	var v [3]float64
	n := 0
	for part := range bytes.SplitSeq(tuple, []byte{','}) {
		if n == len(v) {
			return p, 0, false
		}
		if n == 2 && len(part) == 0 {
			break // a comma too many
		}
		f, err := strconv.ParseFloat(string(part), 64)
		if err != nil && !math.IsInf(f, 0) {
			return p, 0, false
		}
		v[n] = f
		n++
	}
	return orb.Point{v[0], v[1]}, v[2], n >= 2
}
