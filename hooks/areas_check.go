package hooks

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/apierr"
	"github.com/sestante/sestante/store"
)

// The fields of an area that are for whoever edits it by hand.
const (
	checkField    = "checkOnly" // asks for a preview; never kept as true
	findingsField = "findings"  // written here and nowhere else
)

// findingsKey carries, in a context, the findings about an area that is about
// to be saved.
type findingsKey struct{}

// showArea refuses an edit that was only to be checked, and says what it would
// change. What a save would be refused for, this is too.
func (h *hooks) showArea(e *core.RecordEvent, edit desk.AreaEdit) error {
	if err := setBorder(e.Record, edit.Is[len(edit.Is)-1]); err != nil {
		return err
	}
	if err := e.App.ValidateWithContext(e.Context, e.Record); err != nil {
		return err
	}
	preview, err := h.cfg.Desk.PreviewEdit(e.Context, edit)
	if err != nil {
		return h.refuseArea(e, err)
	}
	return h.refuseArea(e, desk.Checked(edit, preview, checkField))
}

// findings looks at how the area of an edit fits its neighbours, and returns
// nil when there is nothing to say. It never keeps an area from being saved.
func (h *hooks) findings(e *core.RecordEvent, edit desk.AreaEdit) any {
	failed := func(why any) {
		h.cfg.Log.ErrorContext(e.Context, "an area was not compared with its neighbours", slog.String("area", e.Record.Id), slog.Any("err", why))
	}
	defer func() {
		if why := recover(); why != nil {
			failed(why)
		}
	}()
	found, err := desk.FindAround(e.Context, store.New(e.App), edit, h.now(), h.cfg.Language)
	if err != nil {
		failed(err)
	}
	if found == nil {
		return nil
	}
	return found
}

// refusal is the answer of apierr.From. When it is about a field of the record,
// it says so in PocketBase's way too, and the dashboard shows the sentence
// under the field.
func refusal(cause error, lang string, fields core.FieldsList) *router.ApiError {
	answer, ok := errors.AsType[*router.ApiError](apierr.From(cause, lang))
	if !ok {
		return nil
	}
	f := fault.Of(cause)
	if _, taken := answer.Data[f.Field]; !taken && fields.GetByName(f.Field) != nil {
		answer.Data[f.Field] = map[string]any{"code": f.Code, "message": f.Say(lang)}
	}
	return answer
}

// answerChecked answers whoever asked for a preview. It is no failure: returned
// as an error, PocketBase would log it as one.
func answerChecked(e *core.RecordRequestEvent, answer *router.ApiError) error {
	if err := e.JSON(answer.Status, answer); err != nil {
		return fmt.Errorf("answer with a preview: %w", err)
	}
	return nil
}
