package hooks

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/internal/apierr"
)

// ErrCallsOnly answers a write past the desk to something that has a life.
var ErrCallsOnly = fault.Define(fault.Forbidden, "report.calls_only",
	"Change a report by a call, not by editing its rows.",
	"Una segnalazione si modifica con una chiamata, non riscrivendone i dati.")

// lived names the collections that only calls write, and the few fields an
// administrator may still edit by hand: taking something off the public pages
// cannot wait for a program. The events, the outbox and what hangs on a report
// have none.
var lived = map[string][]string{
	"reports":       {"visibility"},
	"media":         {"visibility"},
	"reportEvents":  nil,
	"messages":      nil,
	"reportLinks":   nil,
	"interventions": nil,
	"subscriptions": nil,
	"notices":       nil,
	"deliveries":    nil,
}

// refuseRecord refuses to create or delete what has a life.
func (h *hooks) refuseRecord(e *core.RecordEvent) error {
	return apierr.From(fmt.Errorf("write %s %s: %w", e.Record.Collection().Name, e.Record.Id, ErrCallsOnly), h.cfg.Language)
}

// guardUpdate refuses a change of any field that is not free. It compares with
// what this copy was loaded with: keepUnchanged sees to it that nothing else is
// written.
func (h *hooks) guardUpdate(e *core.RecordEvent) error {
	name := e.Record.Collection().Name
	old := e.Record.Original()
	for _, f := range e.Record.Collection().Fields {
		if _, auto := f.(*core.AutodateField); auto || slices.Contains(lived[name], f.GetName()) {
			continue
		}
		if fmt.Sprint(e.Record.Get(f.GetName())) != fmt.Sprint(old.Get(f.GetName())) {
			return apierr.From(fmt.Errorf("write %s %s: %w", name, e.Record.Id, ErrCallsOnly.In(f.GetName())), h.cfg.Language)
		}
	}
	e.Record.IgnoreUnchangedFields(true)
	return e.Next()
}

// translate puts the refusal of a model hook, which knows no reader, into the
// language of whoever asked.
func (h *hooks) translate(e *core.RecordRequestEvent) error {
	err := e.Next()
	refused, ok := errors.AsType[*router.ApiError](err)
	if !ok {
		return err
	}
	cause, ok := refused.RawData().(error)
	if !ok || !ours(cause) {
		return err
	}
	answer := refusal(cause, apierr.Language(e.Request.Header.Get("Accept-Language"), h.cfg.Language), e.Collection.Fields)
	if errors.Is(cause, desk.ErrAreaChecked) {
		return answerChecked(e, answer)
	}
	return answer
}

// keepUnchanged writes the changed columns only: PocketBase reads the row and
// writes all of it back outside any transaction, and of two edits of different
// fields one would be lost.
func keepUnchanged(e *core.RecordEvent) error {
	e.Record.IgnoreUnchangedFields(true)
	return e.Next()
}
