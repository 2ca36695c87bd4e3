package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
)

// SurveyAreas says how the areas of today fit together: where neighbours leave
// gaps or overlap, and what is narrower than it should be, each with its place
// and size. Kind and code, when not empty, ask for areas of that kind and for
// what concerns that area. It is what a preview of an import says of the areas
// after it, for areas that came any other way. The errors are ErrSignIn,
// ErrNothing for whoever may not change the territory, ErrAreaOption for a kind
// that there is not, and ErrNoArea for a code that no area of today has.
func (d *Desk) SurveyAreas(ctx context.Context, who report.Actor, kind geo.Kind, code string) (geo.SurveyReport, error) {
	if err := errors.Join(tends(who), knownKind(kind)); err != nil {
		return geo.SurveyReport{}, fmt.Errorf("survey the areas: %w", err)
	}
	areas, err := d.AreasInForce(ctx)
	if err != nil {
		return geo.SurveyReport{}, err
	}
	o := geo.SurveyOptions{At: d.now(), Most: mostFindings}
	if kind != "" {
		o.Kinds = []geo.Kind{kind}
	}
	if code != "" {
		if !slices.ContainsFunc(areas, func(a geo.Area) bool { return a.Code == code && (kind == "" || a.Kind == kind) }) {
			return geo.SurveyReport{}, ErrNoArea.In("code").With("%s", code)
		}
		o.Around = []string{code}
	}
	return geo.Survey(areas, o), nil
}
