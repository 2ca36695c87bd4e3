package cluster

import (
	"math"
	"slices"
)

// A Density says what is dense: MinPts points, itself among them, at most EpsM
// metres and at most EpsS seconds from one of them.
type Density struct {
	EpsM   float64 // metres, from MinEpsM to MaxEpsM
	EpsS   int64   // seconds, 0 and more
	MinPts int     // 1 and more
}

// Noise is the label of a point in no cluster.
const Noise = -1

// A Clustering is what DBSCAN found.
type Clustering struct {
	// Labels says of each point of the input in which cluster it is, from 0,
	// or Noise.
	Labels []int32
	// Core says of each point whether it is dense itself. A point in a cluster
	// that is not is on its border.
	Core []bool
	// Clusters is how many there are. They are numbered by their smallest core
	// in the order of time, id, longitude, latitude.
	Clusters int
}

// Members lists the points of each cluster, by their index in the input and in
// its order.
func (c Clustering) Members() [][]int32 {
	out := make([][]int32, c.Clusters)
	for i, label := range c.Labels {
		if label != Noise {
			out[label] = append(out[label], int32(i))
		}
	}
	return out
}

// DBSCAN groups points that are dense in space and time (Ester et al. 1996,
// with the second radius of Birant & Kut 2007), exactly: the answer is that of
// comparing every point with every other by DistanceM and by the difference of
// their times, both radii inclusive. A point on the border of several clusters
// belongs to the first of them by number, so that the order of the input does
// not matter. The errors are ErrPoint and ErrParameter.
func DBSCAN(points []Point, d Density) (Clustering, error) {
	switch {
	case !(d.EpsM >= MinEpsM && d.EpsM <= MaxEpsM):
		return Clustering{}, ErrParameter.In("epsM").WithIn("metres, from %d to %d", "metri, da %d a %d", MinEpsM, MaxEpsM)
	case d.EpsS < 0 || d.EpsS > MaxAt:
		return Clustering{}, ErrParameter.In("epsS").WithIn("seconds, from 0 to %d", "secondi, da 0 a %d", int64(MaxAt))
	case d.MinPts < 1:
		return Clustering{}, ErrParameter.In("minPts").WithIn("1 and more", "da 1 in su")
	}
	if err := check(points); err != nil {
		return Clustering{}, err
	}
	out := Clustering{Labels: make([]int32, len(points)), Core: make([]bool, len(points))}
	if len(points) == 0 {
		return out, nil
	}
	// Cells a hair smaller than eps/√2: any two points of one are near.
	g := newGrid(points, d.EpsM/math.Sqrt2*(1-1e-6))
	s := scan{grid: g, points: points, eps2: d.EpsM * d.EpsM, epsM: d.EpsM, epsS: d.EpsS, minPts: int32(min(d.MinPts, maxSize))}
	s.count()
	s.chain()
	s.join()
	s.number()
	s.label(out.Labels)
	out.Clusters = s.clusters
	for i, from := range g.order {
		out.Core[from] = s.near[i] >= s.minPts
	}
	return out, nil
}

// A scan is one run of DBSCAN over a grid.
type scan struct {
	*grid
	points []Point
	eps2   float64
	epsM   float64
	epsS   int64
	minPts int32

	near []int32 // of each point: how many are near, itself among them; not counted beyond minPts

	// The cores of a cell, one after the other in time, fall into chains with no
	// gap longer than epsS: all of one chain are one cluster.
	cores    []int32 // by their place in the grid
	coresOf  []int32 // of each cell: its first in cores; one more at the end
	chains   []int32 // of each core: its chain
	chainEnd []int32 // of each chain: its end in cores
	parent   []int32 // of each chain: another of the same cluster; itself at the root
	rank     []int32 // of each root: the cluster's number
	clusters int
}

// count finds how many points are near each, as far as it matters.
func (s *scan) count() {
	s.near = make([]int32, len(s.order))
	w := s.walk(s.epsM)
	for c := range int32(len(s.cells)) {
		first, end := s.cells[c].first, s.end(c)
		if !s.countInside(first, end) {
			continue // all of them are cores: nobody needs the neighbours
		}
		for _, other := range w.near(c) {
			if other != c {
				s.countAcross(first, end, s.cells[other].first, s.end(other))
			}
		}
	}
}

// countInside counts those of the same cell, which are all near enough: only
// the time matters. It reports whether a point is left that is not yet a core.
func (s *scan) countInside(first, end int32) (left bool) {
	from, to := first, first
	for i := first; i < end; i++ {
		for s.at[i]-s.at[from] > s.epsS {
			from++
		}
		for to < end && s.at[to]-s.at[i] <= s.epsS {
			to++
		}
		s.near[i] = min(to-from, s.minPts)
		left = left || s.near[i] < s.minPts
	}
	return left
}

// countAcross counts, for the points of one cell that are not yet cores, those
// of another cell.
func (s *scan) countAcross(first, end, from, to int32) {
	if s.at[end-1]+s.epsS < s.at[from] || s.at[to-1]+s.epsS < s.at[first] {
		return
	}
	for i := first; i < end; i++ {
		n := s.near[i]
		if n >= s.minPts {
			continue
		}
		for from < to && s.at[i]-s.at[from] > s.epsS {
			from++
		}
		until, here := s.at[i]+s.epsS, s.xyz[i]
		for j := from; j < to && s.at[j] <= until; j++ {
			if here.squared(s.xyz[j]) <= s.eps2 {
				if n++; n >= s.minPts {
					break
				}
			}
		}
		s.near[i] = n
	}
}

