package geo

import (
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/paulmach/orb"
)

// A Layer answers for the areas of one kind that are valid on one day; for
// districts and overlays, which own reports, together. It never changes, may
// be used by any number of goroutines, and a question takes no memory.
//
// Index.Locate says more: it takes the kind of report, the accuracy and the
// nearest area into account, and tells why. A Layer is for many places at once.
type Layer struct {
	x       *Index
	members []int32 // numbers of areas, ascending
	cells   cells
	around  surrounding
	changes atomic.Pointer[changes] // from the layer that was compared last
}

// A group is the areas of one kind, or those that own reports, through time.
type group struct {
	epochs []*layerEpoch // in order of time; the first begins at the zero moment
}

// A layerEpoch is a stretch of time in which the same areas are valid. The
// layer of the last one, which holds the areas without an end, is made with
// the index; the others when somebody first asks.
type layerEpoch struct {
	from  time.Time
	once  sync.Once
	layer *Layer
}

// groupOf is the group that a kind belongs to: 0 is for those that own.
func groupOf(k Kind) int {
	switch i := slices.Index(Kinds(), k); {
	case i < 0:
		return groups - 1
	case k.Owns():
		return 0
	default:
		return 1 + i
	}
}

// groups is how many there are: one for each kind, one for those that own
// together, and an empty one for kinds that are none.
const groups = 9

// newGroups makes the layers, from those of an older index where there is one.
func (x *Index) newGroups(old *Index, match matching) {
	var starts [groups][]time.Time
	for g := range starts {
		starts[g] = []time.Time{{}}
	}
	for _, a := range x.areas {
		g := groupOf(a.Kind)
		starts[g] = append(starts[g], a.ValidFrom, a.ValidTo)
	}
	for g := range x.groups {
		slices.SortFunc(starts[g], time.Time.Compare)
		for _, from := range slices.CompactFunc(starts[g], time.Time.Equal) {
			x.groups[g].epochs = append(x.groups[g].epochs, &layerEpoch{from: from})
		}
		last := x.groups[g].last()
		last.once.Do(func() {
			var base *Layer
			if old != nil {
				base = old.groups[g].last().layer
			}
			last.layer = x.newLayer(x.membersAt(g, last.from), base, match)
		})
	}
}

func (g *group) last() *layerEpoch { return g.epochs[len(g.epochs)-1] }

// membersAt returns the areas of a group that are valid in the epoch that
// begins then.
func (x *Index) membersAt(g int, from time.Time) []int32 {
	var members []int32
	for i := range x.areas {
		a := &x.areas[i]
		if groupOf(a.Kind) == g && !from.Before(a.ValidFrom) && (a.ValidTo.IsZero() || from.Before(a.ValidTo)) {
			members = append(members, int32(i))
		}
	}
	return members
}

// layerAt returns the layer of a group on a day; zero asks for the areas
// without an end.
func (x *Index) layerAt(g int, at time.Time) *Layer {
	if at.IsZero() {
		return x.groups[g].last().layer
	}
	return x.layerIn(g, at)
}

// layerIn is layerAt, but for the zero moment it returns the first layer.
func (x *Index) layerIn(g int, at time.Time) *Layer {
	epochs := x.groups[g].epochs
	k := len(epochs) - 1
	for k > 0 && at.Before(epochs[k].from) {
		k--
	}
	e := epochs[k]
	e.once.Do(func() {
		e.layer = x.newLayer(x.membersAt(g, e.from), x.groups[g].last().layer, identity(len(x.areas)))
	})
	return e.layer
}

// Layer returns the layer of that kind on that day; the zero moment asks for
// the areas without an end. District and Overlay have one layer together. A
// kind that is none has an empty one.
//
// The layer of a day on which other areas were valid than those without an end
// is made when it is first asked for.
func (x *Index) Layer(kind Kind, at time.Time) *Layer { return x.layerAt(groupOf(kind), at) }

// A matching says which areas of two indexes are the same: forth from the old
// number to the new one, back from the new to the old, -1 where there is none.
type matching struct{ forth, back []int32 }

func identity(n int) matching {
	same := make([]int32, n)
	for i := range same {
		same[i] = int32(i)
	}
	return matching{same, same}
}

// newLayer makes a layer. Rows that no area of the difference between it and
// base reaches are shared with base.
func (x *Index) newLayer(members []int32, base *Layer, match matching) *Layer {
	l := &Layer{x: x, members: members, around: newSurrounding(x.areas, members)}
	set := cellSet{areas: x.areas, members: members, rank: x.ranks, plain: x.plain}
	if base == nil || len(base.cells.rows) == 0 {
		l.cells = newCells(set, nil, nil, nil)
		return l
	}
	var touched []orb.Bound
	for _, i := range members {
		if o := match.back[i]; o < 0 || !base.has(o) {
			touched = append(touched, x.areas[i].Bound)
		}
	}
	for _, o := range base.members {
		if i := match.forth[o]; i < 0 || !l.has(i) {
			touched = append(touched, base.x.areas[o].Bound)
		}
	}
	rows := map[int]bool{}
	for _, b := range touched {
		for r := int(base.cells.v(b.Min[1])); r <= int(base.cells.v(b.Max[1])); r++ {
			rows[r] = true
		}
	}
	l.cells = newCells(set, &base.cells, func(row int) bool { return !rows[row] }, match.forth)
	return l
}

func (l *Layer) has(i int32) bool {
	_, found := slices.BinarySearch(l.members, i)
	return found
}

