package geo

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// Locate answers one question. It takes the areas that are valid at q.At,
// contain the place (holes excluded) and admit the report; it orders them by
// how much their selector asks (more first), depth of kind (deeper first),
// priority (higher first), size (smaller first), code and identifier. The
// first district or overlay is the owner.
//
// When no owner contains the place, a hole of the territory has none; elsewhere
// the nearest possible owner within the tolerance is taken. When the accuracy
// reaches another possible owner, the answer is uncertain and names it.
func (x *Index) Locate(q Query) Answer {
	a := Answer{
		Matches:    []Match{},
		AccuracyM:  q.reach(),
		ToleranceM: q.tolerance(),
		AreaSet:    x.version,
		At:         q.At,
	}
	if err := CheckPosition(q.Lon, q.Lat); err != nil {
		a.Outcome = NoPosition
		if errors.Is(err, ErrNullIsland) {
			a.Outcome = NullIsland
		}
		return a
	}
	found := x.containing(q)
	owner := -1
	for _, i := range found {
		a.Matches = append(a.Matches, x.match(i, q, 0))
		if owner < 0 && x.areas[i].Kind.Owns() {
			owner = i
		}
	}
	if owner >= 0 {
		x.own(&a, q, owner, found)
	} else {
		x.approach(&a, q)
	}
	return a
}

// reach is the radius around the place in which the truth lies, in metres.
func (q Query) reach() float64 {
	r := max(usable(q.AccuracyM), usable(q.BufferM))
	return min(r, maxReachM)
}

// maxReachM bounds the work that a wild accuracy causes: beyond it nobody
// would call the position known.
const maxReachM = 50_000

func usable(metres float64) float64 {
	if metres > 0 { // neither negative nor NaN
		return metres
	}
	return 0
}

func (q Query) tolerance() float64 {
	if q.ToleranceM == 0 {
		return DefaultToleranceM
	}
	return usable(q.ToleranceM)
}

// admits reports whether area i, which is valid, may answer the question.
func (x *Index) admits(i int, q Query) bool {
	return x.plain[i] || x.areas[i].Selector.Admits(q.SiteType, q.ObjectType, q.Org)
}

// containing returns the areas that own the place, best first.
func (x *Index) containing(q Query) []int {
	var found []int
	for g := range x.groups {
		x.layerAt(g, q.At).each(q.Lon, q.Lat, func(i int32) {
			if x.admits(int(i), q) {
				found = append(found, int(i))
			}
		})
	}
	slices.SortFunc(found, func(i, j int) int { return cmp.Compare(x.ranks[i], x.ranks[j]) })
	return found
}

// rank orders the areas that match, best first.
func (x *Index) rank(i, j int) int {
	a, b := &x.areas[i], &x.areas[j]
	return cmp.Or(
		cmp.Compare(b.Selector.Specificity(), a.Selector.Specificity()),
		cmp.Compare(b.Kind.depth(), a.Kind.depth()),
		cmp.Compare(b.Priority, a.Priority),
		cmp.Compare(a.AreaM2, b.AreaM2),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.ID, b.ID),
	)
}

func (x *Index) match(i int, q Query, distance float64) Match {
	a := &x.areas[i]
	return Match{
		Area: a.ID, Code: a.Code, Name: a.Name, Kind: a.Kind, Priority: a.Priority,
		Why:       a.Selector.why(q.SiteType, q.ObjectType, q.Org),
		DistanceM: distance,
	}
}

// own answers for a place that an owner contains.
func (x *Index) own(a *Answer, q Query, owner int, found []int) {
	m := x.match(owner, q, 0)
	a.Owner, a.Outcome = &m, Inside
	if x.outlines[owner].touches(seated(q.Lon, q.Lat)) {
		a.Outcome = Border
	}
	if a.AccuracyM == 0 {
		return
	}
	rivals := x.rivals(q, owner, found, a.AccuracyM)
	if len(rivals) == 0 {
		return
	}
	a.Outcome, a.Uncertain = Uncertain, true
	a.DistanceM = rivals[0].metres
	a.Near = x.near(q, rivals)
}

// A rival is a possible owner at some distance.
type rival struct {
	area   int
	metres float64
}

// rivals returns the areas that would own a place within reach, nearest first.
// An area that does not contain the point is one when it would come before the
// owner, or when the owner ends within reach. An area that contains the point
// too (a district under an overlay) is one when the owner's border is nearer
// than its own: between the two borders it is the owner.
func (x *Index) rivals(q Query, owner int, found []int, reach float64) []rival {
	edge := x.outlines[owner].distance(q.Lon, q.Lat, reach)
	var out []rival
	x.layerAt(0, q.At).around.within(q.Lon, q.Lat, reach, func(number int32) {
		i := int(number)
		if i == owner {
			return
		}
		contains := slices.Contains(found, i)
		if !contains && (!x.admits(i, q) || (edge > reach && x.rank(i, owner) > 0)) {
			return
		}
		d := x.outlines[i].distance(q.Lon, q.Lat, reach)
		switch {
		case contains:
			if edge < d*(1-1e-9) && edge <= reach {
				out = append(out, rival{i, edge})
			}
		case d <= reach:
			out = append(out, rival{i, d})
		}
	})
	x.sortRivals(out)
	return out
}

func (x *Index) sortRivals(rivals []rival) {
	slices.SortFunc(rivals, func(a, b rival) int {
		return cmp.Or(
			cmp.Compare(a.metres, b.metres),
			cmp.Compare(x.areas[b.area].Selector.Specificity(), x.areas[a.area].Selector.Specificity()),
			cmp.Compare(x.areas[b.area].Priority, x.areas[a.area].Priority),
			cmp.Compare(x.areas[a.area].Code, x.areas[b.area].Code),
			cmp.Compare(x.areas[a.area].ID, x.areas[b.area].ID),
		)
	})
}

func (x *Index) near(q Query, rivals []rival) []Match {
	out := make([]Match, len(rivals))
	for i, r := range rivals {
		out[i] = x.match(r.area, q, r.metres)
		out[i].Why = "near"
	}
	return out
}

// approach answers for a place that no owner contains.
func (x *Index) approach(a *Answer, q Query) {
	if x.epochAt(q.At).hole(q.Lon, q.Lat) {
		a.Outcome = InHole
		return
	}
	a.Outcome = Outside
	if a.ToleranceM == 0 {
		return
	}
	var all []rival
	// The truth may be a reach away in the direction of another area: so look
	// two reaches farther than the nearest.
	limit := a.ToleranceM + 2*a.AccuracyM
	x.layerAt(0, q.At).around.within(q.Lon, q.Lat, limit, func(number int32) {
		i := int(number)
		if !x.admits(i, q) {
			return
		}
		if d := x.outlines[i].distance(q.Lon, q.Lat, limit); !math.IsInf(d, 1) {
			all = append(all, rival{i, d})
		}
	})
	x.sortRivals(all)
	if len(all) == 0 || all[0].metres > a.ToleranceM {
		return
	}
	m := x.match(all[0].area, q, all[0].metres)
	m.Why = "near"
	a.Owner, a.Outcome, a.DistanceM = &m, Nearest, all[0].metres
	var others []rival
	for _, r := range all[1:] {
		if a.AccuracyM > 0 && r.metres <= all[0].metres+2*a.AccuracyM {
			others = append(others, r)
		}
	}
	if len(others) > 0 {
		a.Uncertain, a.Near = true, x.near(q, others)
	}
}
