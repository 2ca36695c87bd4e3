package tile_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/paulmach/orb/maptile"

	"github.com/sestante/sestante/geo/tile"
)

func TestID(t *testing.T) {
	for _, name := range []string{"000000000000000", "zzzzzzzzzzzzzzz", "r8k2m4x6q1w3e5t", "report000000001"} {
		id, ok := tile.ParseID(name)
		if !ok || id.String() != name {
			t.Errorf("ParseID(%s) = %s, %v", name, id, ok)
		}
	}
	for _, name := range []string{"", "r8k2m4x6q1w3e5", "r8k2m4x6q1w3e5tt", "R8k2m4x6q1w3e5t", "r8k2m4x6q1w3e5é", "r8k2m4x6-1w3e5t"} {
		if id, ok := tile.ParseID(name); ok {
			t.Errorf("ParseID(%q) = %s, want none", name, id)
		}
	}
	a, _ := tile.ParseID("azzzzzzzzzzzzzz")
	b, _ := tile.ParseID("b00000000000000")
	if a.Compare(b) >= 0 {
		t.Error("packed names are not in the order of the names")
	}
}

func TestAt(t *testing.T) {
	for _, c := range []struct {
		z, x, y int
		field   string
	}{
		{0, 0, 0, ""},
		{22, 1<<22 - 1, 1<<22 - 1, ""},
		{-1, 0, 0, "z"},
		{23, 0, 0, "z"},
		{3, 8, 0, "x"},
		{3, -1, 0, "x"},
		{3, 0, 8, "y"},
		{3, 0, -1, "y"},
	} {
		_, err := tile.At(c.z, c.x, c.y)
		if got := fieldOf(err); got != c.field {
			t.Errorf("At(%d, %d, %d) is refused about %q, want %q", c.z, c.x, c.y, got, c.field)
		}
	}
}

// TestKeys: the tile of a key is the one that orb says, and the position comes
// back within a centimetre.
func TestKeys(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		lon, lat := rng.Float64()*360-180, rng.Float64()*170-85
		k := tile.KeyOf(lon, lat)
		if x, y := k.Position(); math.Abs(x-lon) > 1e-7 || math.Abs(y-lat) > 1e-7 {
			t.Fatalf("KeyOf(%v, %v) is at %v, %v", lon, lat, x, y)
		}
		z := rng.IntN(tile.MaxZoom + 1)
		want := maptile.At([2]float64{lon, lat}, maptile.Zoom(z))
		got, err := tile.At(z, int(want.X), int(want.Y))
		if err != nil {
			t.Fatal(err)
		}
		set := setOf(tile.Point{Key: k, ID: named(1)})
		if seen, _ := set.Points(got, everything, 9); len(seen) != 1 {
			t.Fatalf("%v, %v is not in %v", lon, lat, got)
		}
		if b, w := got.Bound(), want.Bound(); math.Abs(b.Min[0]-w.Min[0]) > 1e-9 || math.Abs(b.Min[1]-w.Min[1]) > 1e-9 || math.Abs(b.Max[0]-w.Max[0]) > 1e-9 || math.Abs(b.Max[1]-w.Max[1]) > 1e-9 {
			t.Fatalf("%v is bounded by %v, want %v", got, b, w)
		}
	}
	for _, c := range []struct{ a, b [2]float64 }{
		{[2]float64{180, 10}, [2]float64{-180, 10}},
		{[2]float64{12, 90}, [2]float64{12, 85.0512}},
		{[2]float64{540, 0}, [2]float64{180, 0}},
	} {
		if a, b := tile.KeyOf(c.a[0], c.a[1]), tile.KeyOf(c.b[0], c.b[1]); a != b {
			t.Errorf("%v and %v have the keys %x and %x, want one", c.a, c.b, a, b)
		}
	}
}

var everything = tile.Query{Sight: []tile.Sight{3, 3, 3, 3, 3, 3, 3, 3}}

func named(n int) tile.ID {
	id, ok := tile.ParseID(fmt.Sprintf("point%010d", n))
	if !ok {
		panic("no name")
	}
	return id
}

