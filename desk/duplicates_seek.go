package desk

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/sestante/sestante/geo/nearby"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// A seeking is one search for duplicates.
type seeking struct {
	subject   nearby.Case
	org       report.OrgID // of the subject, once it is here
	ask       string       // "": nobody will know what came of it, and nothing is kept
	stage     string       // form, receipt or desk
	side      string       // reporter or staff: whose dismissals count
	lang      string
	all       bool // with what was dismissed
	dismissed map[report.ID]string
}

// drop reports whether a candidate was dismissed in the eyes of who seeks. What
// the staff said counts for the reporter too.
func (s seeking) drop(id report.ID) bool {
	by := s.dismissed[id]
	return !s.all && (by == "staff" || by != "" && by == s.side)
}

// seek finds the suggestions, remembers that they were shown, and says of each
// what its reader may know.
func (d *Desk) seek(ctx context.Context, who report.Actor, s seeking) (Duplicates, error) {
	kinds, err := d.store.ObjectKinds(ctx)
	if err != nil {
		return Duplicates{}, err
	}
	object := string(s.subject.Object)
	rules, tree := d.duplicateRules(kinds, object), catalogueOf(kinds)
	out := Duplicates{Duplicates: []Duplicate{}, RadiusM: rules.RadiusM}
	ids, err := d.candidates(ctx, who, s.subject, rules, tree)
	if err != nil || len(ids) == 0 {
		return out, err
	}
	known, err := d.known(ctx, who, s, ids)
	if err != nil {
		return out, err
	}
	var cases []nearby.Case
	for _, k := range known {
		cases = append(cases, k.nearby)
	}
	for _, g := range rules.Rank(d.now(), s.subject, cases, tree) {
		id := report.ID(g.ID)
		if s.drop(id) {
			continue
		}
		v, err := d.duplicate(ctx, who, known[id], g, kinds, s.lang)
		if err != nil {
			return out, err
		}
		v.Rank, v.Dismissed = len(out.Duplicates)+1, s.dismissed[id]
		out.Duplicates = append(out.Duplicates, v)
		if s.ask != "" {
			d.shown.add(store.ShownDuplicate{
				Ask: s.ask, Candidate: id, Report: report.ID(s.subject.ID), Stage: s.stage, ObjectType: object,
				Rank: v.Rank, Metres: v.DistanceM, Score: v.Score, At: d.now(),
			})
		}
		if len(out.Duplicates) == mostDuplicates {
			break
		}
	}
	return out, nil
}

// duplicateRules returns what counts for reports of a thing: what the catalogue
// says, and otherwise the installation. A report that closed longer ago than
// the policy lets one be linked to is never suggested.
func (d *Desk) duplicateRules(kinds []store.ObjectKind, object string) nearby.Rules {
	r := nearby.Rules{RadiusM: d.cfg.Duplicates.RadiusM, ClosedDays: d.cfg.Policy.DuplicateWindowDays}
	i := slices.IndexFunc(kinds, func(k store.ObjectKind) bool { return k.ID == object && object != "" })
	if i < 0 {
		return r
	}
	switch k := kinds[i]; {
	case k.DedupeRadiusM > 0:
		r.RadiusM = k.DedupeRadiusM
	case slices.Contains(d.cfg.Duplicates.AreaObjects, k.Code):
		r.RadiusM = d.cfg.Duplicates.AreaRadiusM
	}
	if days := kinds[i].DedupeDays; days > 0 {
		r.ClosedDays = min(r.ClosedDays, days)
	}
	return r
}

func catalogueOf(kinds []store.ObjectKind) nearby.Catalogue {
	tree := make(nearby.Catalogue, len(kinds))
	for _, k := range kinds {
		tree[nearby.Object(k.ID)] = nearby.Object(k.Parent)
	}
	return tree
}

// candidates returns the nearest reports that may be suggested by what the
// index knows. What anybody may know of is searched by itself too, so that what
// somebody may not see does not crowd it out.
func (d *Desk) candidates(ctx context.Context, who report.Actor, subject nearby.Case, rules nearby.Rules, tree nearby.Catalogue) ([]report.ID, error) {
	q := nearby.Query{
		Lon: subject.Lon, Lat: subject.Lat, RadiusM: rules.Reach(subject.AccuracyM), Objects: tree.Related(subject.Object),
		ClosedSince: d.closedSince(rules.ClosedDays), Except: subject.ID, Most: mostCandidates,
	}
	keep := d.closedSince(d.cfg.Policy.DuplicateWindowDays)
	q.Public = true
	hits, err := d.near.search(ctx, d.store, q, keep)
	if err != nil {
		return nil, err
	}
	if who.ID != "" {
		q.Public, q.Most = false, mostCrowd
		more, err := d.near.search(ctx, d.store, q, keep)
		if err != nil {
			return nil, err
		}
		if len(more) > mostCandidates {
			if more, err = d.within(ctx, who, more); err != nil {
				return nil, err
			}
		}
		hits = append(hits, more...)
	}
	return distinct(hits), nil
}

