package geo

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/paulmach/orb"
)

// errCoordinates is for whoever kept the text: it was not written by us.
var errCoordinates = errors.New("not the coordinates of a polygon or multipolygon")

// ParseGeometry reads the GeoJSON geometry of an area as the program keeps it:
// a MultiPolygon or a Polygon, whose positions it takes as they are. A start
// reads all areas, so it is many times faster than decoding JSON in general;
// it is for text of our own, and anything that is not such a geometry is an
// error. What others wrote goes through Decode, which says what is wrong.
func ParseGeometry(text []byte) (orb.MultiPolygon, error) {
	at := bytes.Index(text, []byte(`"coordinates"`))
	if at < 0 {
		return nil, errCoordinates
	}
	s := scanner{text: text, at: at + len(`"coordinates"`)}
	s.skip(':')
	out := orb.MultiPolygon{}
	switch {
	case bytes.Contains(text, []byte(`"MultiPolygon"`)):
		s.list(func() { out = append(out, s.polygon()) })
	case bytes.Contains(text, []byte(`"Polygon"`)):
		out = orb.MultiPolygon{s.polygon()}
	default:
		s.bad = true
	}
	if s.bad {
		return nil, errCoordinates
	}
	return out, nil
}

// A scanner goes through nested lists of numbers. The first thing that does
// not fit makes it bad, and it stays where it is.
type scanner struct {
	text []byte
	at   int
	bad  bool
}

func (s *scanner) polygon() orb.Polygon {
	out := orb.Polygon{}
	s.list(func() { out = append(out, s.ring()) })
	return out
}

func (s *scanner) ring() orb.Ring {
	// The number of positions is that of the brackets up to the end.
	end := max(bytes.Index(s.text[s.at:], []byte("]]")), 0)
	out := make(orb.Ring, 0, bytes.Count(s.text[s.at:s.at+end], []byte("["))) // one too many, for the ring's own
	s.list(func() { out = append(out, s.position()) })
	return out
}

func (s *scanner) position() orb.Point {
	var p orb.Point
	n := 0
	s.list(func() {
		v := s.number()
		if n < len(p) {
			p[n] = v
		}
		n++
	})
	s.bad = s.bad || n < len(p)
	return p
}

// list reads a list of whatever item reads.
func (s *scanner) list(item func()) {
	if !s.skip('[') {
		s.bad = true
		return
	}
	if s.skip(']') {
		return
	}
	for !s.bad {
		item()
		if s.skip(']') {
			return
		}
		s.bad = s.bad || !s.skip(',')
	}
}

// skip moves over white space and then over c, when it stands there.
func (s *scanner) skip(c byte) bool {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case c:
			s.at++
			return true
		case ' ', '\n', '\r', '\t':
			s.at++
		default:
			return false
		}
	}
	return false
}

func (s *scanner) number() float64 {
	s.skip(0) // over white space
	from := s.at
	for s.at < len(s.text) && isNumber(s.text[s.at]) {
		s.at++
	}
	if from == s.at {
		s.bad = true
		return 0
	}
	v, err := strconv.ParseFloat(string(s.text[from:s.at]), 64)
	s.bad = s.bad || err != nil
	return v
}

func isNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}