func setOf(points ...tile.Point) *tile.Set {
	var k tile.Keeper
	var changes []tile.Change
	for _, p := range points {
		changes = append(changes, tile.Change{Point: p})
	}
	k.Apply(changes)
	return k.Set()
}

// somewhere makes a point of few places, so that keys repeat.
func somewhere(rng *rand.Rand, n int) tile.Point {
	lon, lat := 9+rng.Float64()*2, 45+rng.Float64()
	if rng.IntN(3) == 0 {
		lon, lat = 9.19+float64(rng.IntN(4))/1e4, 45.46
	}
	if rng.IntN(50) == 0 {
		lon, lat = rng.Float64()*360-180, rng.Float64()*160-80
	}
	return tile.Point{
		Key: tile.KeyOf(lon, lat), ID: named(n), Code: fmt.Sprintf("MI-%d", rng.IntN(1000)), Class: tile.Class(rng.IntN(6)),
		State: uint8(rng.IntN(7)), Priority: uint8(rng.IntN(5)), Flags: uint16(rng.IntN(9)), Object: uint16(rng.IntN(4)),
		Due: uint16(rng.IntN(3)), Person: uint32(rng.IntN(5)), At: uint32(rng.IntN(1000)),
	}
}

// TestKeeperAgainstMap changes points at random and compares what tiles hold
// with a plain map of them.
func TestKeeperAgainstMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	var k tile.Keeper
	world := map[tile.ID]tile.Point{}
	for round := range 60 {
		var changes []tile.Change
		for range []int{1, 3, 40, 6000}[rng.IntN(4)] {
			p := somewhere(rng, rng.IntN(12_000))
			changes = append(changes, tile.Change{Point: p, Gone: rng.IntN(4) == 0})
		}
		before := k.Set()
		had := before.Len()
		for _, c := range changes {
			if delete(world, c.ID); !c.Gone {
				world[c.ID] = c.Point
			}
		}
		k.Apply(changes)
		if n := k.Apply(changes); n != 0 {
			t.Fatalf("round %d: the same again changes %d points", round, n)
		}
		if k.Set().Len() != len(world) || before.Len() != had {
			t.Fatalf("round %d: %d points, want %d; the set before has %d, had %d", round, k.Set().Len(), len(world), before.Len(), had)
		}
		for range 6 {
			compare(t, k.Set(), world, randomTile(rng), randomQuery(rng, world))
		}
	}
	for id, want := range world {
		if got, ok := k.Point(id); !ok || got != want {
			t.Fatalf("Point(%s) = %+v, %v, want %+v", id, got, ok, want)
		}
	}
}

// TestCrowded asks for points of so many kinds, or of so many things, that
// there is no short way to count them, and for others that are all alike.
func TestCrowded(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, c := range []struct {
		name            string
		classes, things int
	}{{"one of all", 1, 1}, {"many things", 2, 256}, {"too many things", 2, 300}, {"many kinds", 5, 2}, {"too many kinds", 1200, 2}} {
		t.Run(c.name, func(t *testing.T) {
			world := map[tile.ID]tile.Point{}
			var changes []tile.Change
			for n := range 5000 {
				p := somewhere(rng, n)
				p.Class, p.Object, p.State = tile.Class(rng.IntN(c.classes)), uint16(rng.IntN(c.things)), uint8(rng.IntN(c.classes)%7)
				world[p.ID] = p
				changes = append(changes, tile.Change{Point: p})
			}
			var k tile.Keeper
			k.Apply(changes)
			for range 60 {
				q := randomQuery(rng, world)
				for len(q.Sight) < c.classes {
					q.Sight = append(q.Sight, tile.Sight(rng.IntN(4)))
				}
				compare(t, k.Set(), world, randomTile(rng), q)
			}
		})
	}
}

func randomTile(rng *rand.Rand) tile.Address {
	z := rng.IntN(20)
	m := maptile.At([2]float64{9 + rng.Float64()*2, 45 + rng.Float64()}, maptile.Zoom(z))
	if rng.IntN(2) == 0 {
		m = maptile.At([2]float64{9.19, 45.46}, maptile.Zoom(z))
	}
	return tile.Address{Z: uint8(z), X: m.X, Y: m.Y}
}

