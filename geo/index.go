package geo

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/paulmach/orb"
)

// An Index answers questions about one set of areas. It never changes and may
// be used by any number of goroutines; to change the areas, make another and
// swap it.
type Index struct {
	areas    []Area     // in the order of compareAreas
	sums     []string   // areaSum of each area
	outlines []*outline // of each area
	ranks    []int32    // of each area: its place in the order of rank
	plain    []bool     // of each area: it has no selector
	byID     map[AreaID]int
	version  string
	groups   [groups]group
	epochs   []*epoch
	open     *epoch
}

// NewIndex prepares areas for questions. Areas of every kind, version and day
// go together; identifiers must be unique, and so must kind and code among
// areas that are valid on the same day. An empty ID is replaced by SeedID of
// the kind and code. Bound and AreaM2 are computed anew, rings are wound anew
// and cut at the 180th meridian, so the areas need no preparation.
//
// The structure of each geometry is checked, but not self-intersections, which
// Decode and Area.Validate refuse before an area is kept. A bad area gives one
// of their faults, with the field areas[i].
func NewIndex(areas []Area) (*Index, error) { return newIndex(areas, nil) }

// Update is NewIndex of these areas, and answers like it to the last bit, but
// takes from x what has not changed: areas that x holds already are not looked
// at again, and only the rows of cells are made anew that an area reaches, or
// reached, which is not the same in both.
func (x *Index) Update(areas []Area) (*Index, error) { return newIndex(areas, x) }

// With is Update with the areas of x, without those removed, and with those
// changed: each takes the place of the area with its identifier, or is new.
func (x *Index) With(changed []Area, removed ...AreaID) (*Index, error) {
	replaced := make(map[AreaID]bool, len(changed)+len(removed))
	for _, id := range removed {
		replaced[id] = true
	}
	for _, a := range changed {
		replaced[cmp.Or(a.ID, SeedID(a.Kind, a.Code))] = true
	}
	kept := make([]Area, 0, len(x.areas)+len(changed))
	for _, a := range x.areas {
		if !replaced[a.ID] {
			kept = append(kept, a)
		}
	}
	return x.Update(append(kept, changed...))
}

func newIndex(areas []Area, old *Index) (*Index, error) {
	x := &Index{areas: make([]Area, 0, len(areas)), byID: make(map[AreaID]int, len(areas))}
	for i, a := range areas {
		ready, err := old.prepare(a, fmt.Sprintf("areas[%d]", i))
		if err != nil {
			return nil, fmt.Errorf("indexing areas: %w", err)
		}
		x.areas = append(x.areas, ready)
	}
	slices.SortStableFunc(x.areas, compareAreas)
	if err := x.checkUnique(); err != nil {
		return nil, fmt.Errorf("indexing areas: %w", err)
	}
	match := x.rankAndMatch(old)
	x.version = combineSums(x.sums)
	x.newGroups(old, match)
	x.epochs, x.open = newEpochs(x.areas)
	x.keepHoles(old)
	return x, nil
}

// keepHoles takes the holes of the territory from the old index where it had
// the same districts: finding them takes longer than all the rest.
func (x *Index) keepHoles(old *Index) {
	if old == nil {
		return
	}
	same := func(e, o *epoch) bool {
		return e.from.Equal(o.from) && slices.EqualFunc(e.areas, o.areas, sameGeometry)
	}
	for i, e := range x.epochs {
		for _, o := range old.epochs {
			if same(e, o) {
				x.epochs[i] = o
			}
		}
	}
	if same(x.open, old.open) {
		x.open = old.open
	}
}

// rankAndMatch fills what the index keeps for each area, from the old index
// where it holds the same area, and says which those are.
func (x *Index) rankAndMatch(old *Index) matching {
	n := len(x.areas)
	x.sums, x.outlines = make([]string, n), make([]*outline, n)
	x.plain, x.ranks = make([]bool, n), make([]int32, n)
	match := matching{back: make([]int32, n)}
	if old != nil {
		match.forth = slices.Repeat([]int32{-1}, len(old.areas))
	}
	order := make([]int, n)
	for i := range x.areas {
		a := &x.areas[i]
		order[i], x.plain[i], match.back[i] = i, a.Selector.Specificity() == 0, -1
		if o, found := old.same(a); found && match.forth[o] < 0 {
			match.back[i], match.forth[o] = int32(o), int32(i)
			x.sums[i], x.outlines[i] = old.sums[o], old.outlines[o]
			continue
		}
		x.sums[i], x.outlines[i] = areaSum(*a), newOutline(a.Geometry)
	}
	slices.SortFunc(order, x.rank)
	for k, i := range order {
		x.ranks[i] = int32(k)
	}
	return match
}

// same returns the number of an area that routes alike in every way.
func (x *Index) same(a *Area) (number int, found bool) {
	if x == nil {
		return 0, false
	}
	i, found := x.byID[a.ID]
	if !found {
		return 0, false
	}
	b := &x.areas[i]
	return i, sameGeometry(a.Geometry, b.Geometry) && a.Kind == b.Kind && a.Code == b.Code && a.Priority == b.Priority &&
		a.ValidFrom.Equal(b.ValidFrom) && a.ValidTo.Equal(b.ValidTo) && a.Selector.equal(b.Selector)
}

// sameGeometry compares to the last bit, and at once when it is one geometry.
func sameGeometry(a, b orb.MultiPolygon) bool {
	sameRing := func(r, s orb.Ring) bool {
		return len(r) == len(s) && (len(r) == 0 || &r[0] == &s[0] || slices.Equal(r, s))
	}
	return slices.EqualFunc(a, b, func(p, q orb.Polygon) bool { return slices.EqualFunc(p, q, sameRing) })
}

// prepare checks an area and winds it. What x holds with the same geometry was
// checked and wound before.
func (x *Index) prepare(a Area, field string) (Area, error) {
	if err := a.validateLabels(); err != nil {
		return a, fmt.Errorf("%s: %w", field, err)
	}
	a.ID = cmp.Or(a.ID, SeedID(a.Kind, a.Code))
	if x != nil {
		if i, known := x.byID[a.ID]; known && sameGeometry(a.Geometry, x.areas[i].Geometry) {
			b := x.areas[i]
			a.Geometry, a.Bound, a.AreaM2 = b.Geometry, b.Bound, b.AreaM2
			return a, nil
		}
	}
	problem := checkRings(a.Geometry)
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
