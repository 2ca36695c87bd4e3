package mobileapi

import (
	"context"
	"net/http"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
)

// maxBorder bounds the border of one area, in bytes.
const maxBorder = 16 << 20

func (a *API) areaPreviewRoutes() []Route {
	return []Route{{
		Method: http.MethodPost, Path: "areas/preview", Auth: Required,
		Body: &Body{Types: []string{typeJSON}, Limit: maxBorder, In: desk.AreaDraft{}},
		Out:  desk.AreaPreview{}, Type: typeJSON, Status: []int{http.StatusOK},
		Faults: kinds(fault.NotFound, fault.Conflict), serve: a.previewArea,
	}}
}

// previewArea says what an edit of one area would change.
func (a *API) previewArea(ctx context.Context, r *request) (answer, error) {
	p, err := a.cfg.Desk.PreviewDraft(ctx, r.who, func() (desk.AreaDraft, error) {
		var draft desk.AreaDraft
		data, err := r.body.all(maxBorder)
		switch {
		case err != nil:
			return draft, err
		case len(data) == 0:
			return draft, ErrEmpty
		}
		return draft, strict(data, &draft)
	})
	r.body.close()
	return answer{body: p}, err
}
