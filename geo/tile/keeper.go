package tile

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// A Keeper makes one set after the other as points change. It is for one
// goroutine at a time; the sets it makes are for all. The zero Keeper holds no
// points.
type Keeper struct {
	set   *Set
	where register
}

// Set returns the points as they are now.
func (k *Keeper) Set() *Set {
	if k.set == nil {
		k.set = &Set{stamps: &stamps{}}
	}
	return k.set
}

// Point returns the point of that name as it is now.
func (k *Keeper) Point(id ID) (Point, bool) {
	key, ok := k.where.get(id)
	if !ok {
		return Point{}, false
	}
	return k.Set().Find(key, id)
}

// An edit takes a point out of a set or puts one in.
type edit struct {
	point Point
	out   bool
}

// Apply makes the next set. Of several changes of one point the last one
// stands; what changes nothing costs a look. It returns how many points
// differ. The cost grows with the stretches that changes touch, and is at most
// that of copying everything.
func (k *Keeper) Apply(changes []Change) int {
	edits, n := k.edits(changes)
	if n == 0 {
		return 0
	}
	old := k.Set()
	fresh := &Set{stamps: new(stamps)}
	*fresh.stamps = *old.stamps
	fresh.stamps.now++
	for _, e := range edits {
		fresh.stamps.mark(e.point.Key)
	}
	fresh.chunks = rewrite(old.chunks, edits)
	for _, c := range fresh.chunks {
		fresh.size += len(c.spots)
	}
	k.set = fresh
	k.where.settle()
	return n
}

// edits returns what the changes come to, in order, and how many points they
// change.
func (k *Keeper) edits(changes []Change) ([]edit, int) {
	last := make(map[ID]int, len(changes))
	for i, c := range changes {
		last[c.ID] = i
	}
	var edits []edit
	n := 0
	for i, c := range changes {
		if last[c.ID] != i {
			continue
		}
		was, had := k.Point(c.ID)
		if (had && !c.Gone && was == c.Point) || (!had && c.Gone) {
			continue
		}
		n++
		if had {
			edits = append(edits, edit{was, true})
		}
		if c.Gone {
			k.where.drop(c.ID)
			continue
		}
		edits = append(edits, edit{c.Point, false})
		k.where.put(c.ID, c.Key)
	}
	slices.SortFunc(edits, func(a, b edit) int {
		// What leaves goes first: a point may come back to where it was.
		return cmp.Or(a.point.compare(b.point), boolean(b.out)-boolean(a.out))
	})
	return edits, n
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rewrite returns the chunks after the edits, both in order. Chunks that no
// edit touches are shared.
func rewrite(old []*chunk, edits []edit) []*chunk {
	out := make([]*chunk, 0, len(old)+len(edits)/full+1)
	for i, c := range old {
		n := len(edits)
		if i+1 < len(old) {
			// By point, not by key: one key may go on into the next chunk.
			next := old[i+1].point(0)
			n, _ = slices.BinarySearchFunc(edits, next, func(e edit, p Point) int { return e.point.compare(p) })
		}
		if n == 0 {
			out = append(out, c)
			continue
		}
		out = pack(out, merge(c, edits[:n]))
		edits = edits[n:]
	}
	if len(edits) > 0 { // there was no chunk yet
		out = pack(out, merge(nil, edits))
	}
	return out
}

// merge returns the points of a chunk after the edits.
func merge(c *chunk, edits []edit) []Point {
	var points []Point
	i, n := 0, 0
	if c != nil {
		n = len(c.spots)
		points = make([]Point, 0, n+len(edits))
	}
	for _, e := range edits {
		for i < n {
			p := c.point(i)
			if order := p.compare(e.point); order > 0 || order == 0 && !e.out {
				break
			} else if order == 0 {
				i++ // this is the one that leaves
				break
			}
			points = append(points, p)
			i++
		}
		if !e.out {
			points = append(points, e.point)
		}
	}
	for ; i < n; i++ {
		points = append(points, c.point(i))
	}
	return points
}

// pack appends points as chunks: evenly split where there are too many, joined
// with the chunk before where there are few.
func pack(out []*chunk, points []Point) []*chunk {
	if len(points) == 0 {
		return out
	}
	if len(out) > 0 && len(points) < scant && len(out[len(out)-1].spots) < full-scant {
		points = append(merge(out[len(out)-1], nil), points...)
		out = out[:len(out)-1]
	}
	parts := (len(points) + full - 1) / full
	if parts > 1 {
		parts = (len(points) + full/2 - 1) / (full / 2) // with room to grow
	}
	for i := range parts {
		out = append(out, newChunk(points[i*len(points)/parts:(i+1)*len(points)/parts]))
	}
	return out
}

// A register says where the point of each name is. Most stand in one sorted
// list; what changed since it was made stands beside it.
type register struct {
	list    []entry
	changed map[ID]entry
}

// An entry is a name and its key. The key of one that is gone stays zero, and
// so does its mark.
type entry struct {
	id   ID
	key  [8]byte
	here bool
}

// mostChanged bounds what stands beside the list.
const mostChanged = 1 << 16

func (r *register) get(id ID) (Key, bool) {
	e, ok := r.changed[id]
	if !ok {
		i, found := slices.BinarySearchFunc(r.list, id, func(e entry, id ID) int { return e.id.Compare(id) })
		if !found {
			return 0, false
		}
		e = r.list[i]
	}
	return Key(binary.BigEndian.Uint64(e.key[:])), e.here
}

func (r *register) put(id ID, k Key) {
	e := entry{id: id, here: true}
	binary.BigEndian.PutUint64(e.key[:], uint64(k))
	r.set(e)
}

func (r *register) drop(id ID) { r.set(entry{id: id}) }

func (r *register) set(e entry) {
	if r.changed == nil {
		r.changed = map[ID]entry{}
	}
	r.changed[e.id] = e
}

// settle makes a new list once much has changed.
func (r *register) settle() {
	if len(r.changed) < mostChanged {
		return
	}
	fresh := make([]entry, 0, len(r.changed))
	for _, e := range r.changed {
		fresh = append(fresh, e)
	}
	slices.SortFunc(fresh, func(a, b entry) int { return a.id.Compare(b.id) })
	list := make([]entry, 0, len(r.list)+len(fresh))
	for _, e := range r.list {
		for len(fresh) > 0 && fresh[0].id.Compare(e.id) < 0 {
			if fresh[0].here {
				list = append(list, fresh[0])
			}
			fresh = fresh[1:]
		}
		if len(fresh) > 0 && fresh[0].id == e.id {
			e, fresh = fresh[0], fresh[1:]
		}
		if e.here {
			list = append(list, e)
		}
	}
	for _, e := range fresh {
		if e.here {
			list = append(list, e)
		}
	}
	r.list, r.changed = slices.Clip(list), nil
}