// chain lists the cores and their chains.
func (s *scan) chain() {
	s.coresOf = make([]int32, len(s.cells)+1)
	for c := range int32(len(s.cells)) {
		s.coresOf[c] = int32(len(s.cores))
		for i := s.cells[c].first; i < s.end(c); i++ {
			if s.near[i] < s.minPts {
				continue
			}
			n := len(s.cores)
			if n == int(s.coresOf[c]) || s.at[i]-s.at[s.cores[n-1]] > s.epsS {
				s.parent = append(s.parent, int32(len(s.parent)))
				s.chainEnd = append(s.chainEnd, 0)
			}
			s.cores = append(s.cores, i)
			s.chains = append(s.chains, int32(len(s.parent)-1))
			s.chainEnd[len(s.chainEnd)-1] = int32(n + 1)
		}
	}
	s.coresOf[len(s.cells)] = int32(len(s.cores))
}

// join makes one cluster of chains that have cores near each other.
func (s *scan) join() {
	w := s.walk(s.epsM)
	for c := range int32(len(s.cells)) {
		first, end := s.coresOf[c], s.coresOf[c+1]
		if first == end {
			continue
		}
		for _, other := range w.near(c) {
			// Near is mutual, but for cells that are too far apart anyway.
			if other > c && s.coresOf[other] < s.coresOf[other+1] {
				s.joinAcross(first, end, s.coresOf[other], s.coresOf[other+1])
			}
		}
	}
}

func (s *scan) joinAcross(first, end, from, to int32) {
	if s.at[s.cores[end-1]]+s.epsS < s.at[s.cores[from]] || s.at[s.cores[to-1]]+s.epsS < s.at[s.cores[first]] {
		return
	}
	around := s.boxOf(from, to, end-first)
	for i := first; i < end; i++ {
		p := s.cores[i]
		for from < to && s.at[p]-s.at[s.cores[from]] > s.epsS {
			from++
		}
		if around.squared(s.xyz[p]) > s.eps2*(1+1e-9) {
			continue
		}
		until, mine := s.at[p]+s.epsS, s.find(s.chains[i])
		for j := from; j < to; {
			q := s.cores[j]
			if s.at[q] > until {
				break
			}
			theirs := s.find(s.chains[j])
			if theirs == mine {
				j = s.chainEnd[s.chains[j]] // nothing new in the rest of that chain
				continue
			}
			if s.xyz[p].squared(s.xyz[q]) <= s.eps2 {
				mine = s.unite(mine, theirs)
			}
			j++
		}
	}
}

// find returns the root of a chain, and shortens the way to it.
func (s *scan) find(c int32) int32 {
	for s.parent[c] != c {
		s.parent[c] = s.parent[s.parent[c]]
		c = s.parent[c]
	}
	return c
}

// unite makes one of two roots: the lower number stays. With find's halving
// that is fast enough, and needs no sizes.
func (s *scan) unite(a, b int32) int32 {
	if b < a {
		a, b = b, a
	}
	s.parent[b] = a
	return a
}

// number gives the clusters their numbers, by the smallest core of each.
func (s *scan) number() {
	smallest := make([]int32, len(s.parent)) // of each root: the input's index
	for i := range smallest {
		smallest[i] = -1
	}
	var roots []int32
	for i, core := range s.cores {
		root, from := s.find(s.chains[i]), s.order[core]
		switch {
		case smallest[root] < 0:
			smallest[root] = from
			roots = append(roots, root)
		case before(&s.points[from], &s.points[smallest[root]]):
			smallest[root] = from
		}
	}
	slices.SortFunc(roots, func(a, b int32) int {
		if before(&s.points[smallest[a]], &s.points[smallest[b]]) {
			return -1
		}
		return 1
	})
	s.rank = make([]int32, len(s.parent))
	for n, root := range roots {
		s.rank[root] = int32(n)
	}
	s.clusters = len(roots)
}

// label says of each point of the input in which cluster it is.
func (s *scan) label(labels []int32) {
	for i := range labels {
		labels[i] = Noise
	}
	for i, core := range s.cores {
		labels[s.order[core]] = s.rank[s.find(s.chains[i])]
	}
	w := s.walk(s.epsM)
	for c := range int32(len(s.cells)) {
		var cells []int32
		for i := s.cells[c].first; i < s.end(c); i++ {
			if s.near[i] >= s.minPts || s.near[i] < 2 {
				continue // a core, or alone
			}
			if cells == nil {
				cells = w.near(c)
			}
			labels[s.order[i]] = s.border(i, cells)
		}
	}
}

// border returns the first cluster of which a core is near the point.
func (s *scan) border(i int32, cells []int32) int32 {
	best := int32(math.MaxInt32)
	for _, c := range cells {
		from, to := s.coresOf[c], s.coresOf[c+1]
		start, _ := slices.BinarySearchFunc(s.cores[from:to], s.at[i]-s.epsS, func(core int32, at int64) int {
			if s.at[core] < at {
				return -1
			}
			return 1
		})
		for j := from + int32(start); j < to && s.at[s.cores[j]] <= s.at[i]+s.epsS; j++ {
			rank := s.rank[s.find(s.chains[j])]
			if rank < best && s.xyz[i].squared(s.xyz[s.cores[j]]) <= s.eps2 {
				best = rank
			}
		}
	}
	if best == math.MaxInt32 {
		return Noise
	}
	return best
}
