package desk

import (
	"context"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
)

// ErrNotSuggested answers a word on a suggestion that was never made.
var ErrNotSuggested = fault.Define(fault.NotFound, "duplicates.not_suggested",
	"That report was not suggested as a duplicate of this one.",
	"Quella segnalazione non è stata proposta come doppione di questa.")

// DismissDuplicate says that a report is no duplicate of one that was suggested
// for it; undo takes that back. What the staff says of two reports holds for
// both of them, whichever of them it was said of. The errors are report.ErrNone for either of the
// two when it is not there or not for the caller, and ErrNotSuggested.
func (d *Desk) DismissDuplicate(ctx context.Context, who report.Actor, key string, candidate report.ID, undo bool) error {
	r, audience, err := d.ownOrStaff(ctx, who, key)
	if err != nil {
		return err
	}
	if _, _, err := d.readable(ctx, d.store, who, candidate); err != nil {
		return err
	}
	side := sideOf(audience)
	dismissed, err := d.store.DismissedDuplicates(ctx, r.ID)
	if err != nil {
		return err
	}
	if dismissed[candidate] == "staff" && side != "staff" { // what the staff said, only the staff takes back
		if undo {
			return ErrNotSuggested
		}
		return nil
	}
	by := side
	if undo {
		by = ""
	}
	ok, err := d.dismiss(ctx, r.ID, candidate, by, side)
	if err != nil || ok {
		return err
	}
	// Another device may have been shown it without a word to us: look once more.
	if _, err := d.duplicatesOf(ctx, who, r, seeking{stage: "desk", side: side, all: true}); err != nil {
		return err
	}
	if ok, err = d.dismiss(ctx, r.ID, candidate, by, side); err == nil && !ok {
		err = ErrNotSuggested
	}
	return err
}

func (d *Desk) dismiss(ctx context.Context, id, candidate report.ID, by, side string) (bool, error) {
	if err := d.keepShown(ctx); err != nil {
		return false, err
	}
	return d.store.DismissDuplicate(ctx, id, candidate, by, side == "staff", d.now())
}

// sideOf says on whose behalf somebody dismisses a suggestion.
func sideOf(a report.Audience) string {
	if a == report.AudienceReporter {
		return "reporter"
	}
	return "staff"
}
