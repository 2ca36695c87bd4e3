package geo

import (
	"cmp"
	"slices"
	"time"

	"github.com/paulmach/orb"
)

// A FindingKind says what is wrong, or only worth knowing, about how areas fit
// together.
type FindingKind string

// The kinds of finding.
const (
	FoundInvalid   FindingKind = "invalid"   // an area's own geometry is refused; it was left out
	FoundTangled   FindingKind = "tangled"   // the borders are too tangled to be laid over each other
	FoundOverlap   FindingKind = "overlap"   // two areas cover the same place
	FoundGap       FindingKind = "gap"       // a narrow place between neighbours is nobody's
	FoundHole      FindingKind = "hole"      // a wide place with areas all around is nobody's: perhaps it is meant
	FoundSliver    FindingKind = "sliver"    // a part, a hole or a neck of an area is very narrow
	FoundSpike     FindingKind = "spike"     // a border goes out and back almost on one line
	FoundDuplicate FindingKind = "duplicate" // consecutive points of a border lie almost on each other
	FoundUnmatched FindingKind = "unmatched" // neighbours share a border, but not point by point
)

// A Severity says how much a finding matters.
type Severity string

// The severities.
const (
	SeverityError   Severity = "error"   // reports will go to the wrong owner
	SeverityWarning Severity = "warning" // a few might
	SeverityNote    Severity = "note"    // none will, as far as we see
)

// A Finding is one thing that a survey saw. Measures are on the WGS84
// ellipsoid.
type Finding struct {
	Kind     FindingKind `json:"kind"`
	Severity Severity    `json:"severity"`
	AreaKind Kind        `json:"areaKind"`
	Areas    []string    `json:"areas"`   // codes of the areas it is about, in order
	Place    orb.Point   `json:"place"`   // lon,lat of a point in it
	BBox     []float64   `json:"bbox"`    // west, south, east, north
	AreaM2   float64     `json:"areaM2"`  // square metres; 0 for what has no area
	WidthM   float64     `json:"widthM"`  // metres: twice the area over the perimeter; of a neck, where it is narrowest
	LengthM  float64     `json:"lengthM"` // metres: half the perimeter; of a border, a spike or a neck, along it
	Count    int         `json:"count"`   // how many places the finding stands for, at least 1; Place is the first or the largest
	Text     string      `json:"text"`    // what was found and what to do, in English
	Italian  string      `json:"italian"` // the same in Italian
}

// SurveyOptions say what a survey looks at. The zero value asks everything
// about the areas without an end.
type SurveyOptions struct {
	At      time.Time // the day whose areas are surveyed; zero means those without an end
	Kinds   []Kind    // empty means every kind but overlays
	Around  []string  // codes: report only what concerns these areas; empty means all
	GapM    float64   // metres; an empty place narrower than this is a gap, else a hole; default HoleWidthM
	SliverM float64   // metres; a part narrower than this is a sliver; default 1
	NoiseM  float64   // metres; what is narrower is rounding and not reported; default 0.002
	Most    int       // findings to report, the worst ones; default 1,000

	DuplicateM float64 // metres; a point closer than this to the one before is a duplicate; default 0.01
}

func (o SurveyOptions) orDefault() SurveyOptions {
	o.GapM = cmp.Or(o.GapM, HoleWidthM)
	o.SliverM = cmp.Or(o.SliverM, 1)
	o.NoiseM = cmp.Or(o.NoiseM, 0.002)
	o.DuplicateM = cmp.Or(o.DuplicateM, 0.01)
	o.Most = cmp.Or(o.Most, 1000)
	if len(o.Kinds) == 0 {
		o.Kinds = slices.DeleteFunc(Kinds(), func(k Kind) bool { return k == Overlay })
	}
	return o
}

// A SurveyReport is what a survey saw.
type SurveyReport struct {
	Areas    int                 `json:"areas"`    // how many were surveyed
	Vertices int                 `json:"vertices"` // of their borders
	Findings []Finding           `json:"findings"` // errors first, then warnings; the largest first
	Totals   map[FindingKind]int `json:"totals"`   // of all that was seen, also of what Most left out
	Left     int                 `json:"left"`     // findings that Most left out
}

// Worst returns the severity of the worst finding, or "" when there is none.
func (r SurveyReport) Worst() Severity {
	if len(r.Findings) == 0 {
		return ""
	}
	return r.Findings[0].Severity
}

// Survey looks at how the areas of each kind that are valid on one day fit
// together: overlaps and gaps between neighbours, holes, slivers, spikes,
// points that lie on each other, borders that are shared but not point by
// point. Areas with a selector are left out: they are meant to lie over
// others. So are areas whose geometry Area.Validate would refuse for its
// structure, but those are reported.
//
// What neighbours share bit by bit is not looked at twice, so that a survey
// costs little more than sorting the vertices: the errors are what it spends
// time on.
func Survey(areas []Area, o SurveyOptions) SurveyReport {
	o = o.orDefault()
	out := SurveyReport{Findings: []Finding{}, Totals: map[FindingKind]int{}}
	var around map[string]bool
	if len(o.Around) > 0 {
		around = map[string]bool{}
		for _, code := range o.Around {
			around[code] = true
		}
	}
	for _, kind := range o.Kinds {
		s := survey{o: o, kind: kind, around: around}
		s.choose(areas)
		s.run()
		out.Areas += len(s.areas)
		out.Vertices += s.vertices
		out.Findings = append(out.Findings, s.found...)
	}
	for _, f := range out.Findings {
		out.Totals[f.Kind]++
	}
	slices.SortStableFunc(out.Findings, compareFindings)
	if out.Left = max(len(out.Findings)-o.Most, 0); out.Left > 0 {
		out.Findings = out.Findings[:o.Most:o.Most]
	}
	for i, f := range out.Findings {
		out.Findings[i] = f.inWords()
	}
	return out
}