func randomQuery(rng *rand.Rand, world map[tile.ID]tile.Point) tile.Query {
	q := tile.Query{}
	for range 5 { // of the last class nothing is seen
		q.Sight = append(q.Sight, tile.Sight(rng.IntN(4)))
	}
	if rng.IntN(3) == 0 {
		q.States = uint32(rng.IntN(128))
		q.Coarse = q.States & uint32(rng.IntN(128))
		q.KnowsStates = uint32(rng.IntN(2)) * (1<<2 | 1<<3)
	}
	if rng.IntN(3) == 0 {
		q.Priorities, q.KnowsPriorities = uint32(rng.IntN(32)), 1<<3
	}
	if rng.IntN(4) == 0 {
		q.Objects = map[uint16]bool{1: true, 2: true}
	}
	if rng.IntN(3) == 0 {
		q.From, q.To = uint32(rng.IntN(1000)), []uint32{0, 1000, uint32(rng.IntN(1100)), uint32(rng.IntN(1100))}[rng.IntN(4)]
	}
	if rng.IntN(2) == 0 {
		for _, p := range world {
			if rng.IntN(100) == 0 {
				q.Own = append(q.Own, tile.Own{Point: p, Sight: 2})
			}
		}
		slices.SortFunc(q.Own, func(a, b tile.Own) int { return cmp.Compare(a.Key, b.Key) })
	}
	return q
}

// sees says by the plainest means how much a query sees of a point.
func sees(q tile.Query, p tile.Point) tile.Sight {
	sight := tile.Sight(0)
	if int(p.Class) < len(q.Sight) {
		sight = keep(q, p, q.Sight[p.Class])
	}
	for _, o := range q.Own {
		if o.ID == p.ID {
			sight = max(sight, keep(q, p, o.Sight))
		}
	}
	return sight
}

func keep(q tile.Query, p tile.Point, s tile.Sight) tile.Sight {
	switch {
	case q.States != 0 && q.States&(1<<p.State) == 0,
		q.States != 0 && q.KnowsStates != 0 && q.KnowsStates&(1<<s) == 0 && q.Coarse&(1<<p.State) == 0,
		q.Priorities != 0 && (q.Priorities&(1<<p.Priority) == 0 || q.KnowsPriorities != 0 && q.KnowsPriorities&(1<<s) == 0),
		q.Objects != nil && !q.Objects[p.Object],
		p.At < q.From, q.To != 0 && p.At >= q.To:
		return 0
	}
	return s
}

func compare(t *testing.T, set *tile.Set, world map[tile.ID]tile.Point, a tile.Address, q tile.Query) {
	t.Helper()
	bound := maptile.New(a.X, a.Y, maptile.Zoom(a.Z))
	want := map[tile.ID]tile.Sight{}
	var states [tile.Sights][tile.States]uint32
	var urgent [tile.Sights][tile.Priorities]uint32
	for id, p := range world {
		lon, lat := p.Key.Position()
		if s := sees(q, p); s > 0 && maptile.At([2]float64{lon, lat}, maptile.Zoom(a.Z)) == bound {
			want[id] = s
			states[s][p.State]++
			urgent[s][p.Priority]++
		}
	}
	got, all := set.Points(a, q, 1<<20)
	if len(got) != len(want) || !all {
		t.Fatalf("%v has %d points, want %d (%+v)", a, len(got), len(want), q.Sight)
	}
	for _, p := range got {
		if want[p.ID] != p.Sight || world[p.ID] != p.Point {
			t.Fatalf("%v has %+v, want sight %d of %+v", a, p, want[p.ID], world[p.ID])
		}
	}
	if !slices.IsSortedFunc(got, func(a, b tile.Seen) int { return cmp.Compare(a.Key, b.Key) }) {
		t.Fatalf("the points of %v are not in order", a)
	}
	if n := len(want); n > 0 {
		if few, all := set.Points(a, q, n-1); len(few) != n-1 || all {
			t.Fatalf("%v: %d of %d points, said to be all: %v", a, len(few), n, all)
		}
		if _, all := set.Points(a, q, n); !all {
			t.Fatalf("%v: all %d points, said to be more", a, n)
		}
	}
	count := 0
	for _, c := range set.Cells(a, q) {
		count += int(c.Count)
		for s := range states {
			for i := range states[s] {
				states[s][i] -= c.States[s][i]
			}
			for i := range urgent[s] {
				urgent[s][i] -= c.Urgent[s][i]
			}
		}
		if x, y := c.Middle(a); x < 0 || y < 0 || x >= tile.Extent || y >= tile.Extent {
			t.Fatalf("a cell of %v is at %d, %d", a, x, y)
		}
	}
	if count != len(want) || states != [tile.Sights][tile.States]uint32{} || urgent != [tile.Sights][tile.Priorities]uint32{} {
		t.Fatalf("the cells of %v count %d, want %d; too few by state %v, by priority %v", a, count, len(want), states, urgent)
	}
}

