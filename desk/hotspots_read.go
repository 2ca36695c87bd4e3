package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/cluster"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// A hotspotSearch is one question on its way.
type hotspotSearch struct {
	HotspotQuery
	desk  *Desk
	sees  []oversight
	areas *geo.Index
	zone  *time.Location

	objectTypes []string        // ids asked for; nil: all
	districts   []report.AreaID // asked for and seen; nil: all
	named       map[string]HotspotObject
}

// resolve turns what the question names into ids. A district that is not the
// caller's is none.
func (s *hotspotSearch) resolve(ctx context.Context) error {
	s.named = map[string]HotspotObject{}
	catalogue, err := s.desk.store.ObjectTypes(ctx, false)
	if err != nil {
		return err
	}
	for _, o := range catalogue {
		s.named[o.ID] = HotspotObject{o.ID, o.Code, o.Name, o.NameIt}
	}
	for _, key := range s.ObjectTypes {
		o, ok, err := s.desk.store.ObjectType(ctx, key)
		if err != nil {
			return err
		}
		if !ok {
			return ErrUnknownObject.In("objectType")
		}
		s.objectTypes = append(s.objectTypes, o.ID)
		s.named[o.ID] = HotspotObject{o.ID, o.Code, o.Name, o.NameIt}
	}
	for _, key := range s.Districts {
		if err := s.addDistrict(key); err != nil {
			return err
		}
	}
	if s.Districts == nil && !slices.ContainsFunc(s.sees, func(o oversight) bool { return o.districts == nil }) {
		for _, o := range s.sees {
			s.districts = append(s.districts, o.districts...)
		}
	}
	slices.Sort(s.objectTypes)
	s.objectTypes = slices.Compact(s.objectTypes)
	slices.Sort(s.districts)
	s.districts = slices.Compact(s.districts)
	return nil
}

// addDistrict adds every version of a district: its reports of the past are
// part of its history.
func (s *hotspotSearch) addDistrict(key string) error {
	code := key
	if a, ok := s.areas.ByID(geo.AreaID(key)); ok {
		code = a.Code
	}
	found := false
	for _, a := range s.areas.Areas() {
		id := report.AreaID(a.ID)
		if a.Code != code || !a.Kind.Owns() || !s.oversees(id) {
			continue
		}
		s.districts, found = append(s.districts, id), true
	}
	if !found {
		return ErrNoHotspots.In("district")
	}
	return nil
}

func (s *hotspotSearch) oversees(district report.AreaID) bool {
	return slices.ContainsFunc(s.sees, func(o oversight) bool { return o.districts == nil || slices.Contains(o.districts, district) })
}

// A pile is the reports of one object type, in columns: a million of them take
// a hundred megabytes.
type pile struct {
	objectType string
	points     []cluster.Point
	district   []int32 // index into gathered.districts
	asset      []int32 // index into gathered.assets; 0 is none
	placed     []bool
	reopened   []bool
}

// A gathered is the reports of a window and of the weeks before it.
type gathered struct {
	piles     []*pile // by object type
	districts []report.AreaID
	assets    []string
	first     time.Time // when the first report of all came
	history   time.Time // from when on reports were read
	window    int       // reports of the window
	unplaced  int       // of these, without a position
}

// gather reads the reports, a page at a time, from one state of the database.
func (s *hotspotSearch) gather(ctx context.Context) (*gathered, error) {
	g := &gathered{assets: []string{""}, history: s.From.In(s.zone).AddDate(0, 0, -7*cluster.HistoryWeeks)}
	byType, byDistrict, byAsset := map[string]*pile{}, map[report.AreaID]int32{}, map[string]int32{"": 0}
	n := 0
	err := s.desk.store.Snapshot(ctx, func(view *store.Store) error {
		var err error
		if g.first, err = view.FirstReport(ctx); err != nil {
			return err
		}
		// A trend looks at whole days.
		from, to := dayBefore(g.history, s.zone), s.To.AddDate(0, 0, 1)
		if s.Detector != DetectTrend {
			from, to = g.history, s.To
		}
		f := store.SightingFilter{From: from, To: to, ObjectTypes: s.objectTypes, Districts: s.districts}
		return view.Sightings(ctx, f, func(v store.Sighting) error {
			if !slices.ContainsFunc(s.sees, func(o oversight) bool { return o.covers(v.Org, v.District) }) {
				return nil
			}
			if n++; n > maxSightings {
				return ErrHotspotSize.In("from").With("more than %d", maxSightings)
			}
			p := byType[v.ObjectType]
			if p == nil {
				p = &pile{objectType: v.ObjectType}
				byType[v.ObjectType] = p
			}
			inWindow := !v.RegisteredAt.Before(s.From) && v.RegisteredAt.Before(s.To)
			if inWindow {
				g.window++
			}
			placed := v.HasPoint && geo.CheckPosition(v.Lon, v.Lat) == nil
			if inWindow && !placed {
				g.unplaced++
			}
			p.add(v, placed, number(byDistrict, &g.districts, v.District), number(byAsset, &g.assets, v.Asset))
			return nil
		})
	})
	for _, p := range byType {
		g.piles = append(g.piles, p)
	}
	slices.SortFunc(g.piles, func(a, b *pile) int { return cmp.Compare(a.objectType, b.objectType) })
	if err != nil {
		return nil, fmt.Errorf("gather reports: %w", err)
	}
	return g, nil
}

func (p *pile) add(v store.Sighting, placed bool, district, asset int32) {
	at := cluster.Point{At: v.RegisteredAt.Unix(), ID: string(v.ID)}
	if placed {
		at.Lon, at.Lat = v.Lon, v.Lat
	}
	p.points = append(p.points, at)
	p.district, p.asset = append(p.district, district), append(p.asset, asset)
	p.placed, p.reopened = append(p.placed, placed), append(p.reopened, v.Reopened > 0)
}

// number gives each value a number, in the order they come.
func number[T comparable](known map[T]int32, values *[]T, v T) int32 {
	n, ok := known[v]
	if !ok {
		n = int32(len(*values))
		known[v] = n
		*values = append(*values, v)
	}
	return n
}

// dayBefore returns the start of the day of t.
func dayBefore(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
}

// pick returns the reports of a pile that fn wants, by their index in it.
func (p *pile) pick(fn func(i int) bool) []int32 {
	var out []int32
	for i := range p.points {
		if fn(i) {
			out = append(out, int32(i))
		}
	}
	return out
}

// at returns the points of some reports.
func (p *pile) at(members []int32) []cluster.Point {
	out := make([]cluster.Point, len(members))
	for i, m := range members {
		out[i] = p.points[m]
	}
	return out
}
