package desk

import (
	"slices"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/cluster"
	"github.com/sestante/sestante/report"
)

// trends finds the days that stand out, by object and district.
func (s *hotspotSearch) trends(g *gathered, out *Hotspots) ([]candidate, error) {
	var parts []part
	var series [][]cluster.Point
	for _, p := range g.piles {
		byDistrict := map[string][]int32{}
		for i, d := range p.district {
			if code := s.districtCode(g.districts[d]); code != "" {
				byDistrict[code] = append(byDistrict[code], int32(i))
			}
		}
		codes := make([]string, 0, len(byDistrict))
		for code := range byDistrict {
			codes = append(codes, code)
		}
		slices.Sort(codes)
		for _, code := range codes {
			parts, series = append(parts, part{p, byDistrict[code]}), append(series, p.at(byDistrict[code]))
		}
	}
	t, err := cluster.Trend(series, cluster.TrendQuery{From: s.From, To: s.To, Since: g.first, Zone: s.zone, MinCount: s.MinPts})
	if err != nil {
		return nil, err
	}
	out.Tests = t.Tests
	var found []candidate
	for _, v := range t.Standouts {
		if s.Q > 0 && v.Q > s.Q {
			continue
		}
		of := parts[v.Series]
		c := candidate{parts: []part{{of.pile, through(of.members, v.Members)}}}
		c.span()
		before := 0
		for _, n := range v.Before {
			before += n
		}
		c.Rule, c.From, c.To, c.P, c.Q = ruleWeekday, v.From, v.To, &v.P, &v.Q
		c.Baseline = HotspotExpected{
			Expected: v.Median, Weeks: len(v.Before), From: v.From.AddDate(0, 0, -7*len(v.Before)), To: v.From,
			Reports: before, Median: &v.Median, MAD: &v.MAD, Threshold: &v.Threshold,
		}
		found = append(found, c)
	}
	return found, nil
}

// districtCode is the same for every version of a district, and "" for none.
func (s *hotspotSearch) districtCode(id report.AreaID) string {
	if a, ok := s.areas.ByID(geo.AreaID(id)); ok {
		return a.Code
	}
	return string(id)
}

// surpluses finds the cells with more than they expect, object by object.
func (s *hotspotSearch) surpluses(g *gathered, out *Hotspots) ([]candidate, error) {
	var parts []part
	var series [][]cluster.Point
	for _, p := range g.piles {
		placed := p.pick(func(i int) bool { return p.placed[i] })
		parts, series = append(parts, part{p, placed}), append(series, p.at(placed))
	}
	judged, err := cluster.Excess(series, cluster.ExcessQuery{
		From: s.From, To: s.To, Since: g.first, Zone: s.zone, CellM: s.EpsM, Hours: s.Hours, MinCount: s.MinPts, Q: s.Q, Cells: s.cells(series),
	})
	if err != nil {
		return nil, err
	}
	out.Tests = judged.Tests
	var found []candidate
	for _, v := range judged.Surpluses {
		of := parts[v.Series]
		c := candidate{parts: []part{{of.pile, through(of.members, v.Members)}}}
		c.span()
		c.Rule, c.From, c.To, c.P, c.Q = ruleExpected, v.From, v.To, &v.P, &v.Q
		c.Baseline = HotspotExpected{
			Expected: v.Expected, Weeks: judged.Weeks, From: judged.History, To: s.From, Reports: v.Before, Own: &v.Own, Around: &v.Around,
		}
		found = append(found, c)
	}
	return found, nil
}

// cells is how many cells the territory has: that of the districts in force,
// or, where there are none, that of the reports.
func (s *hotspotSearch) cells(series [][]cluster.Point) int {
	area := 0.0
	for _, a := range s.areas.ByKind(geo.District, s.From) {
		if len(s.districts) == 0 || slices.Contains(s.districts, report.AreaID(a.ID)) {
			area += a.AreaM2
		}
	}
	if area == 0 {
		if e, ok := cluster.ExtentOf(slices.Concat(series...)); ok {
			area = 4 * e.RadiusM * e.RadiusM
		}
	}
	return int(area/(s.EpsM*s.EpsM)) + 1
}
