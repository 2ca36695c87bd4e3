package geo

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// A WarningKind says what a Warning is about.
type WarningKind string

// The kinds of warning.
const (
	WarnUnused  WarningKind = "unused"  // a province of the boundaries is in no district
	WarnAlias   WarningKind = "alias"   // a province stands for another one
	WarnGap     WarningKind = "gap"     // neighbours do not quite meet
	WarnOverlap WarningKind = "overlap" // neighbours cover a place twice
	WarnAssumed WarningKind = "assumed" // a border is our assumption, not the document's
)

// A Warning is something that a person should know about an answer that was
// given all the same.
type Warning struct {
	Kind WarningKind `json:"kind"`
	Code string      `json:"code"` // of the province; empty for a gap or an overlap
	Text string      `json:"text"` // an English sentence
}

// Dissolve joins provinces into the districts and overlays of a table.
// codeProperty names the property of a feature that holds its code, such as
// "sigla". Borders that two provinces share bit for bit vanish exactly;
// nothing else is changed. An overlay of districts shares their borders.
//
// A province that is cut gets its points on the parallel, and so do the edges
// that its neighbours share with it, before anything is joined: the halves,
// and the districts around, keep a border in common to the last bit.
//
// A province that the table names and the boundaries lack is ErrTableProvince,
// one code on two features ErrCodeTwice: all of them are reported, joined.
// What was only doubtful comes back as warnings.
func Dissolve(table Table, provinces Collection, codeProperty string) ([]Area, []Warning, error) {
	if err := table.Validate(); err != nil {
		return nil, nil, fmt.Errorf("dissolving provinces: %w", err)
	}
	pieces, warnings, err := table.gather(provinces, codeProperty)
	if err != nil {
		return nil, nil, fmt.Errorf("dissolving provinces: %w", err)
	}
	table.cut(pieces)
	warnings = append(warnings, seams(pieces)...)
	for _, c := range table.Cuts {
		warnings = append(warnings, Warning{WarnAssumed, c.Province, fmt.Sprintf("%s is cut at latitude %v. %s", c.Province, c.Latitude, c.Remark)})
	}
	var all []error
	used := map[string]bool{}
	var out []Area
	for i, row := range table.Districts {
		parts, missing := row.parts(pieces, used)
		if len(missing) > 0 {
			all = append(all, ErrTableProvince.In(fmt.Sprintf("districts[%d]", i)).WithIn("%s lacks %s", "a %s manca %s", row.Code, strings.Join(missing, ", ")))
			continue
		}
		out = append(out, row.join(parts))
	}
	if len(all) > 0 {
		return nil, nil, fmt.Errorf("dissolving provinces: %w", errors.Join(all...))
	}
	for _, code := range slices.Sorted(maps.Keys(pieces)) {
		if !used[code] {
			warnings = append(warnings, Warning{WarnUnused, code, fmt.Sprintf("%s is in no district.", code)})
		}
	}
	return out, warnings, nil
}

// gather returns the geometries by the codes of the table. A feature whose
// code is an alias is one more part of the province it stands for, unless the
// table names the feature's own code.
func (t Table) gather(provinces Collection, property string) (map[string]orb.MultiPolygon, []Warning, error) {
	named := map[string]bool{}
	for _, row := range t.Districts {
		for _, p := range row.Provinces {
			named[p] = true
		}
	}
	pieces := map[string]orb.MultiPolygon{}
	seen := map[string]int{}
	var warnings []Warning
	var problems Problems
	for _, f := range provinces.Features {
		code := f.Text(property)
		first, twice := seen[code]
		switch {
		case code == "":
			problems = append(problems, f.identified(*f.codeMissing(property), property))
			continue
		case twice:
			problems = append(problems, f.identified(codeTwice(first), property))
			continue
		}
		seen[code] = f.Index
		to := code
		if alias, ok := t.Aliases[code]; ok && !named[code] {
			to = alias
			warnings = append(warnings, Warning{WarnAlias, code, fmt.Sprintf("%s counts as %s.", code, alias)})
		}
		pieces[to] = append(pieces[to], f.Geometry...)
	}
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return pieces, warnings, nil
}

// cut replaces each province that is cut by its halves, and gives all the
// others their points on the parallel.
func (t Table) cut(pieces map[string]orb.MultiPolygon) {
	for _, c := range t.Cuts {
		whole, ok := pieces[c.Province]
		if !ok {
			continue
		}
		these := crossing(whole, c.Latitude)
		for code, mp := range pieces {
			pieces[code] = splitEdges(mp, c.Latitude, these)
		}
		north, south := cutAt(pieces[c.Province], c.Latitude)
		delete(pieces, c.Province)
		// A half that holds nothing stays missing: whoever names it is told.
		if north != nil {
			pieces[c.North] = north
		}
		if south != nil {
			pieces[c.South] = south
		}
	}
}

// parts collects the geometries of a row. An overlay may name a province that
// is cut: it gets both halves only when it names both.
func (row DistrictRow) parts(pieces map[string]orb.MultiPolygon, used map[string]bool) (parts []orb.MultiPolygon, missing []string) {
	for _, p := range row.Provinces {
		mp, ok := pieces[p]
		if !ok {
			missing = append(missing, p)
			continue
		}
		used[p] = true
		parts = append(parts, mp)
	}
	return parts, missing
}

// seams looks at how the pieces fit together.
func seams(pieces map[string]orb.MultiPolygon) []Warning {
	var areas []Area
	for _, code := range slices.Sorted(maps.Keys(pieces)) {
		areas = append(areas, Area{Code: code, Kind: Province, Geometry: pieces[code]})
	}
	var warnings []Warning
	for _, f := range Survey(areas, SurveyOptions{Kinds: []Kind{Province}}).Findings {
		if f.Kind == FoundOverlap {
			warnings = append(warnings, Warning{WarnOverlap, "", f.Text})
		}
		if f.Kind == FoundGap {
			warnings = append(warnings, Warning{WarnGap, "", f.Text})
		}
	}
	return warnings
}

// join makes the area of a row.
func (row DistrictRow) join(parts []orb.MultiPolygon) Area {
	var border []arrow
	for _, mp := range parts {
		border = append(border, arrows(mp)...)
	}
	union := assemble(cancel(border))
	a := Area{
		ID: SeedID(row.Kind, row.Code), Code: row.Code, Name: row.Name, Kind: row.Kind,
		Parent: SeedID(MacroArea, row.MacroArea), Geometry: union,
		Source: cmp.Or(row.Source, FromSeed), Priority: row.Priority, Remark: row.Remark,
	}
	if row.Selector != nil {
		a.Selector = *row.Selector
	}
	return a.Measure()
}

// MacroAreas joins districts that Dissolve made into the macro areas of the
// same table; overlays add nothing to them. A macro area without districts is
// left out.
func MacroAreas(table Table, districts []Area) []Area {
	var out []Area
	for _, m := range table.MacroAreas {
		id := SeedID(MacroArea, m.Code)
		var border []arrow
		for _, d := range districts {
			if d.Parent == id && d.Kind == District {
				border = append(border, arrows(d.Geometry)...)
			}
		}
		if border == nil {
			continue
		}
		union := assemble(cancel(border))
		out = append(out, Area{
			ID: id, Code: m.Code, Name: m.Name, Kind: MacroArea, Geometry: union,
			Source: cmp.Or(m.Source, FromSeed), Remark: m.Remark,
		}.Measure())
	}
	return out
}
