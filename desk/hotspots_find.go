package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/sestante/sestante/geo/cluster"
)

// The rules by which a hot spot is one.
const (
	ruleDense    = "dense"    // reports of one object close together
	ruleReopened = "reopened" // reports opened again at one place or asset
	ruleWeekday  = "weekday"  // more than on the same weekday of the weeks before
	ruleExpected = "expected" // more than a cell expects
)

// Reports that were opened again are at one place when they are no farther
// apart than positions of phones are wrong.
const (
	reopenedEpsM   = 25
	reopenedMinPts = 2
)

// A candidate is a hot spot with the reports it is made of.
type candidate struct {
	Hotspot
	parts []part
}

// A part is some reports of one pile.
type part struct {
	*pile
	members []int32
}

// run finds the hot spots and writes the answer.
func (s *hotspotSearch) run(ctx context.Context) (Hotspots, error) {
	g, err := s.gather(ctx)
	if err != nil {
		return Hotspots{}, err
	}
	out := Hotspots{
		Detector: s.Detector, From: s.From.UTC(), To: s.To.UTC(), TimeZone: s.zone.String(),
		EpsM: s.EpsM, Hours: s.Hours, MinPts: s.MinPts, Q: s.Q, Reports: g.window, Notes: []HotspotNote{}, Hotspots: []Hotspot{},
	}
	out.Baseline = s.history(g)
	var found []candidate
	switch s.Detector {
	case DetectTrend:
		found, err = s.trends(g, &out)
	case DetectExcess:
		found, err = s.surpluses(g, &out)
	case DetectCluster:
		found, err = s.clusters(g, &out)
	}
	if err != nil {
		return Hotspots{}, fmt.Errorf("find hot spots: %w", err)
	}
	if out.Truncated = len(found) > maxHotspots; out.Truncated {
		found = found[:maxHotspots]
	}
	s.note(g, &out)
	for i := range found {
		if err := s.finish(ctx, g, &found[i]); err != nil {
			return Hotspots{}, err
		}
		out.Hotspots = append(out.Hotspots, found[i].Hotspot)
	}
	return out, nil
}

// history is how far back there is something to compare the window with.
func (s *hotspotSearch) history(g *gathered) HotspotHistory {
	h := HotspotHistory{From: s.From.UTC(), To: s.From.UTC()}
	for k := 1; k <= cluster.HistoryWeeks && !g.first.IsZero(); k++ {
		from := s.From.In(s.zone).AddDate(0, 0, -7*k)
		if from.Before(g.first) {
			break
		}
		h.Weeks, h.From = k, from.UTC()
	}
	return h
}

// clusters finds the reports of one object that lie together, and those opened
// again: the largest first.
func (s *hotspotSearch) clusters(g *gathered, out *Hotspots) ([]candidate, error) {
	var found []candidate
	for _, p := range g.piles {
		near := p.pick(func(i int) bool { return p.placed[i] && s.inWindow(p.points[i].At) })
		points := p.at(near)
		out.Tests += len(points)
		c, err := cluster.DBSCAN(points, cluster.Density{EpsM: s.EpsM, EpsS: int64(s.Hours) * 3600, MinPts: s.MinPts})
		if err != nil {
			return nil, err
		}
		for _, members := range c.Members() {
			found = append(found, candidate{Hotspot: Hotspot{Rule: ruleDense}, parts: []part{{p, through(near, members)}}})
		}
	}
	again, err := s.reopened(g)
	if err != nil {
		return nil, err
	}
	found = append(found, again...)
	for i := range found {
		found[i].span()
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), a.From.Compare(b.From), cmp.Compare(a.first(), b.first()))
	})
	for i := range found[:min(len(found), maxHotspots)] {
		s.compareCluster(out.Baseline, &found[i])
	}
	return found, nil
}

// through turns indexes of a selection into those of what was selected from.
func through(selection, members []int32) []int32 {
	out := make([]int32, len(members))
	for i, m := range members {
		out[i] = selection[m]
	}
	return out
}

func (s *hotspotSearch) inWindow(at int64) bool { return at >= s.From.Unix() && at < s.To.Unix() }

