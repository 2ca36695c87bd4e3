package nearby

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// A Query says which reports are looked for.
type Query struct {
	Lon, Lat    float64
	RadiusM     float64   // metres; more than MostM is taken as that
	Objects     []Object  // of any of these; nil: of any
	ClosedSince time.Time // open, or closed at that moment or later; zero: however long ago
	Since       time.Time // registered at that moment or later; zero: whenever
	Public      bool      // only what anybody may know of
	Except      ID        // not this one
	Most        int       // that many of the nearest; 0 or less: 64
}

// MostM is the farthest a query looks, in metres.
const MostM = 2000

const mostHits = 64

// A Hit is a report that was found.
type Hit struct {
	key        key
	Metres     float64
	AccuracyM  float64 // metres; 0 unknown
	Registered time.Time
	Closed     time.Time // zero while it is open
}

// ID returns which report it is.
func (h Hit) ID() ID { return h.key.id() }

// Search appends to into the nearest reports of the query, by distance and
// then by id. A place that is none has nothing near it.
func (x *Index) Search(q Query, into []Hit) []Hit {
	if checkPlace(q.Lon, q.Lat) != nil || !(q.RadiusM >= 0) {
		return into
	}
	radius := min(q.RadiusM, MostM)
	if q.Most <= 0 {
		q.Most = mostHits
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	except, _ := keyOf(q.Except)
	s := search{
		x: x, from: spotOf(q.Lon, q.Lat), squared: int64(math.Round(radius * perMetre * radius * perMetre)), except: except,
		any: q.Objects == nil, closed: seconds(q.ClosedSince), since: seconds(q.Since),
		public: q.Public, hits: into, base: len(into), most: q.Most,
	}
	for _, o := range q.Objects {
		if n, ok := x.objects[o]; ok { // one without a number has no report
			s.want(n)
		}
	}
	around(q.Lon, q.Lat, radius, s.visit)
	return s.hits
}

// A search is one query under way.
type search struct {
	x             *Index
	from          spot
	squared       int64
	except        key
	any           bool
	objects       [16]uint64 // by number
	rarer         []uint32   // whose numbers are beyond
	closed, since uint32
	public        bool
	hits          []Hit
	base, most    int
}

// want lets an object through.
func (s *search) want(n uint32) {
	if int(n/64) < len(s.objects) {
		s.objects[n/64] |= 1 << (n % 64)
		return
	}
	s.rarer = append(s.rarer, n)
}

func (s *search) wanted(n uint32) bool {
	if int(n/64) < len(s.objects) {
		return s.objects[n/64]>>(n%64)&1 != 0
	}
	return slices.Contains(s.rarer, n)
}

func (s *search) visit(c cell) {
	i := s.x.first(c, hashOf(s.x.seed, c))
	if i < 0 {
		return
	}
	for n := s.x.byCell.slots[i].entry; n != 0; {
		e := &s.x.entries[n-1]
		if d := e.spot.squared(s.from); d <= s.squared && s.wants(e) {
			s.keep(e, d)
		}
		n = e.next
	}
}

func (s *search) wants(e *entry) bool {
	switch {
	case e.registered < s.since,
		e.closed != 0 && e.closed < s.closed,
		s.public && e.kind&1 == 0,
		!s.any && !s.wanted(e.kind>>1):
		return false
	}
	return e.key != s.except
}

// keep inserts a hit into its place among those found so far.
func (s *search) keep(e *entry, squared int64) {
	h := Hit{
		key: e.key, Metres: math.Sqrt(float64(squared)) / perMetre, AccuracyM: float64(e.accuracyM),
		Registered: moment(e.registered), Closed: moment(e.closed),
	}
	if len(s.hits)-s.base == s.most {
		if !before(h, s.hits[len(s.hits)-1]) {
			return
		}
		s.hits = s.hits[:len(s.hits)-1]
	}
	s.hits = append(s.hits, h)
	for i := len(s.hits) - 1; i > s.base && before(s.hits[i], s.hits[i-1]); i-- {
		s.hits[i], s.hits[i-1] = s.hits[i-1], s.hits[i]
	}
}

func before(a, b Hit) bool {
	if c := cmp.Compare(a.Metres, b.Metres); c != 0 {
		return c < 0
	}
	return string(a.key[:]) < string(b.key[:])
}