// TestCells: a cell is 128 units a side, and its middle is where its points are.
func TestCells(t *testing.T) {
	a := tile.Address{Z: 8, X: 134, Y: 91}
	b := a.Bound()
	at := func(x, y float64) tile.Key {
		return tile.KeyOf(b.Min[0]+(b.Max[0]-b.Min[0])*x/32, b.Max[1]-(b.Max[1]-b.Min[1])*y/32)
	}
	set := setOf(
		tile.Point{Key: at(0.5, 0.5), ID: named(1), State: 1, Priority: 2},
		tile.Point{Key: at(0.7, 0.5), ID: named(2), State: 1, Priority: 3},
		tile.Point{Key: at(1.5, 0.5), ID: named(3), State: 2, Priority: 3},
	)
	cells := set.Cells(a, everything)
	if len(cells) != 2 || cells[0].Count != 2 || cells[1].Count != 1 {
		t.Fatalf("cells = %+v", cells)
	}
	if x, y := cells[0].Middle(a); x != 76 || y < 60 || y > 68 {
		t.Errorf("the middle of two is %d, %d, want 76 and about 64", x, y)
	}
	if c := cells[0]; c.States[3][1] != 2 || c.Urgent[3][2] != 1 || c.Urgent[3][3] != 1 {
		t.Errorf("the first cell counts %v, %v", c.States, c.Urgent)
	}
	if none := set.Cells(a, tile.Query{}); len(none) != 0 {
		t.Errorf("who sees nothing sees %+v", none)
	}
}

// TestVersion: a tile's version changes with what is in it.
func TestVersion(t *testing.T) {
	var k tile.Keeper
	milan, rome := tile.KeyOf(9.19, 45.46), tile.KeyOf(12.5, 41.9)
	k.Apply([]tile.Change{{Point: tile.Point{Key: milan, ID: named(1)}}, {Point: tile.Point{Key: rome, ID: named(2)}}})
	of := func(lon, lat float64, z int) uint64 {
		m := maptile.At([2]float64{lon, lat}, maptile.Zoom(z))
		return k.Set().Version(tile.Address{Z: uint8(z), X: m.X, Y: m.Y})
	}
	for z := range tile.MaxZoom + 1 {
		before, elsewhere := of(9.19, 45.46, z), of(12.5, 41.9, z)
		k.Apply([]tile.Change{{Point: tile.Point{Key: milan, ID: named(1), State: uint8(z%2) + 1}}})
		if of(9.19, 45.46, z) == before {
			t.Errorf("zoom %d: the tile of the change has the version of before", z)
		}
		if z >= 7 && of(12.5, 41.9, z) != elsewhere {
			t.Errorf("zoom %d: another tile has changed its version", z)
		}
		if k.Apply([]tile.Change{{Point: tile.Point{ID: named(9)}, Gone: true}}) != 0 {
			t.Error("what was not there is gone")
		}
	}
	left := of(9.19, 45.46, 10)
	k.Apply([]tile.Change{{Point: tile.Point{Key: rome, ID: named(1)}}})
	if of(9.19, 45.46, 10) == left {
		t.Error("the tile that a point left has the version of before")
	}
}
