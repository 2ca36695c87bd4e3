package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

// autoVerifyBatch bounds one round, so that a year's backlog does not hold the
// only writer.
const autoVerifyBatch = 100

// VerifyUnattended closes reports whose work nobody has verified for as long as
// the policy allows, and returns how many. It does nothing when the policy wants
// a person.
func (d *Desk) VerifyUnattended(ctx context.Context) (int, error) {
	p := d.cfg.Policy
	if !p.AutoVerify {
		return 0, nil
	}
	before := d.now().Add(-time.Duration(p.AutoVerifyDays) * 24 * time.Hour)
	waiting, err := d.store.ResolvedBefore(ctx, before, autoVerifyBatch)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, id := range waiting {
		_, err := d.Do(ctx, report.Actor{ID: report.System}, report.Call{
			ID: newID(), Name: "report.verify", Report: id, Args: []byte(`{"ok":true}`), OccurredAt: d.now(), Source: report.SourceSystem,
		})
		switch {
		case err == nil:
			done++
		case errors.Is(err, fault.ErrUnknown) || fault.Of(err).Kind == fault.Internal:
			return done, fmt.Errorf("verify report %s: %w", id, err)
		default: // somebody was there first
		}
	}
	return done, nil
}
