package geo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/paulmach/orb"
)

// These tests are inside the package because nobody else sees the grid.

// tiles covers a box with n×n quadrilaterals that share crooked corners.
func tiles(n int, within orb.Bound) []Area {
	random := rand.New(rand.NewPCG(1, 2))
	at := make([][]orb.Point, n+1)
	dx, dy := (within.Max[0]-within.Min[0])/float64(n), (within.Max[1]-within.Min[1])/float64(n)
	for i := range at {
		at[i] = make([]orb.Point, n+1)
		for j := range at[i] {
			at[i][j] = orb.Point{within.Min[0] + dx*float64(i), within.Min[1] + dy*float64(j)}
			if i > 0 && i < n && j > 0 && j < n {
				at[i][j][0] += dx * (random.Float64() - 0.5) / 2
				at[i][j][1] += dy * (random.Float64() - 0.5) / 2
			}
		}
	}
	var out []Area
	for i := range n {
		for j := range n {
			ring := orb.Ring{at[i][j], at[i+1][j], at[i+1][j+1], at[i][j+1], at[i][j]}
			out = append(out, Area{Code: fmt.Sprintf("%02d%02d", i, j), Kind: District, Geometry: orb.MultiPolygon{{ring}}})
		}
	}
	return out
}

var peninsula = orb.Bound{Min: orb.Point{7, 37}, Max: orb.Point{18, 47}}

// However an index came to be, by whatever changes, it is the one that a new
// start would make of the same areas, to the last bit; and it shares the rows
// that no change has reached.
func TestUpdateEqualsNew(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	x, err := NewIndex(tiles(20, peninsula))
	if err != nil {
		t.Fatal(err)
	}
	for round := range 40 {
		areas := x.Areas()
		var changed []Area
		var removed []AreaID
		a := areas[random.IntN(len(areas))]
		switch round % 5 {
		case 0: // a corner moves
			ring := a.Geometry[0][0].Clone()
			ring[1][0] += 0.01
			a.Geometry = orb.MultiPolygon{{ring}}
			changed = append(changed, a)
		case 1:
			removed = append(removed, a.ID)
		case 2: // a new one, over others, that sorts before them
			a.ID, a.Code, a.Priority = "", fmt.Sprint("0new", round), random.IntN(3)-1
			changed = append(changed, a)
		case 3:
			a.Priority++
			changed = append(changed, a)
		case 4:
			a.Kind, a.Selector = Overlay, Selector{SiteTypes: []string{"cs"}}
			changed = append(changed, a)
		}
		updated, err := x.With(changed, removed...)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := NewIndex(updated.Areas())
		if err != nil {
			t.Fatal(err)
		}
		got, want := updated.Layer(District, time.Time{}), fresh.Layer(District, time.Time{})
		if !reflect.DeepEqual(got.cells, want.cells) || !reflect.DeepEqual(got.members, want.members) ||
			!reflect.DeepEqual(got.around, want.around) || !reflect.DeepEqual(updated.ranks, fresh.ranks) || updated.version != fresh.version {
			t.Fatalf("round %d: With differs from NewIndex of the same areas", round)
		}
		if shared := sharedRows(x, updated); shared < len(got.cells.rows)/2 {
			t.Errorf("round %d: %d of %d rows shared, want most", round, shared, len(got.cells.rows))
		}
		x = updated
	}
}

func sharedRows(x, y *Index) int {
	a, b := x.Layer(District, time.Time{}).cells, y.Layer(District, time.Time{}).cells
	n := 0
	for i := range b.rows {
		k := i + b.row0 - a.row0
		if k >= 0 && k < len(a.rows) && len(a.rows[k].words) > 0 && len(b.rows[i].words) > 0 && &a.rows[k].words[0] == &b.rows[i].words[0] {
			n++
		}
	}
	return n
}

// numbersIn counts the room of a grid, in numbers of 8 bytes.
func numbersIn(g cells) int {
	n := 0
	for _, r := range g.rows {
		n += len(r.words)/2 + len(r.data) + len(r.areas)/2
	}
	return n
}

// The room of a grid follows the borders and not the ground they enclose: the
// whole world, and shapes made to be copied without end.
func TestGridStaysSmall(t *testing.T) {
	comb := orb.Ring{{0, 0}}
	for i := range 20_000 {
		x := float64(i) / 5_000
		comb = append(comb, orb.Point{x, 40}, orb.Point{x + 1e-4, 1e-3})
	}
	comb = append(comb, orb.Point{4, 0}, orb.Point{0, 0})
	star := orb.Ring{}
	for i := range 20_000 {
		sin, cos := math.Sincos(float64(i) * math.Pi / 10_000)
		star = append(star, orb.Point{10 + 10*cos, 10 + 10*sin}, orb.Point{10 + 1e-3*cos, 10 + 1e-3*sin})
	}
	star = append(star, star[0])
	for _, c := range []struct {
		name  string
		areas []Area
		room  int // numbers for each edge
	}{
		{"the world", tiles(30, World()), 200},
		{"Italy", tiles(30, peninsula), 200},
		{"a comb", []Area{{Code: "A", Kind: District, Geometry: orb.MultiPolygon{{comb}}}}, 200},
		{"a star", []Area{{Code: "A", Kind: District, Geometry: orb.MultiPolygon{{star}}}}, 200},
	} {
		x, err := NewIndex(c.areas)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		edges := 0
		for _, a := range c.areas {
			eachEdge(a.Geometry, func(_, _ orb.Point) { edges++ })
		}
		g := x.Layer(District, time.Time{}).cells
		t.Logf("%s: %v cells a degree, %d edges, %d numbers", c.name, g.per, edges, numbersIn(g))
		if n := numbersIn(g); n > c.room*edges {
			t.Errorf("%s: %d numbers for %d edges, want at most %d each", c.name, n, edges, c.room)
		}
	}
}
