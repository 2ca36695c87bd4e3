package fieldsync

import (
	"context"
	"fmt"
	"slices"
)

// WidelyHeld returns the classes of the scopes that many people hold: what is read
// for one of them is soon read for the next.
func WidelyHeld() []Class {
	var out []Class
	for _, c := range Captured {
		for _, r := range c.Rules {
			switch r.Class {
			case Reporter, ReporterOrg, Assignee, Org: // a few people's
			default:
				if !slices.Contains(out, r.Class) {
					out = append(out, r.Class)
				}
			}
		}
	}
	return out
}

// Prepare reads the records of the entries once for each audience that the
// scopes have, so that a view that remembers what it has read has them at hand
// when the first device asks.
func Prepare(ctx context.Context, v View, scopes []Scope, entries []Entry) error {
	byAudience := map[Audience]map[int64]Scope{}
	for _, s := range scopes {
		a := ClassOf(s.S).Audience()
		if byAudience[a] == nil {
			byAudience[a] = map[int64]Scope{}
		}
		byAudience[a][s.I] = s
	}
	for len(entries) > 0 {
		batch := entries[:min(len(entries), batchRows)]
		entries = entries[len(batch):]
		for _, held := range byAudience {
			_, err := v.Records(ctx, batch, func(coll string, in []int64) ([]int64, Audience) { return visibleIn(held, coll, in) })
			if err != nil {
				return fmt.Errorf("prepare records: %w", err)
			}
		}
	}
	return nil
}
