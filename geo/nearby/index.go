package nearby

import (
	"hash/maphash"
	"math"
	"sync"
	"time"

	"github.com/sestante/sestante/fault"
)

// ErrID answers an id that no report has.
var ErrID = fault.Define(fault.Invalid, "nearby.id",
	"The id of a report has 1 to 15 characters.", "L'identificativo di una segnalazione ha da 1 a 15 caratteri.")

// An ID names a report: 1 to 15 bytes.
type ID string

// An Object names a kind of thing that is reported; empty is any other thing.
type Object string

// A Report is what the search must know of one.
type Report struct {
	ID         ID
	Lon, Lat   float64   // degrees, WGS84
	AccuracyM  float64   // metres, radius within which the position is true in 68 of 100 cases; 0 unknown
	Registered time.Time // to the second, from 1970 to 2106
	Closed     time.Time // zero while it is open
	Object     Object
	Public     bool // anybody may know of it
}

// An entry is a report as the index keeps it: 64 bytes.
type entry struct {
	key                key
	cell               cell
	spot               spot
	accuracyM          float32
	registered, closed uint32 // seconds since 1970
	kind               uint32 // number of its object << 1 | public
	next, prev         int32  // in its cell, number + 1
}

// A key is an id with its length in the last byte.
type key [16]byte

func keyOf(id ID) (k key, ok bool) {
	if len(id) == 0 || len(id) >= len(k) {
		return k, false
	}
	k[len(k)-1] = byte(copy(k[:], id))
	return k, true
}

func (k key) id() ID { return ID(k[:k[len(k)-1]]) }

// Index holds reports by place. It is safe for concurrent use, and its answers
// do not depend on the order in which reports came. About 100 bytes a report.
type Index struct {
	mu      sync.RWMutex
	seed    maphash.Seed // so that nobody can choose ids or places that all meet in one slot
	entries []entry
	free    []int32
	byID    table
	byCell  table // the first entry of each cell
	objects map[Object]uint32
}

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{seed: maphash.MakeSeed(), objects: map[Object]uint32{}}
}

// Len returns how many reports the index holds.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.byID.used
}

// Put adds a report, or replaces the one with its id. The errors are ErrID and
// ErrPlace; the index is then as it was.
func (x *Index) Put(r Report) error {
	k, ok := keyOf(r.ID)
	if !ok {
		return ErrID.In("id")
	}
	if err := checkPlace(r.Lon, r.Lat); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.remove(k)
	e := entry{
		key: k, cell: cellOf(r.Lon, r.Lat), spot: spotOf(r.Lon, r.Lat), accuracyM: float32(accuracy(r.AccuracyM)),
		registered: seconds(r.Registered), closed: seconds(r.Closed), kind: x.number(r.Object) << 1,
	}
	if r.Public {
		e.kind |= 1
	}
	x.insert(e)
	return nil
}

// Delete takes a report away, and reports whether it was there.
func (x *Index) Delete(id ID) bool {
	k, ok := keyOf(id)
	if !ok {
		return false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.remove(k)
}

// Forget takes every report away that closed before a moment, and returns how
// many those were.
func (x *Index) Forget(closedBefore time.Time) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	limit := seconds(closedBefore)
	var old []key
	for i := range x.entries {
		if e := &x.entries[i]; e.closed != 0 && e.closed < limit {
			old = append(old, e.key)
		}
	}
	for _, k := range old {
		x.remove(k)
	}
	return len(old)
}

// number returns the number of an object, a new one when it has none.
func (x *Index) number(o Object) uint32 {
	n, ok := x.objects[o]
	if !ok {
		n = uint32(len(x.objects))
		x.objects[o] = n
	}
	return n
}

func (x *Index) insert(e entry) {
	var n int32
	if last := len(x.free) - 1; last >= 0 {
		n, x.free = x.free[last], x.free[:last]
	} else {
		n = int32(len(x.entries))
		x.entries = append(x.entries, entry{})
	}
	hash := hashOf(x.seed, e.cell)
	if i := x.first(e.cell, hash); i >= 0 {
		e.next = x.byCell.slots[i].entry
		x.entries[e.next-1].prev = n + 1
		x.byCell.slots[i].entry = n + 1
	} else {
		x.byCell.add(hash, n)
	}
	x.entries[n] = e
	x.byID.add(hashOf(x.seed, e.key), n)
}

// first returns the slot of a cell, or -1 when nothing is in it.
func (x *Index) first(c cell, hash uint32) int {
	return x.byCell.find(hash, func(n int32) bool { return x.entries[n].cell == c })
}

func (x *Index) remove(k key) bool {
	i := x.byID.find(hashOf(x.seed, k), func(n int32) bool { return x.entries[n].key == k })
	if i < 0 {
		return false
	}
	n := x.byID.slots[i].entry - 1
	x.byID.remove(i)
	e := x.entries[n]
	if e.next != 0 {
		x.entries[e.next-1].prev = e.prev
	}
	switch head := x.first(e.cell, hashOf(x.seed, e.cell)); {
	case e.prev != 0:
		x.entries[e.prev-1].next = e.next
	case e.next != 0:
		x.byCell.slots[head].entry = e.next
	default:
		x.byCell.remove(head)
	}
	x.entries[n] = entry{}
	x.free = append(x.free, n)
	return true
}

func hashOf[T comparable](seed maphash.Seed, v T) uint32 { return uint32(maphash.Comparable(seed, v)) }

// seconds clamps a moment into what an entry keeps; 0 is none.
func seconds(at time.Time) uint32 {
	if at.IsZero() {
		return 0
	}
	return uint32(min(max(at.Unix(), 1), math.MaxUint32))
}

func moment(seconds uint32) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0).UTC()
}
