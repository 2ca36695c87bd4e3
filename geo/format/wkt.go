package format

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// wkt reads geometries as well-known text (OGC 06-103r4), one after the other,
// each on a line or on several, with or without the SRID of PostGIS in front.
// They have no properties: the id of each is its number, from 1.
func (w *work) wkt(r io.Reader) (Source, error) {
	src := Source{Kind: WKT}
	if err := w.noLayers(""); err != nil {
		return src, err
	}
	r, err := w.mend(r)
	if err != nil {
		return src, err
	}
	t := &wktReader{w: w, r: bufio.NewReaderSize(r, 64<<10)}
	if start, _ := t.r.Peek(3); string(start) == "\xef\xbb\xbf" {
		_, _ = t.r.Discard(3) // just seen
	}
	for t.more() {
		raw, err := w.feature()
		if err != nil {
			return src, err
		}
		raw.ID = strconv.Itoa(raw.Index + 1)
		g := t.geometry()
		if t.err != nil {
			return src, t.explained(raw.Feature)
		}
		if src.CRS, err = sameSRID(src.CRS, g.srid, len(w.raw)); err != nil {
			return src, err
		}
		raw.Geometry, raw.Heights, raw.Problem = g.polygons, g.heights, g.problem
		w.raw = append(w.raw, raw)
	}
	return src, t.err
}

// sameSRID asks that all geometries of a file are in one system, or say none.
func sameSRID(said, srid string, n int) (string, error) {
	if n > 0 && said != srid {
		return said, ErrWKT.In(fmt.Sprintf("features[%d]", n)).WithIn("its SRID is %q, that of the ones before %q", "il suo SRID è %q, quello dei precedenti %q", srid, said)
	}
	return srid, nil
}

// A wktGeometry is one geometry as it was written.
type wktGeometry struct {
	polygons orb.MultiPolygon
	heights  *orb.Point
	srid     string // "EPSG:32632", empty when it says none
	problem  *geo.Problem
}

// A wktReader reads well-known text. After its first error it reads nothing
// more.
type wktReader struct {
	w    *work
	r    *bufio.Reader
	at   int        // bytes read
	last *orb.Point // position read
	err  error
}

// errSyntax is replaced by a fault that says where.
var errSyntax = errors.New("malformed")

func (t *wktReader) explained(f geo.Feature) error {
	if errors.Is(t.err, errSyntax) {
		return blame(ErrWKT.WithIn("at character %d", "al carattere %d", t.at), f, t.last)
	}
	return t.err
}

func (t *wktReader) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// peek is the next byte that is no space; 0 at the end.
func (t *wktReader) peek() byte {
	for t.err == nil {
		c, err := t.r.ReadByte()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.fail(err)
			}
			return 0
		}
		if c > ' ' {
			_ = t.r.UnreadByte() // it was just read
			return c
		}
		t.at++
	}
	return 0
}

func (t *wktReader) next() {
	if _, err := t.r.ReadByte(); err == nil {
		t.at++
	}
}

// more reports whether another geometry follows, past semicolons.
func (t *wktReader) more() bool {
	for t.peek() == ';' {
		t.next()
	}
	return t.peek() != 0
}

func (t *wktReader) take(c byte) bool {
	if t.peek() != c {
		return false
	}
	t.next()
	return true
}

// word reads letters, digits and what numbers are made of.
func (t *wktReader) word() string {
	if t.peek() == 0 {
		return ""
	}
	var buf [64]byte
	n := 0
	for {
		c, err := t.r.ReadByte()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.fail(err)
			}
			break
		}
		if !wordByte(c) {
			_ = t.r.UnreadByte()
			break
		}
		if t.at++; n == len(buf) {
			t.fail(errSyntax)
			break
		}
		buf[n] = c
		n++
	}
	return string(buf[:n])
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-' || c == '+'
}

func (t *wktReader) geometry() wktGeometry {
	var g wktGeometry
	word := strings.ToUpper(t.word())
	if word == "SRID" {
		if !t.take('=') {
			t.fail(errSyntax)
		}
		g.srid = "EPSG:" + t.word()
		if !t.take(';') {
			t.fail(errSyntax)
		}
		word = strings.ToUpper(t.word())
	}
	kind := strings.TrimRight(word, "ZM")
	if kind == "" || !isWKT(kind) {
		t.fail(errSyntax)
	}
	for c := t.peek(); t.err == nil && c != '(' && c != 0; c = t.peek() { // Z, M, ZM, EMPTY
		switch strings.ToUpper(t.word()) {
		case "Z", "M", "ZM":
		case "EMPTY":
			g.problem = &geo.Problem{Fault: geo.ErrEmpty}
			return g
		default:
			t.fail(errSyntax)
		}
	}
	switch {
	case t.err != nil:
	case kind == "POLYGON":
		g.polygons = orb.MultiPolygon{t.polygon(&g)}
	case kind == "MULTIPOLYGON":
		t.list(func() { // a member may be EMPTY
			if c := t.peek(); c == 'E' || c == 'e' {
				if !strings.EqualFold(t.word(), "EMPTY") {
					t.fail(errSyntax)
				}
				return
			}
			g.polygons = append(g.polygons, t.polygon(&g))
		})
	default:
		g.problem = &geo.Problem{Fault: geo.ErrGeometryType, Place: t.skip(), Note: fault.Say("it is a %s", "è un %s", kind)}
	}
	return g
}

// list reads one or more elements in brackets.
func (t *wktReader) list(element func()) {
	if !t.take('(') {
		t.fail(errSyntax)
		return
	}
	for t.err == nil {
		element()
		if t.take(')') {
			return
		}
		if !t.take(',') {
			t.fail(errSyntax)
		}
	}
}

func (t *wktReader) polygon(g *wktGeometry) orb.Polygon {
	var out orb.Polygon
	t.list(func() {
		var ring orb.Ring
		t.list(func() {
			p, more := t.position()
			if more && g.heights == nil {
				g.heights = &p
			}
			ring = append(ring, p)
		})
		out = append(out, ring)
	})
	return out
}

// position reads two to four numbers.
func (t *wktReader) position() (p orb.Point, more bool) {
	if err := t.w.vertex(); err != nil {
		t.fail(err)
	}
	n := 0
	for t.err == nil && n < 4 {
		v, err := strconv.ParseFloat(t.word(), 64)
		if err != nil && !math.IsInf(v, 0) {
			t.fail(errSyntax)
		}
		if n < 2 {
			p[n] = v
		}
		n++
		if c := t.peek(); c == ',' || c == ')' || c == 0 {
			break
		}
	}
	if n < 2 {
		t.fail(errSyntax)
	}
	if t.err == nil && !math.IsInf(p[0]-p[1], 0) && !math.IsNaN(p[0]-p[1]) {
		t.last = &p
	}
	return p, n > 2
}

// skip passes over a geometry that is no area, and returns its first position.
func (t *wktReader) skip() *orb.Point {
	var numbers []float64
	for depth := 0; t.err == nil; {
		switch c := t.peek(); {
		case c == 0:
			t.fail(errSyntax)
		case c == '(':
			depth++
		case c == ')':
			depth--
		case len(numbers) < 2 && wordByte(c):
			if v, err := strconv.ParseFloat(t.word(), 64); err == nil {
				numbers = append(numbers, v)
			}
			continue
		}
		if t.next(); depth == 0 {
			break
		}
	}
	if len(numbers) < 2 {
		return nil
	}
	return &orb.Point{numbers[0], numbers[1]}
}
