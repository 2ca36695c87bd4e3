package tile

import (
	"cmp"
	"math"
	"slices"
)

// sumZoom is the zoom whose tiles are the cells of sums: they serve the tiles
// that would be read from a million points.
const sumZoom = 9

// A far is a chunk seen from afar, for tiles whose cells are not smaller than
// those of sums. It says the same as the chunk in less room, as at a far zoom
// every chunk is asked.
type far struct {
	sums    []sum
	parts   []part
	times   []uint32 // of the points of each part, in order
	specks  []speck  // the points in that order
	objects []uint16 // that specks name by number
}

// A sum counts the points of one cell, class, state and priority: where no time
// and no object is asked for it stands for all of them.
type sum struct {
	cell  uint32 // at sumZoom
	class Class
	kind  uint16
	count uint32
	x, y  uint64 // of all of them together
}

// A part is one cell of sums in a chunk. It begins where the one before ends.
type part struct {
	points, sums uint16 // where they end
}

// A speck is a point in eight bytes: the numbers of its sum and of its object,
// and where it is in its cell.
type speck uint64

// What a speck has room for. A chunk has at most half as many sums as points.
const (
	offBits    = 32 - sumZoom
	offMask    = 1<<offBits - 1
	mostFar    = full / 2
	mostThings = 1 << (64 - 10 - 2*offBits)
)

func newSpeck(sum, object int, s *spot) speck {
	return speck(uint64(sum)<<54 | uint64(object)<<(2*offBits) | uint64(s.x&offMask)<<offBits | uint64(s.y&offMask))
}

func (s speck) sum() int    { return int(s >> 54) }
func (s speck) object() int { return int(s >> (2 * offBits) & (mostThings - 1)) }
func (s speck) x() uint64   { return uint64(s >> offBits & offMask) }
func (s speck) y() uint64   { return uint64(s & offMask) }

// newFar returns nil for a chunk whose points are as quickly read one by one.
func newFar(c *chunk) *far {
	type what struct {
		class Class
		kind  uint16
	}
	f := &far{}
	at, things := map[what]int{}, map[uint16]int{}
	order := make([]uint16, len(c.spots))
	specks := make([]speck, len(c.spots))
	for n := range c.spots {
		s := &c.spots[n]
		cell := uint32(s.key() >> (64 - 2*sumZoom))
		if len(f.sums) == 0 || f.sums[len(f.sums)-1].cell != cell {
			clear(at)
			f.parts = append(f.parts, part{})
		}
		i, ok := at[what{s.class, s.kind}]
		if !ok {
			if i = len(f.sums); 2*i >= len(c.spots) || i == mostFar {
				return nil
			}
			at[what{s.class, s.kind}] = i
			f.sums = append(f.sums, sum{cell: cell, class: s.class, kind: s.kind})
		}
		f.sums[i].count++
		f.sums[i].x += uint64(s.x)
		f.sums[i].y += uint64(s.y)
		f.parts[len(f.parts)-1] = part{uint16(n + 1), uint16(len(f.sums))}
		thing, ok := things[c.details[n].object]
		if !ok {
			if thing = len(f.objects); thing == mostThings {
				return nil
			}
			things[c.details[n].object] = thing
			f.objects = append(f.objects, c.details[n].object)
		}
		order[n], specks[n] = uint16(n), newSpeck(i, thing, s)
	}
	f.sums, f.parts, f.objects = slices.Clip(f.sums), slices.Clip(f.parts), slices.Clip(f.objects)
	f.inTime(c, order, specks)
	return f
}

// inTime puts the specks of each part in the order of their time.
func (f *far) inTime(c *chunk, order []uint16, specks []speck) {
	begin := uint16(0)
	for _, p := range f.parts {
		slices.SortFunc(order[begin:p.points], func(a, b uint16) int { return cmp.Compare(c.details[a].at, c.details[b].at) })
		begin = p.points
	}
	f.times, f.specks = make([]uint32, len(order)), make([]speck, len(order))
	for i, n := range order {
		f.times[i], f.specks[i] = c.details[n].at, specks[n]
	}
}