// Owner returns the area that owns a place (degrees WGS84) for a report of
// which nothing else is known: the first in the order of Locate of those that
// contain it and have no selector. ok is false when there is none, and for
// numbers that are no place.
func (l *Layer) Owner(lon, lat float64) (id AreaID, ok bool) {
	i := l.find(lon, lat)
	if i < 0 {
		return "", false
	}
	return l.x.areas[i].ID, true
}

// OwnerNumber is Owner for those who keep areas by number: it returns the
// place of the area in Index.Areas, or -1.
func (l *Layer) OwnerNumber(lon, lat float64) int { return int(l.find(lon, lat)) }

func (l *Layer) find(lon, lat float64) int32 {
	lon, lat = seated(lon, lat)
	s := l.cells.spot(lon, lat)
	return s.owner(lon, lat)
}

// owner returns the number of the area that owns the place, or -1.
func (s *spot) owner(x, y float64) int32 {
	for i := s.record; i >= 0; i = s.row.next(i) {
		if mask := s.row.mask(i, x, y) & s.row.plain(i); mask != 0 {
			return s.row.candidate(i, bits.TrailingZeros32(mask))
		}
	}
	return s.sole
}

// seated moves a place on the antimeridian or at the north pole to where its
// owner is: as an area owns its left and lower border only, 180 is asked as
// -180, which is the same meridian, and the pole as the last latitude below it.
func seated(lon, lat float64) (float64, float64) {
	if lon == 180 {
		lon = -180
	}
	if lat == 90 {
		lat = belowPole
	}
	return lon, lat
}

const belowPole = 90 - 0x1p-46 // the number before 90

// AppendOwners appends every area of the layer that contains a place, with or
// without a selector, best first in the order of Locate, and returns the
// extended slice. It allocates only when dst has no room.
func (l *Layer) AppendOwners(dst []AreaID, lon, lat float64) []AreaID {
	l.each(lon, lat, func(i int32) { dst = append(dst, l.x.areas[i].ID) })
	return dst
}

// each visits every area that contains the place, best first.
func (l *Layer) each(lon, lat float64, visit func(i int32)) {
	lon, lat = seated(lon, lat)
	s := l.cells.spot(lon, lat)
	if s.sole >= 0 {
		visit(s.sole)
		return
	}
	for i := s.record; i >= 0; i = s.row.next(i) {
		for mask := s.row.mask(i, lon, lat); mask != 0; mask &= mask - 1 {
			visit(s.row.candidate(i, bits.TrailingZeros32(mask)))
		}
	}
}

// OwnerNumbers puts the OwnerNumber of each point (lon,lat) into dst, which must
// be as long as points. It is fastest when the points come in the order of
// SortByCell.
func (l *Layer) OwnerNumbers(dst []int32, points []orb.Point) {
	dst = dst[:len(points)]
	var later [aside]pending
	for len(points) > 0 {
		n := min(len(points), aside)
		records := l.cells.sole(dst[:n], points[:n], &later)
		for _, p := range later[:records] {
			dst[p.point] = p.owner(p.x, p.y)
		}
		dst, points = dst[n:], points[n:]
	}
}

// aside is how many points are looked at before those are decided that the
// borders decide: their records come from memory meanwhile, all at once rather
// than one after another.
const aside = 128

// A pending is a point for whose owner a record has to be asked.
type pending struct {
	spot
	x, y  float64
	point int
}

// sole puts the owners into dst that are sure, and -1 for the other points. It
// puts those with a record aside, and returns how many they are.
func (g *cells) sole(dst []int32, points []orb.Point, later *[aside]pending) int {
	n, touched := 0, uint64(0)
	for k, p := range points {
		x, y := seated(p[0], p[1])
		s := g.spot(x, y)
		dst[k] = s.sole
		if s.record < 0 {
			continue
		}
		later[n&(aside-1)] = pending{s, x, y, k}
		n++
		record := s.row.data[s.record:]
		touched ^= record[0] ^ record[min(8, len(record)-1)] ^ record[min(16, len(record)-1)]
	}
	runtime.KeepAlive(touched)
	return n
}

// SortByCell sorts points (lon,lat) as the cells of the layer lie in memory:
// by row, and along the row.
func (l *Layer) SortByCell(points []orb.Point) {
	g := &l.cells
	slices.SortFunc(points, func(a, b orb.Point) int {
		if ra, rb := int(g.v(a[1])), int(g.v(b[1])); ra != rb {
			return ra - rb
		}
		switch {
		case a[0] < b[0]:
			return -1
		case a[0] > b[0]:
			return 1
		}
		return 0
	})
}

// Nearest returns the area without a selector whose border is nearest to a
// place, at most limit metres away, and the metres on the ellipsoid; of areas
// equally near, the first in the order of Locate. It is meant for places that
// no area contains: inside, it answers with the nearest border too. ok is
// false when there is none within the limit.
func (l *Layer) Nearest(lon, lat, limit float64) (id AreaID, metres float64, ok bool) {
	if !onEarth(orb.Point{lon, lat}) || len(l.members) == 0 {
		return "", 0, false
	}
	best := int32(-1)
	l.around.within(lon, lat, limit, func(i int32) {
		if !l.x.plain[i] {
			return
		}
		d := l.x.outlines[i].distance(lon, lat, limit)
		if d < limit || (d == limit && (best < 0 || l.x.ranks[i] < l.x.ranks[best])) {
			best, limit = i, d
		}
	})
	if best < 0 {
		return "", 0, false
	}
	return l.x.areas[best].ID, limit, true
}
