package nearby

// A table finds entries by what they are known by, given a hash of it: open
// addressing with linear probing, never more than half full. It keeps numbers
// of entries, 8 bytes a slot, and leaves it to its caller to compare.
type table struct {
	slots []slot // a power of two
	used  int
}

type slot struct {
	hash  uint32
	entry int32 // its number + 1; 0 is an empty slot
}

// find returns the slot of the entry with the hash for which is holds, or -1.
func (t *table) find(hash uint32, is func(entry int32) bool) int {
	if len(t.slots) == 0 {
		return -1
	}
	for i := t.home(hash); ; i = t.after(i) {
		s := t.slots[i]
		if s.entry == 0 {
			return -1
		}
		if s.hash == hash && is(s.entry-1) {
			return i
		}
	}
}

func (t *table) home(hash uint32) int { return int(hash) & (len(t.slots) - 1) }

func (t *table) after(i int) int { return (i + 1) & (len(t.slots) - 1) }

// add adds an entry that is not there.
func (t *table) add(hash uint32, entry int32) {
	if 2*(t.used+1) > len(t.slots) {
		old := t.slots
		t.slots = make([]slot, max(16, 2*len(old)))
		for _, s := range old {
			if s.entry != 0 {
				t.put(s)
			}
		}
	}
	t.put(slot{hash, entry + 1})
	t.used++
}

func (t *table) put(s slot) {
	i := t.home(s.hash)
	for t.slots[i].entry != 0 {
		i = t.after(i)
	}
	t.slots[i] = s
}

// remove empties a slot and moves up what would no longer be found.
func (t *table) remove(i int) {
	t.used--
	for j := t.after(i); t.slots[j].entry != 0; j = t.after(j) {
		// What stands at j may move to i when its home is not between them.
		home := t.home(t.slots[j].hash)
		if (j-home)&(len(t.slots)-1) >= (j-i)&(len(t.slots)-1) {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = slot{}
}
