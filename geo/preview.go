package geo

import (
	"cmp"
	"maps"
	"slices"

	"github.com/paulmach/orb"
)

// A Comparison says what changes between two sets of areas.
type Comparison struct {
	Added     []AreaChange `json:"added"`     // kinds and codes only the new set has
	Removed   []AreaChange `json:"removed"`   // kinds and codes only the old set has
	Changed   []AreaChange `json:"changed"`   // in both, with another border or other labels
	Unchanged int          `json:"unchanged"` // how many are alike in everything
	Transfers []Transfer   `json:"transfers"` // territory that changes hands, largest first
	AreaM2    float64      `json:"areaM2"`    // of all the places where the set of areas changes
	BBox      []float64    `json:"bbox"`      // of these places: west, south, east, north; absent when there are none
	Rough     bool         `json:"rough"`     // true when borders were too tangled to be laid over each other: then there are no transfers
}

// An AreaChange says what changes for one area. Measures are square metres on
// the WGS84 ellipsoid and metres.
type AreaChange struct {
	Kind      Kind       `json:"kind"`
	Code      string     `json:"code"`
	Name      string     `json:"name"`   // in the new set; of a removed area in the old one
	Border    bool       `json:"border"` // the geometry changes
	Labels    []string   `json:"labels"` // what else does: name, parent, priority, selector, source, remark
	OldM2     float64    `json:"oldM2"`
	NewM2     float64    `json:"newM2"`
	GainedM2  float64    `json:"gainedM2"`
	LostM2    float64    `json:"lostM2"`
	ShiftM    float64    `json:"shiftM"`    // the farthest that a point of one border lies from the other border
	ShiftedAt *orb.Point `json:"shiftedAt"` // where that is, lon,lat
	BBox      []float64  `json:"bbox"`      // where territory is gained or lost: west, south, east, north
}

// A Transfer is territory of one kind that leaves one area for another.
type Transfer struct {
	Kind   Kind    `json:"kind"`
	From   string  `json:"from"` // code; empty when the territory was nobody's
	To     string  `json:"to"`   // code; empty when it becomes nobody's
	AreaM2 float64 `json:"areaM2"`
}

// Compare says what changes when the new areas take the place of the old
// ones. Areas are the same when they have the same kind and code, so each set
// holds the areas of one day; the sets may hold several kinds, which are
// compared one by one. Geometries are wound as Decode leaves them.
//
// Territory that one area loses and two gain counts for both of them. Where
// borders differ by less than a tenth of a millimetre they count as the same.
func Compare(old, fresh []Area) Comparison {
	c := Comparison{Added: []AreaChange{}, Removed: []AreaChange{}, Changed: []AreaChange{}, Transfers: []Transfer{}}
	var pairs []areaPair
	for _, p := range pairAreas(old, fresh) {
		change := p.change()
		if !change.Border && len(change.Labels) == 0 {
			c.Unchanged++
			continue
		}
		if change.Border {
			pairs = append(pairs, p)
		}
		switch {
		case p.was == nil:
			c.Added = append(c.Added, change)
		case p.is == nil:
			c.Removed = append(c.Removed, change)
		default:
			c.Changed = append(c.Changed, change)
		}
	}
	of := byKind(pairs)
	for _, kind := range slices.Sorted(maps.Keys(of)) {
		c.measure(kind, of[kind])
	}
	slices.SortFunc(c.Transfers, func(s, t Transfer) int {
		return cmp.Or(-cmp.Compare(s.AreaM2, t.AreaM2), cmp.Compare(s.Kind, t.Kind), cmp.Compare(s.From, t.From), cmp.Compare(s.To, t.To))
	})
	return c
}

// An areaPair is one area in both sets; nil where a set lacks it.
type areaPair struct{ was, is *Area }

// pairAreas pairs areas by kind and code, in the order of compareAreas.
func pairAreas(old, fresh []Area) []areaPair {
	type key struct {
		kind Kind
		code string
	}
	all := map[key]areaPair{}
	var order []Area
	for i, a := range old {
		all[key{a.Kind, a.Code}] = areaPair{was: &old[i]}
		order = append(order, a)
	}
	for i, a := range fresh {
		p, ok := all[key{a.Kind, a.Code}]
		if !ok {
			order = append(order, a)
		}
		p.is = &fresh[i]
		all[key{a.Kind, a.Code}] = p
	}
	slices.SortStableFunc(order, compareAreas)
	var out []areaPair
	for _, a := range order {
		k := key{a.Kind, a.Code}
		if p, ok := all[k]; ok {
			out = append(out, p)
			delete(all, k)
		}
	}
	return out
}

// change says what can be said without laying borders over each other.
func (p areaPair) change() AreaChange {
	a := cmp.Or(p.is, p.was)
	c := AreaChange{Kind: a.Kind, Code: a.Code, Name: a.Name, Labels: []string{}}
	if p.was != nil {
		c.OldM2 = ellipsoidM2(p.was.Geometry)
	}
	if p.is != nil {
		c.NewM2 = ellipsoidM2(p.is.Geometry)
	}
	if p.was == nil || p.is == nil {
		c.Border = true
		return c
	}
	c.Border = !p.was.Geometry.Equal(p.is.Geometry)
	c.Labels = changedLabels(*p.was, *p.is)
	return c
}

func byKind(pairs []areaPair) map[Kind][]areaPair {
	out := map[Kind][]areaPair{}
	for _, p := range pairs {
		kind := cmp.Or(p.is, p.was).Kind
		out[kind] = append(out[kind], p)
	}
	return out
}

func changedLabels(was, is Area) []string {
	out := []string{}
	for _, c := range []struct {
		name string
		same bool
	}{
		{"name", was.Name == is.Name},
		{"parent", was.Parent == is.Parent},
		{"priority", was.Priority == is.Priority},
		{"selector", was.Selector.equal(is.Selector)},
		{"source", cmp.Or(was.Source, FromAdmin) == cmp.Or(is.Source, FromAdmin)},
		{"remark", was.Remark == is.Remark},
	} {
		if !c.same {
			out = append(out, c.name)
		}
	}
	return out
}

func (s Selector) equal(o Selector) bool {
	return slices.Equal(s.SiteTypes, o.SiteTypes) && slices.Equal(s.ObjectTypes, o.ObjectTypes) && slices.Equal(s.Orgs, o.Orgs)
}
