package geo

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// A parser reads coordinates that are already known to be valid JSON. After
// its first fault it reads nothing more.
type parser struct {
	data     []byte
	i        int
	limit    int // of points
	vertices int // read so far
	last     *orb.Point
	heights  *orb.Point // the first position with a third number
	err      *fault.Error
	note     string
}

func (p *parser) multi() orb.MultiPolygon {
	return list(p, (*parser).polygon)
}

func (p *parser) polygon() orb.Polygon {
	return list(p, func(p *parser) orb.Ring { return list(p, (*parser).point) })
}

func list[T any](p *parser, element func(*parser) T) []T {
	var out []T
	if !p.take('[') {
		p.refuse(ErrCoordinates, "")
		return out
	}
	if p.take(']') {
		p.refuse(ErrEmpty, "") // an area has no use for an empty list, and many would fill the memory
		return out
	}
	for p.err == nil {
		out = append(out, element(p))
		if p.take(']') {
			break
		}
		if p.err == nil && !p.take(',') {
			p.refuse(ErrCoordinates, "")
		}
	}
	return out
}

func (p *parser) point() orb.Point {
	var pt orb.Point
	if p.vertices++; p.vertices > p.limit {
		p.refuse(ErrTooLarge, "")
		return pt
	}
	if !p.take('[') {
		p.refuse(ErrCoordinates, "")
		return pt
	}
	pt[0] = p.number()
	if !p.take(',') {
		p.refuse(ErrCoordinates, "a position has two numbers")
	}
	pt[1] = p.number()
	if p.err != nil {
		return pt
	}
	p.last = &pt
	for more := 0; p.err == nil && p.take(','); more++ {
		if p.heights == nil {
			p.heights = &pt
		}
		if p.number(); more == 2 {
			p.refuse(ErrCoordinates, "a position has more than four numbers")
		}
	}
	if !p.take(']') {
		p.refuse(ErrCoordinates, "")
	}
	return pt
}

func (p *parser) number() float64 {
	if p.err != nil {
		return 0
	}
	p.space()
	from := p.i
	for p.i < len(p.data) && strings.IndexByte("+-.0123456789eE", p.data[p.i]) >= 0 {
		p.i++
	}
	v, err := strconv.ParseFloat(string(p.data[from:p.i]), 64)
	if errors.Is(err, strconv.ErrRange) && math.IsInf(v, 0) {
		p.refuse(ErrNotFinite, "")
	} else if err != nil && !errors.Is(err, strconv.ErrRange) {
		p.refuse(ErrCoordinates, "a coordinate is not a number")
	}
	return v
}

func (p *parser) take(c byte) bool {
	p.space()
	if p.err == nil && p.i < len(p.data) && p.data[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *parser) space() {
	for p.i < len(p.data) && (p.data[p.i] == ' ' || p.data[p.i] == '\n' || p.data[p.i] == '\t' || p.data[p.i] == '\r') {
		p.i++
	}
}

// refuse keeps the first fault.
func (p *parser) refuse(err *fault.Error, note string) {
	if p.err == nil {
		p.err, p.note = err, note
	}
}

// understood decodes data into v, and reports whether it has that form.
func understood(data []byte, v any) bool { return json.Unmarshal(data, v) == nil }
