package geo

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"
)

// An Index answers questions about one set of areas. It never changes and may
// be used by any number of goroutines; to change the areas, make another and
// swap it.
type Index struct {
	areas   []Area   // in the order of compareAreas
	shapes  []*shape // shapes[i] is the geometry of areas[i]
	byID    map[AreaID]int
	version string
	grid    grid
	epochs  []*epoch
	open    *epoch
}

// NewIndex prepares areas for questions. Areas of every kind, version and day
// go together; identifiers must be unique, and so must kind and code among
// areas that are valid on the same day. An empty ID is replaced by SeedID of
// the kind and code. Bound and AreaM2 are computed anew and rings are wound
// anew, so the areas need no preparation.
//
// The structure of each geometry is checked, but not self-intersections, which
// Decode and Area.Validate refuse before an area is kept. A bad area gives one
// of their faults, with the field areas[i].
func NewIndex(areas []Area) (*Index, error) {
	x := &Index{areas: make([]Area, 0, len(areas)), byID: make(map[AreaID]int, len(areas))}
	for i, a := range areas {
		ready, err := prepare(a, fmt.Sprintf("areas[%d]", i))
		if err != nil {
			return nil, fmt.Errorf("indexing areas: %w", err)
		}
		x.areas = append(x.areas, ready)
	}
	slices.SortStableFunc(x.areas, compareAreas)
	if err := x.checkUnique(); err != nil {
		return nil, fmt.Errorf("indexing areas: %w", err)
	}
	x.shapes = make([]*shape, len(x.areas))
	for i, a := range x.areas {
		x.shapes[i] = newShape(a.Geometry)
	}
	x.version = SetVersion(x.areas)
	x.grid = newGrid(x.shapes)
	x.epochs, x.open = newEpochs(x.areas)
	return x, nil
}

func prepare(a Area, field string) (Area, error) {
	if err := a.validateLabels(); err != nil {
		return a, fmt.Errorf("%s: %w", field, err)
	}
	a.ID = cmp.Or(a.ID, SeedID(a.Kind, a.Code))
	problem := checkStructure(a.Geometry)
	if problem == nil {
		a.Geometry, problem = normalise(a.Geometry)
	}
	if problem != nil {
		problem.Label = a.Code
		return a, problem.fault().In(field)
	}
	return a.Measure(), nil
}

func (x *Index) checkUnique() error {
	for i, a := range x.areas {
		if _, twice := x.byID[a.ID]; twice {
			return ErrAreaTwice.In("id").With("%s %s", a.Kind, a.Code)
		}
		x.byID[a.ID] = i
		// Sorted by kind, code and beginning: two that overlap have a pair of
		// neighbours that do.
		if i == 0 {
			continue
		}
		before := x.areas[i-1]
		if before.Kind == a.Kind && before.Code == a.Code && (before.ValidTo.IsZero() || a.ValidFrom.Before(before.ValidTo)) {
			return ErrAreaTwice.In("code").With("%s %s", a.Kind, a.Code)
		}
	}
	return nil
}

// Version is the SetVersion of the areas.
func (x *Index) Version() string { return x.version }

// Areas returns every area, by kind from the widest, then by code, then by
// beginning. The slice is the caller's; the geometries are shared and must not
// be changed.
func (x *Index) Areas() []Area { return slices.Clone(x.areas) }

// ByID returns the area with that identifier.
func (x *Index) ByID(id AreaID) (Area, bool) {
	i, ok := x.byID[id]
	if !ok {
		return Area{}, false
	}
	return x.areas[i], true
}

// ByCode returns the area of that kind and code that is valid at that moment;
// the zero moment asks for the one without an end.
func (x *Index) ByCode(kind Kind, code string, at time.Time) (Area, bool) {
	for _, a := range x.areas {
		if a.Kind == kind && a.Code == code && a.ValidAt(at) {
			return a, true
		}
	}
	return Area{}, false
}

// ByKind returns the areas of that kind that are valid at that moment, by code.
func (x *Index) ByKind(kind Kind, at time.Time) []Area {
	var out []Area
	for _, a := range x.areas {
		if a.Kind == kind && a.ValidAt(at) {
			out = append(out, a)
		}
	}
	return out
}

// A grid lists, for each cell of the world that the areas cover, the areas
// whose bound reaches it: so thousands of areas cost a question no more than
// a few do.
type grid struct {
	bound      orb.Bound
	columns    int
	rows       int
	perX, perY float64
	cells      [][]int32
}

func newGrid(shapes []*shape) grid {
	var g grid
	if len(shapes) == 0 {
		return g
	}
	g.bound = shapes[0].bound
	for _, s := range shapes {
		g.bound = g.bound.Union(s.bound)
	}
	n := int(min(max(2*math.Sqrt(float64(len(shapes))), 4), 256))
	g.columns, g.rows = n, n
	g.perX = float64(n) / max(g.bound.Max[0]-g.bound.Min[0], 1e-9)
	g.perY = float64(n) / max(g.bound.Max[1]-g.bound.Min[1], 1e-9)
	g.cells = make([][]int32, n*n)
	for i, s := range shapes {
		left, bottom := g.cell(s.bound.Min[0], s.bound.Min[1])
		right, top := g.cell(s.bound.Max[0], s.bound.Max[1])
		for row := bottom; row <= top; row++ {
			for column := left; column <= right; column++ {
				k := row*n + column
				g.cells[k] = append(g.cells[k], int32(i))
			}
		}
	}
	return g
}

func (g *grid) cell(x, y float64) (column, row int) {
	column = min(max(int((x-g.bound.Min[0])*g.perX), 0), g.columns-1)
	row = min(max(int((y-g.bound.Min[1])*g.perY), 0), g.rows-1)
	return column, row
}

// at returns the indexes of the areas whose bound may contain the point.
func (g *grid) at(x, y float64) []int32 {
	if g.cells == nil || x < g.bound.Min[0] || x > g.bound.Max[0] || y < g.bound.Min[1] || y > g.bound.Max[1] {
		return nil
	}
	column, row := g.cell(x, y)
	return g.cells[row*g.columns+column]
}
