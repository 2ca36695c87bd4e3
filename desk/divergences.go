package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/sestante/sestante/report"
)

// A Divergence is what a verification found on one device.
type Divergence struct {
	Device string          `json:"device"`
	Person report.PersonID `json:"person"`
	DeviceDivergence
}

// mostDivergences bounds the list of them all.
const mostDivergences = 1000

// Divergences lists what verifications found on the devices somebody may look
// after, the last first, at most limit and never more than 1,000; of one device
// when device is not empty. Each was repaired: many of them, or always the same
// collection, say that something writes past the capture. The error is
// ErrNoDevice for whoever looks after none, or not after that one.
func (s *Sync) Divergences(ctx context.Context, who report.Actor, device string, limit int) ([]Divergence, error) {
	if limit <= 0 || limit > mostDivergences {
		limit = mostDivergences
	}
	devices, err := s.diverged(ctx, who, device)
	if err != nil {
		return nil, fmt.Errorf("list divergences: %w", err)
	}
	out := []Divergence{}
	for _, d := range devices {
		found, err := s.desk.store.DeviceDivergences(ctx, d.ID, limit)
		if err != nil {
			return nil, fmt.Errorf("list divergences: %w", err)
		}
		for _, f := range found {
			out = append(out, Divergence{d.ID, d.Person, DeviceDivergence{
				At: f.At, Scope: f.Scope, Collection: f.Coll, Missing: f.Missing, Extra: f.Extra, Stale: f.Stale,
			}})
		}
	}
	slices.SortStableFunc(out, func(a, b Divergence) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Device, b.Device)) })
	return out[:min(len(out), limit)], nil
}

// diverged returns the devices somebody may look after on which something was
// found; there are few.
func (s *Sync) diverged(ctx context.Context, who report.Actor, device string) ([]DeviceHealth, error) {
	if device != "" {
		one, err := s.cared(ctx, s.desk.store, who, device)
		return []DeviceHealth{deviceHealth(one)}, err
	}
	all, err := s.AllDevices(ctx, who)
	return slices.DeleteFunc(all, func(d DeviceHealth) bool { return d.Diverged == 0 }), err
}
