package tile

import (
	"math/bits"
	"slices"
)

// A Set is the points of one moment, in the order of their keys. It never
// changes and may be read by any number of goroutines.
type Set struct {
	chunks []*chunk
	size   int
	stamps *stamps
}

// Len returns how many points there are.
func (s *Set) Len() int { return s.size }

// from returns the first chunk that may hold the key: the last one that begins
// before it, as one key may go on over several.
func (s *Set) from(k Key) int {
	i, _ := slices.BinarySearchFunc(s.chunks, k, func(c *chunk, k Key) int {
		if c.first() < k {
			return -1
		}
		return 1
	})
	return max(i-1, 0)
}

// Find returns the point of that place and name.
func (s *Set) Find(k Key, id ID) (Point, bool) {
	for _, c := range s.chunks[s.from(k):] {
		if c.first() > k {
			break
		}
		if i, ok := c.find(k, id); ok {
			return c.point(i), true
		}
	}
	return Point{}, false
}

// Version returns a number that changes with every change inside the tile. A
// change elsewhere leaves it as it is, but for one in a few thousand tiles.
func (s *Set) Version(a Address) uint64 {
	if s.stamps == nil {
		return 0
	}
	first, _ := a.stretch()
	return uint64(s.stamps.at[a.Z][bucket(a.Z, first)])
}

// stamps remembers for each tile the last change in it, in as much room as
// there are tiles at zoom 6: beyond that, tiles share.
type stamps struct {
	now uint32
	at  [MaxZoom + 1][1 << 12]uint32
}

// bucket returns where the stamp of the tile that holds the key is.
func bucket(z uint8, k Key) int {
	if z == 0 {
		return 0
	}
	prefix := uint64(k) >> (64 - 2*uint(z))
	if z <= 6 {
		return int(prefix)
	}
	hi, lo := bits.Mul64(prefix+1, 0x9e3779b97f4a7c15) // Fibonacci hashing
	return int((hi ^ lo>>52) & (1<<12 - 1))
}

// mark stamps the tiles that hold the key.
func (s *stamps) mark(k Key) {
	for z := range uint8(MaxZoom + 1) {
		s.at[z][bucket(z, k)] = s.now
	}
}