// reopened finds places and assets at which two reports, of whatever, were
// opened again.
func (s *hotspotSearch) reopened(g *gathered) ([]candidate, error) {
	type one struct {
		pile int
		i    int32
	}
	var all []one
	var points []cluster.Point
	var placed []int32
	for n, p := range g.piles {
		for _, i := range p.pick(func(i int) bool { return p.reopened[i] && s.inWindow(p.points[i].At) }) {
			if p.placed[i] {
				points, placed = append(points, p.points[i]), append(placed, int32(len(all)))
			}
			all = append(all, one{n, i})
		}
	}
	c, err := cluster.DBSCAN(points, cluster.Density{EpsM: min(s.EpsM, reopenedEpsM), EpsS: int64(s.Hours) * 3600, MinPts: reopenedMinPts})
	if err != nil {
		return nil, err
	}
	var groups [][]int32
	for _, members := range c.Members() {
		groups = append(groups, through(placed, members))
	}
	byAsset := map[int32][]int32{}
	for n, o := range all {
		if asset := g.piles[o.pile].asset[o.i]; asset != 0 {
			byAsset[asset] = append(byAsset[asset], int32(n))
		}
	}
	for asset := range int32(len(g.assets)) {
		same := byAsset[asset]
		within := slices.ContainsFunc(groups, func(g []int32) bool {
			return !slices.ContainsFunc(same, func(n int32) bool { return !slices.Contains(g, n) })
		})
		if len(same) >= reopenedMinPts && !within {
			groups = append(groups, same)
		}
	}
	var out []candidate
	for _, group := range groups {
		c := candidate{Hotspot: Hotspot{Rule: ruleReopened}}
		for n, p := range g.piles {
			var members []int32
			for _, o := range group {
				if all[o].pile == n {
					members = append(members, all[o].i)
				}
			}
			if members != nil {
				c.parts = append(c.parts, part{p, members})
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// compareCluster says how many reports of the same objects there were around
// the place in the weeks before the window: so many in so long a time are
// expected.
func (s *hotspotSearch) compareCluster(h HotspotHistory, c *candidate) {
	e, placed := c.extent()
	c.Baseline = HotspotExpected{Weeks: h.Weeks, From: h.From, To: h.To}
	if !placed || h.Weeks == 0 {
		return
	}
	reach := max(e.RadiusM, min(s.EpsM, maxEpsM))
	degrees := reach / 110_000 // of latitude, a little more than it takes
	for _, part := range c.parts {
		for i, p := range part.points {
			if part.placed[i] && p.At >= h.From.Unix() && p.At < h.To.Unix() && p.Lat >= e.Lat-degrees && p.Lat <= e.Lat+degrees &&
				cluster.DistanceM(e.Lon, e.Lat, p.Lon, p.Lat) <= reach {
				c.Baseline.Reports++
			}
		}
	}
	lasted := max(c.To.Sub(c.From), 24*time.Hour)
	c.Baseline.Expected = float64(c.Baseline.Reports) * lasted.Hours() / h.To.Sub(h.From).Hours()
}

// span says how many reports there are, and from when to when.
func (c *candidate) span() {
	first := true
	for _, p := range c.parts {
		c.Count += len(p.members)
		for _, i := range p.members {
			at := time.Unix(p.points[i].At, 0).UTC()
			if first || at.Before(c.From) {
				c.From = at
			}
			if first || at.After(c.To) {
				c.To = at
			}
			first = false
		}
	}
}

// first is the least id of the reports: it tells equal hot spots apart.
func (c *candidate) first() string {
	least := ""
	for _, p := range c.parts {
		for _, i := range p.members {
			if id := p.points[i].ID; least == "" || id < least {
				least = id
			}
		}
	}
	return least
}

// extent is where the reports lie that have a position.
func (c *candidate) extent() (cluster.Extent, bool) {
	var points []cluster.Point
	for _, p := range c.parts {
		for _, i := range p.members {
			if p.placed[i] {
				points = append(points, p.points[i])
			}
		}
	}
	return cluster.ExtentOf(points)
}

// identity is the same for the same detector, rule, time and reports.
func (c *candidate) identity(d HotspotDetector) string {
	return string(d) + "-" + c.Rule + "-" + c.first() + "-" + strconv.FormatInt(c.From.Unix(), 10)
}