func compareFindings(f, g Finding) int {
	rank := func(s Severity) int {
		return slices.Index([]Severity{SeverityError, SeverityWarning, SeverityNote}, s)
	}
	return cmp.Or(
		cmp.Compare(rank(f.Severity), rank(g.Severity)),
		-cmp.Compare(f.AreaM2, g.AreaM2), -cmp.Compare(f.LengthM, g.LengthM),
		cmp.Compare(f.Kind, g.Kind), slices.Compare(f.Areas, g.Areas), comparePoints(f.Place, g.Place),
	)
}

// A survey is one kind of area on one day.
type survey struct {
	o        SurveyOptions
	kind     Kind
	around   map[string]bool // codes to report about; nil means all
	areas    []Area
	vertices int
	found    []Finding
}

// choose takes the areas that a survey is about, ready to be looked at.
func (s *survey) choose(areas []Area) {
	for _, a := range areas {
		if a.Kind == s.kind && a.ValidAt(s.o.At) && (a.Selector.Specificity() == 0 || a.Kind == Overlay) {
			a.Bound = a.Geometry.Bound()
			s.areas = append(s.areas, a)
		}
	}
	s.narrow()
	var sound []Area
	for _, a := range s.areas {
		problem := checkRings(a.Geometry)
		if problem == nil {
			a.Geometry, problem = normalise(a.Geometry)
		}
		if problem != nil {
			s.invalid(a, *problem)
			continue
		}
		sound = append(sound, a)
		for _, polygon := range a.Geometry {
			for _, ring := range polygon {
				s.vertices += len(ring) - 1
			}
		}
	}
	s.areas = sound
	slices.SortStableFunc(s.areas, compareAreas)
}

// narrow leaves out areas that have nothing to do with those that are asked
// about: those that are neither beside them nor beside what is beside them.
func (s *survey) narrow() {
	if s.around == nil {
		return
	}
	boxes := make([]box, len(s.areas))
	keep := make([]bool, len(s.areas))
	for i, a := range s.areas {
		boxes[i] = boxOfBound(a.Bound)
		keep[i] = s.around[a.Code]
	}
	all := newStripes(boxes)
	for range 2 {
		for i, kept := range slices.Clone(keep) {
			if kept {
				m := metricAt(s.areas[i].Bound.Center()[1])
				near := boxes[i].grown(2 * s.o.GapM / min(m.perLat, max(m.perLon, 1)))
				all.near(near, func(j int32) bool { keep[j] = true; return true })
			}
		}
	}
	var kept []Area
	for i, a := range s.areas {
		if keep[i] {
			kept = append(kept, a)
		}
	}
	s.areas = kept
}

func boxOfBound(b orb.Bound) box { return box{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} }

// run surveys the areas.
func (s *survey) run() {
	var all []ribbon
	for i, a := range s.areas {
		all = append(all, ribbonsOf(a.Geometry, int32(i))...)
	}
	all = gather(all)
	exact := shared(all)
	whole := len(all) > 4*len(exact) // less than half fits: take all of it at once
	if !whole {
		all = unshared(all)
	}
	p := newPlane(all)
	if p == nil {
		s.tangled()
	} else {
		s.gaps(p)
		s.unmatched(p, exact)
		if whole {
			s.pairs(p)
		} else {
			s.overlaps(p)
		}
	}
	for i := range s.areas {
		s.alone(int32(i))
	}
}

// eachWay visits the gathered ribbons that lie on each other together, with the
// sum of their owners on the left less those on the right.
func eachWay(all []ribbon, visit func(these []ribbon, sum int32)) {
	for i := 0; i < len(all); {
		from, sum := i, int32(0)
		for ; i < len(all) && compareWays(all[i], all[from]) == 0; i++ {
			sum += all[i].net
		}
		visit(all[from:i], sum)
	}
}

// unshared drops the stretches that as many areas have on their left as on
// their right: how often a place is covered does not change there. It works in
// the place of the list.
func unshared(all []ribbon) []ribbon {
	out := all[:0]
	eachWay(all, func(these []ribbon, sum int32) {
		if sum != 0 {
			out = append(out, these...)
		}
	})
	return out
}

// shared returns the stretches that unshared drops, on the lattice, in order.
func shared(all []ribbon) []ribbon {
	var out []ribbon
	eachWay(all, func(these []ribbon, sum int32) {
		if sum == 0 {
			out = append(out, ribbon{toLattice(these[0].a), toLattice(these[0].b), 0, 1})
		}
	})
	return gather(out)
}

// add keeps a finding, unless it concerns none of the areas that were asked
// about.
func (s *survey) add(f Finding) {
	if s.around != nil && !slices.ContainsFunc(f.Areas, func(code string) bool { return s.around[code] }) {
		return
	}
	f.AreaKind, f.Count = s.kind, max(f.Count, 1)
	s.found = append(s.found, f)
}

// codes returns the codes of areas, in order.
func (s *survey) codes(who []int32) []string {
	slices.Sort(who)
	out := []string{}
	for _, i := range slices.Compact(who) {
		out = append(out, s.areas[i].Code)
	}
	return out
}
