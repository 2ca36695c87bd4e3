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
	ring, at int        // which ring and which of its positions is being read, from 1
	heights  *orb.Point // the first position with a third number
	err      *fault.Error
	note     fault.Words
}

func (p *parser) multi() orb.MultiPolygon {
	return list(p, (*parser).polygon)
}

func (p *parser) polygon() orb.Polygon {
	return list(p, func(p *parser) orb.Ring {
		p.ring, p.at = p.ring+1, 0
		return list(p, (*parser).point)
	})
}

func list[T any](p *parser, element func(*parser) T) []T {
	var out []T
	if !p.take('[') {
		p.refuse(ErrCoordinates, fault.Words{})
		return out
	}
	if p.take(']') {
		p.refuse(ErrEmpty, fault.Words{}) // an area has no use for an empty list, and many would fill the memory
		return out
	}
	for p.err == nil {
		out = append(out, element(p))
		if p.take(']') {
			break
		}
		if p.err == nil && !p.take(',') {
			p.refuse(ErrCoordinates, fault.Words{})
		}
	}
	return out
}

func (p *parser) point() orb.Point {
	var pt orb.Point
	p.at++
	if p.vertices++; p.vertices > p.limit {
		p.refuse(ErrTooLarge, fault.Words{})
		return pt
	}
	if !p.take('[') {
		p.refuse(ErrCoordinates, fault.Words{})
		return pt
	}
	pt[0] = p.number()
	if !p.take(',') {
		p.refuse(ErrCoordinates, fault.Say("a position has two numbers", "una posizione ha due numeri"))
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
			p.refuse(ErrCoordinates, fault.Say("a position has more than four numbers", "una posizione ha più di quattro numeri"))
		}
	}
	if !p.take(']') {
		p.refuse(ErrCoordinates, fault.Words{})
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
		p.refuse(ErrNotFinite, fault.Words{})
	} else if err != nil && !errors.Is(err, strconv.ErrRange) {
		p.refuse(ErrCoordinates, fault.Say("a coordinate is not a number", "una coordinata non è un numero"))
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

// where is what is wrong, after the position in which it is.
func (p *parser) where() fault.Words {
	if p.ring == 0 || p.at == 0 || p.err.Is(ErrEmpty) {
		return p.note
	}
	return fault.Join([]fault.Words{fault.Say("position %d of ring %d", "posizione %d dell'anello %d", p.at, p.ring), p.note}, ": ")
}

// refuse keeps the first fault.
func (p *parser) refuse(err *fault.Error, note fault.Words) {
	if p.err == nil {
		p.err, p.note = err, note
	}
}

// understood decodes data into v, and reports whether it has that form.
func understood(data []byte, v any) bool { return json.Unmarshal(data, v) == nil }
