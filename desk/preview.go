package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// An AreaPreview says what an import would change, before it does.
type AreaPreview struct {
	At        time.Time        `json:"at"`        // when the new areas would begin
	Changes   AreaChanges      `json:"changes"`   // codes
	Territory geo.Comparison   `json:"territory"` // which borders move, by how much, and from whom to whom
	Survey    geo.SurveyReport `json:"survey"`    // how the new set fits together: gaps, overlaps, slivers
	Snapped   []geo.SnapChange `json:"snapped"`   // borders of the file that were made to meet
	Reports   ReportsMoving    `json:"reports"`   // open reports that would change owner
}

// ReportsMoving counts the open reports that would change owner.
type ReportsMoving struct {
	Checked int            `json:"checked"` // open reports looked at
	Moving  int            `json:"moving"`
	Flows   []store.Flow   `json:"flows"` // from which area to which, the widest first
	First   []ReportMoving `json:"first"` // the first hundred, by id
}

// A ReportMoving is one open report that would change owner. An empty code
// stands for no area.
type ReportMoving struct {
	ID   report.ID `json:"id"`
	Code string    `json:"code"`
	From string    `json:"from"`
	To   string    `json:"to"`
}

// Bounds of what a preview names.
const (
	mostMoving   = 100
	mostFindings = 200
)

// PreviewAreas says what an import would change: areas, territory, how the
// areas fit together after it, and the open reports that would change owner.
// Nothing is kept. The errors are those of ImportAreas. progress, when not nil,
// is told how far the work is.
func (d *Desk) PreviewAreas(ctx context.Context, imp AreaImport, progress Progress) (AreaPreview, error) {
	progress.tell(StepAreas, 0, 0)
	plan, err := d.planned(ctx, imp)
	if err != nil {
		return AreaPreview{}, err
	}
	return d.preview(ctx, plan, progress)
}

// Progress is told which step the work is at, and how much of the step is done:
// total is 0 where nobody can say. It may be nil.
type Progress func(step string, done, total int64)

func (p Progress) tell(step string, done, total int64) {
	if p != nil {
		p(step, done, total)
	}
}

// The steps of a preview, in their order.
const (
	StepAreas     = "areas"     // which are new, changed or the same
	StepTerritory = "territory" // what passes from whom to whom
	StepSurvey    = "survey"    // gaps and overlaps
	StepReports   = "reports"   // those that would change owner
)

func (d *Desk) preview(ctx context.Context, plan areaPlan, progress Progress) (AreaPreview, error) {
	out := AreaPreview{At: plan.from, Changes: plan.changes, Snapped: []geo.SnapChange{}}
	out.Changes.DryRun = true
	progress.tell(StepTerritory, 0, 0)
	out.Territory = geo.Compare(plan.touched(false), plan.touched(true))
	progress.tell(StepSurvey, 0, 0)
	out.Survey = geo.Survey(plan.after, geo.SurveyOptions{At: plan.from, Kinds: plan.kinds(), Around: plan.codes(), Most: mostFindings})
	var err error
	out.Reports, err = d.moving(ctx, plan, progress)
	return out, err
}

// touched returns the areas that an import changes, of before or of after it.
func (p areaPlan) touched(after bool) []geo.Area {
	switch {
	case p.edited != nil && after:
		return p.edited.is
	case p.edited != nil:
		return p.edited.was
	}
	which := map[geo.AreaID]bool{}
	if after {
		for _, a := range p.inserts {
			which[a.ID] = true
		}
	} else {
		for _, id := range p.ended {
			which[id] = true
		}
	}
	var out []geo.Area
	for _, a := range p.after {
		if which[a.ID] {
			out = append(out, a)
		}
	}
	return out
}

// kinds returns the kinds that an import changes; overlays are meant to lie over
// others, and are not surveyed.
func (p areaPlan) kinds() []geo.Kind {
	var out []geo.Kind
	for _, a := range slices.Concat(p.touched(false), p.touched(true)) {
		if a.Kind != geo.Overlay && !slices.Contains(out, a.Kind) {
			out = append(out, a.Kind)
		}
	}
	if len(out) == 0 {
		out = []geo.Kind{""} // none: an empty list would be all
	}
	slices.Sort(out)
	return out
}

func (p areaPlan) codes() []string {
	if p.edited != nil { // also what stays the same: whoever asks about an area wants to hear of it alone
		return slices.Concat(p.changes.Added, p.changes.Changed, p.changes.Removed, p.changes.Unchanged)
	}
	return slices.Concat(p.changes.Added, p.changes.Changed, p.changes.Removed)
}

// moving looks at every open report and says which would change owner.
func (d *Desk) moving(ctx context.Context, plan areaPlan, progress Progress) (ReportsMoving, error) {
	out := ReportsMoving{Flows: []store.Flow{}, First: []ReportMoving{}}
	if !plan.changes.Any() {
		return out, nil
	}
	r := &router{index: plan.index, stamp: plan.stamp, turns: turnsOf(plan.after)}
	total, err := d.store.CountOpen(ctx)
	if err != nil {
		return out, err
	}
	flows := map[flow]int{}
	for after := ""; ; {
		page, err := d.store.OpenPlaced(ctx, after, reroutePage)
		if err != nil {
			return out, fmt.Errorf("preview the re-routing: %w", err)
		}
		for _, p := range page {
			out.Checked++
			found := toRoute(d.locate(r, placeOf(p, plan.from)))
			if !p.HasPoint || p.District == found.District || r.renewed(p.District, found.District) {
				continue
			}
			way := flow{r.code(p.District), r.code(found.District)}
			flows[way]++
			out.Moving++
			if len(out.First) < mostMoving {
				out.First = append(out.First, ReportMoving{ID: p.ID, Code: p.Code, From: way.from, To: way.to})
			}
		}
		progress.tell(StepReports, int64(out.Checked), int64(max(total, out.Checked)))
		if len(page) < reroutePage {
			out.Flows = flowsOf(flows)
			return out, nil
		}
		after = string(page[len(page)-1].ID)
	}
}