// How many reports are compared with another, and among how many they are
// looked for where reports crowd.
const (
	mostCandidates = 32
	mostCrowd      = 1024
)

// within returns the first of hits that somebody may read.
func (d *Desk) within(ctx context.Context, who report.Actor, hits []nearby.Hit) ([]nearby.Hit, error) {
	var names []string
	for _, id := range distinct(hits) {
		names = append(names, string(id))
	}
	found, err := d.store.Reports(ctx, store.ReportFilter{IDs: names, Reach: reachOf(who), Limit: len(names)})
	if err != nil {
		return nil, err
	}
	theirs := map[report.ID]bool{}
	for _, r := range found {
		theirs[r.ID] = true
	}
	hits = slices.DeleteFunc(hits, func(h nearby.Hit) bool { return !theirs[report.ID(h.ID())] })
	return hits[:min(len(hits), mostCandidates)], nil
}

func distinct(hits []nearby.Hit) []report.ID {
	var ids []report.ID
	seen := map[report.ID]bool{}
	for _, h := range hits {
		if id := report.ID(h.ID()); !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// A known is a candidate with how much of it who seeks may read.
type known struct {
	report   report.Report
	audience report.Audience
	nearby   nearby.Case
}

// known reads the candidates and leaves out those that are not for who seeks,
// or that nothing can be linked to. Words and photos that somebody may not see
// are not compared for them: the likeness would tell what is in them.
func (d *Desk) known(ctx context.Context, who report.Actor, s seeking, ids []report.ID) (map[report.ID]known, error) {
	var names []string
	for _, id := range ids {
		names = append(names, string(id))
	}
	found, err := d.store.Reports(ctx, store.ReportFilter{IDs: names, Limit: len(names)})
	if err != nil {
		return nil, err
	}
	photos, err := d.store.Likenesses(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[report.ID]known{}
	for _, r := range found {
		audience, ok := report.MayRead(who, r)
		if !ok || (s.org != "" && r.Org != s.org) || (!r.State.Open() && r.State != report.Closed) || r.PointSource == "" {
			continue
		}
		k := known{report: r, audience: audience}
		k.nearby.Report = nearby.Report{
			ID: nearby.ID(r.ID), Lon: r.Point.Lon, Lat: r.Point.Lat, AccuracyM: r.AccuracyM,
			Registered: r.RegisteredAt, Closed: closedAt(r.State, r.ClosedAt), Object: nearby.Object(r.ObjectType),
		}
		if audience != report.AudiencePublic {
			k.nearby.Text = r.Title + " " + r.Description
		}
		k.nearby.Photos = hashes(photos, func(l store.Likeness) bool { return l.Report == r.ID && maySee(l.Visibility, audience) })
		out[r.ID] = k
	}
	return out, nil
}

func hashes(all []store.Likeness, want func(store.Likeness) bool) []uint64 {
	var out []uint64
	for _, l := range all {
		if want(l) {
			out = append(out, l.Hash)
		}
	}
	return out
}

// duplicate says of a suggestion what its reader may know.
func (d *Desk) duplicate(ctx context.Context, who report.Actor, k known, g nearby.Suggestion, kinds []store.ObjectKind, lang string) (Duplicate, error) {
	r := k.report
	phase := report.PhaseOf(r, nil)
	v := Duplicate{
		Report: r.ID, Code: r.Code, Phase: phase, PhaseLabel: phaseLabel(phase, lang), ObjectType: r.ObjectType,
		RegisteredAt: r.RegisteredAt, ClosedAt: closedAt(r.State, r.ClosedAt),
		DistanceM: math.Round(g.Metres*10) / 10, Hours: math.Round(g.Hours*100) / 100, Relation: string(g.Kin),
		PhotosAlike: g.AlikePhotos(), Score: g.Score, Reason: g.Say(lang),
	}
	if g.Text >= 0 {
		text := math.Round(g.Text*1000) / 1000
		v.TextLikeness = &text
	}
	if g.PhotoBits >= 0 {
		v.PhotoBits = &g.PhotoBits
	}
	if i := slices.IndexFunc(kinds, func(o store.ObjectKind) bool { return o.ID == r.ObjectType }); i >= 0 {
		if v.Object = kinds[i].Name; lang == "it" {
			v.Object = kinds[i].NameIt
		}
	}
	photos, err := d.store.MediaOf(ctx, r.ID)
	if err != nil {
		return v, err
	}
	if m, ok := shownPhoto(photos, k.audience); ok {
		if v.Photo = "/api/mobile/v1/media/" + m.ID + "/small"; who.ID == "" {
			v.Photo = fmt.Sprintf("/api/mobile/v1/duplicates/%s/photo", r.ID)
		}
	}
	if k.audience == report.AudienceStaff || k.audience == report.AudienceField {
		v.Title, v.State, v.Priority, v.InterestCount = r.Title, r.State, r.Priority, r.InterestCount
	}
	return v, nil
}