// between returns which of times in order are from the one to the other.
func between(times []uint32, from, to uint32) (i, n int) {
	i, _ = slices.BinarySearch(times, from)
	n = len(times)
	if to < math.MaxUint32 {
		n, _ = slices.BinarySearch(times, to+1)
	}
	return i, max(i, n)
}

// A view counts specks by their sums.
type view struct {
	shown  [mostFar]uint64    // of each sum: all bits where it is seen
	wanted [mostThings]uint64 // of each object: 1 where it is asked for
	counts [mostFar]uint32
	x, y   uint64
}

// ready is told which sums are seen and which objects are asked for.
func (v *view) ready(f *far, s *sieve) {
	for i := range f.sums {
		v.shown[i] = 0
		if s.allowed(f.sums[i].class, f.sums[i].kind) > 0 {
			v.shown[i] = math.MaxUint64
		}
	}
	for i, object := range f.objects {
		v.wanted[i] = 0
		if s.objects == nil || s.objects[object] {
			v.wanted[i] = 1
		}
	}
}

// count counts specks. It does not ask whether they are seen, as which are is
// as good as chance, and a processor that guesses wrong waits.
func (v *view) count(specks []speck) {
	var x, y uint64
	for _, s := range specks {
		n := v.wanted[s.object()]
		v.counts[s.sum()&(mostFar-1)] += uint32(n)
		shown := v.shown[s.sum()&(mostFar-1)] & -n
		x += s.x() & shown
		y += s.y() & shown
	}
	v.x += x
	v.y += y
}

// span counts the points of a chunk that are of the time and the objects asked
// for: where no objects are, and most are of the time, as what remains of the
// sums.
func (t *tally) span(f *far) {
	if t.view == nil {
		t.view = &view{}
	}
	t.view.ready(f, t.sieve)
	var begin part
	for _, p := range f.parts {
		times, specks, sums := f.times[begin.points:p.points], f.specks[begin.points:p.points], f.sums[begin.sums:p.sums]
		i, n := 0, len(times)
		if t.sieve.from > 0 || t.sieve.to < math.MaxUint32 {
			i, n = between(times, t.sieve.from, t.sieve.to)
		}
		switch {
		case i == n:
		case t.sieve.objects != nil || n-i <= len(times)/2:
			t.view.count(specks[i:n])
			t.settle(sums, int(begin.sums), 1)
		default:
			t.add(sums)
			t.view.count(specks[:i])
			t.view.count(specks[n:])
			t.settle(sums, int(begin.sums), -1)
		}
		begin = p
	}
}

// settle brings what the view has counted of the sums of one cell, the first of
// which has a number, into the tally: times is 1, or -1 for points that were
// counted before and are not to be.
func (t *tally) settle(sums []sum, first, times int) {
	cell := t.cell(uint64(sums[0].cell) >> t.above())
	one, all := uint32(times), uint32(0) // in two's complement less is more
	for i := range sums {
		n := t.view.counts[first+i]
		t.view.counts[first+i] = 0
		if n == 0 || t.view.shown[first+i] == 0 {
			continue
		}
		sight := t.sieve.allowed(sums[i].class, sums[i].kind)
		all += n
		cell.States[sight][sums[i].kind&(States-1)] += n * one
		cell.Urgent[sight][sums[i].kind>>4] += n * one
	}
	x, y := (Key(sums[0].cell) << (2 * offBits)).xy()
	cell.Count += all * one
	cell.x += (uint64(all)*uint64(x) + t.view.x) * uint64(times)
	cell.y += (uint64(all)*uint64(y) + t.view.y) * uint64(times)
	t.view.x, t.view.y = 0, 0
}
