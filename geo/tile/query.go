package tile

import "slices"

// A Sight says how much somebody sees of a point; 0 is nothing. What the others
// stand for is known to whoever asks, but for Crowd.
type Sight uint8

// Sights is one more than the greatest Sight.
const Sights = 4

// A Query says which points are looked at. An empty one sees nothing: Sight has
// to say what is seen.
type Query struct {
	// Sight says how much is seen of each class; of a class beyond its end,
	// nothing.
	Sight []Sight
	// Own are points of which more is seen than of their class, in the order of
	// their keys. They must be points of the set that is asked.
	Own []Own
	// States and Priorities are sets of bits, 1<<state; zero does not narrow.
	States, Priorities uint32
	// KnowsStates and KnowsPriorities are the sights that know the state and the
	// priority of a point, as sets of bits 1<<sight; zero is all of them. Whoever
	// sees a point otherwise must not learn either by asking for it: when
	// priorities are asked for, such points are left out, and when states are,
	// those stay whose state is one of Coarse.
	KnowsStates, KnowsPriorities uint32
	// Coarse are the states that count for sights that do not know them: whole
	// groups of states that such a sight cannot tell apart, as a set of bits.
	Coarse uint32
	// Objects are the kinds of things; nil does not narrow.
	Objects map[uint16]bool
	// From and To bound At, From within and To without; zero does not narrow.
	From, To uint32
}

// Own is a point of which somebody sees more than of its class.
type Own struct {
	Point
	Sight Sight
}

// Seen is a point and how much of it is seen.
type Seen struct {
	Point
	Sight Sight
}

// A Cell is the points of one part of a tile, counted.
type Cell struct {
	cell   uint64
	x, y   uint64 // of all points together
	Count  uint32
	States [Sights][States]uint32 // by how much is seen of the point, then by state
	Urgent [Sights][Priorities]uint32
}

// CellBits says how finely a tile is divided: 2^CellBits cells a side, of 16
// pixels each in a tile of 512.
const CellBits = 5

// Middle returns where in the tile the points of the cell are on average.
func (c *Cell) Middle(a Address) (column, row int32) {
	return a.place(uint32(c.x/uint64(c.Count)), uint32(c.y/uint64(c.Count)))
}

// A sieve is a query made ready for many points: how much is seen of a class,
// and which states and priorities pass at which sight.
type sieve struct {
	sight    []Sight
	pass     [Sights][States * Priorities]bool
	deep     bool   // it asks for what only details say
	objects  []bool // nil: all
	from, to uint32
}

func (q *Query) sieve() *sieve {
	v := &sieve{sight: q.Sight, deep: q.Objects != nil || q.From != 0 || q.To != 0, from: q.From, to: q.To - 1} // 0 - 1 is the last moment there is
	if q.Objects != nil {
		v.objects = make([]bool, 1<<16)
		for object, wanted := range q.Objects {
			v.objects[object] = wanted
		}
	}
	for sight := range v.pass {
		for kind := range v.pass[sight] {
			v.pass[sight][kind] = sight > 0 && q.narrowed(uint16(kind), Sight(sight)) > 0
		}
	}
	return v
}

// allowed returns how much is seen of a point by its class.
func (v *sieve) allowed(class Class, kind uint16) Sight {
	if int(class) >= len(v.sight) {
		return 0
	}
	if sight := v.sight[class] & (Sights - 1); v.pass[sight][kind&(States*Priorities-1)] {
		return sight
	}
	return 0
}

// narrowed returns the sight, or 0 for what the query leaves out.
func (q *Query) narrowed(kind uint16, sight Sight) Sight {
	states := q.States
	if states != 0 && !knows(q.KnowsStates, sight) {
		states = q.Coarse
	}
	if q.States != 0 && states>>(kind&(States-1))&1 == 0 {
		return 0
	}
	if q.Priorities != 0 && (q.Priorities>>(kind>>4)&1 == 0 || !knows(q.KnowsPriorities, sight)) {
		return 0
	}
	return sight
}

func knows(set uint32, sight Sight) bool { return set == 0 || set>>sight&1 == 1 }

// passes reports whether a point is of a kind and a time that are asked for.
func (v *sieve) passes(d *detail) bool {
	return d.at >= v.from && d.at <= v.to && (v.objects == nil || v.objects[d.object])
}

// own returns the points of the tile that are the asker's own.
func (q *Query) own(first, last Key) []Own {
	by := func(o Own, k Key) int {
		if o.Key < k {
			return -1
		}
		return 1
	}
	i, _ := slices.BinarySearchFunc(q.Own, first, by)
	n := i
	for n < len(q.Own) && q.Own[n].Key <= last {
		n++
	}
	return q.Own[i:n]
}

// Points returns the points of the tile that are seen, in the order of their
// keys, and false when there are more than most.
func (s *Set) Points(a Address, q Query, most int) ([]Seen, bool) {
	var out []Seen
	first, last := a.stretch()
	own, few, v := q.own(first, last), true, q.sieve()
	s.each(first, last, func(c *chunk, i, n int) bool {
		for ; i < n && few; i++ {
			sight := max(v.allowed(c.spots[i].class, c.spots[i].kind), q.narrowed(c.spots[i].kind, ownSight(own, c.spots[i].key(), c.details[i].id)))
			if sight == 0 || !v.passes(&c.details[i]) {
				continue
			}
			if few = len(out) < most; few {
				out = append(out, Seen{c.point(i), sight})
			}
		}
		return few
	})
	return out, few
}

// ownSight returns how much is seen of a point because it is one's own.
func ownSight(own []Own, k Key, id ID) Sight {
	if len(own) == 0 {
		return 0
	}
	i, _ := slices.BinarySearchFunc(own, k, func(o Own, k Key) int {
		if o.Key < k {
			return -1
		}
		return 1
	})
	for ; i < len(own) && own[i].Key == k; i++ {
		if own[i].ID == id {
			return own[i].Sight
		}
	}
	return 0
}

// each calls fn with the part i to n of each chunk that the stretch has, until
// it returns false.
func (s *Set) each(first, last Key, fn func(c *chunk, i, n int) bool) {
	for _, c := range s.chunks[min(s.from(first), len(s.chunks)):] {
		if c.first() > last {
			return
		}
		if c.last() < first {
			continue
		}
		if i, n := c.part(first, last); i < n && !fn(c, i, n) {
			return
		}
	}
}

// part returns which points of the chunk are in the stretch.
func (c *chunk) part(first, last Key) (i, n int) {
	if first > c.first() {
		i, _ = slices.BinarySearchFunc(c.spots, first, func(s spot, k Key) int {
			if s.key() < k {
				return -1
			}
			return 1
		})
	}
	if n = len(c.spots); last < c.last() {
		n, _ = slices.BinarySearchFunc(c.spots, last, func(s spot, k Key) int {
			if s.key() <= k {
				return -1
			}
			return 1
		})
	}
	return i, n
}
