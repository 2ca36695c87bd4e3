package desk

import (
	"context"
	"fmt"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
)

// SurveyAreas says how the areas of today fit together: where neighbours leave
// gaps or overlap, and what is narrower than it should be, each with its place
// and size. Kind and code, when not empty, ask for areas of that kind and for
// what concerns that area. It is what a preview of an import says of the areas
// after it, for areas that came any other way. The errors are ErrSignIn, and
// store.ErrNoImport for whoever may not change the territory.
func (d *Desk) SurveyAreas(ctx context.Context, who report.Actor, kind geo.Kind, code string) (geo.SurveyReport, error) {
	if err := mayImport(who); err != nil {
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
		o.Around = []string{code}
	}
	return geo.Survey(areas, o), nil
}
