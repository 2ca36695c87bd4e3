package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// What can go wrong when somebody looks after the devices of others.
var (
	ErrNotDevices = fault.Define(fault.Forbidden, "device.forbidden",
		"Only an administrator or a service manager wipes a device, or takes that back.",
		"Solo un amministratore o un responsabile del servizio cancella un dispositivo o ritira la cancellazione.")
	ErrDeviceState = fault.Define(fault.Invalid, "device.state",
		"A device is active, locked or wipe, and a reason is needed.", "Un dispositivo è active, locked o wipe, e serve una motivazione.")
	ErrWiped = fault.Define(fault.Conflict, "device.wiped_already",
		"This device has destroyed what it held. It can start anew with another id.",
		"Questo dispositivo ha distrutto i suoi dati. Può ricominciare con un altro id.")
	ErrNotWiped = fault.Define(fault.Conflict, "device.not_wiped",
		"This device was not told to destroy what it holds.", "A questo dispositivo non è stato chiesto di distruggere i suoi dati.")
)

// A DeviceHealth is how a device stands, for an operator. Positions, photos and
// what was reported are no part of it.
type DeviceHealth struct {
	ID          string          `json:"id"`
	Person      report.PersonID `json:"person"`
	PersonName  string          `json:"personName"`
	Name        string          `json:"name"`
	Platform    string          `json:"platform"`
	AppVersion  string          `json:"appVersion"`
	Schema      string          `json:"schema"`
	State       string          `json:"state"` // active, locked or wipe
	LastSeenAt  time.Time       `json:"lastSeenAt,omitzero"`
	Waiting     int64           `json:"waiting"`              // changes that waited on it when it was last here
	OldestAt    time.Time       `json:"oldestAt,omitzero"`    // when the oldest of them was made
	Lag         int64           `json:"lag"`                  // numbers of the log it has not shown
	BehindSince time.Time       `json:"behindSince,omitzero"` // when the first of them was committed
	SkewMs      int64           `json:"skewMs"`               // its clock minus ours, in milliseconds
	Refused     int64           `json:"refused"`              // changes of its that were refused
	Quarantined int64           `json:"quarantined"`          // changes of its that are kept and were not done
	Diverged    int64           `json:"diverged"`             // records it was found to hold wrongly, in all; each was repaired
	DivergedAt  time.Time       `json:"divergedAt,omitzero"`  // when last
	WipedAt     time.Time       `json:"wipedAt,omitzero"`     // its receipt that it destroyed what it held
	LastMid     int64           `json:"lastMid"`              // every change up to here has its end
}

// mostDevices bounds the list an operator gets.
const mostDevices = 5000

// wipers are the roles that may have a device destroy what it holds; watchers
// besides them see devices and lock and unlock them, within their area.
var (
	wipers   = []report.Role{report.RoleAdmin, report.RoleServiceManager, report.RoleSystem}
	watchers = []report.Role{report.RoleCoordinator}
)

// within returns the districts whose people's devices somebody may look after:
// nil for all of them. The error is ErrNoDevice for whoever looks after none.
func within(who report.Actor) ([]report.AreaID, error) {
	var districts []report.AreaID
	watches := false
	for _, g := range who.Grants {
		switch {
		case slices.Contains(wipers, g.Role):
			return nil, nil
		case slices.Contains(watchers, g.Role):
			if len(g.Districts) == 0 { // a coordinator without an area has all of it
				return nil, nil
			}
			watches = true
			districts = append(districts, g.Districts...)
		}
	}
	if !watches {
		return nil, ErrNoDevice
	}
	return districts, nil
}

// AllDevices lists the devices that somebody may look after, the last seen
// first: every one for an administrator or a service manager, those of the
// people of their districts for a coordinator. The error is ErrNoDevice for
// anybody else.
func (s *Sync) AllDevices(ctx context.Context, who report.Actor) ([]DeviceHealth, error) {
	districts, err := within(who)
	if err != nil {
		return nil, err
	}
	all, err := s.desk.store.DeviceHealths(ctx, districts, mostDevices)
	if err != nil {
		return nil, err
	}
	out := make([]DeviceHealth, len(all))
	for i, d := range all {
		out[i] = deviceHealth(d)
	}
	return out, nil
}

func deviceHealth(d store.DeviceHealth) DeviceHealth {
	return DeviceHealth{
		ID: d.ID, Person: d.Person, PersonName: d.PersonName, Name: d.Name, Platform: d.Platform, AppVersion: d.AppVersion,
		Schema: d.Schema, State: orActive(d.State), LastSeenAt: d.LastSeenAt, Waiting: d.Unacked, OldestAt: d.Oldest, Lag: d.LagSeq,
		BehindSince: d.BehindSince, SkewMs: d.SkewMs, Refused: d.Refused, Quarantined: d.Quarantined, Diverged: d.Diverged,
		DivergedAt: d.DivergedAt, WipedAt: d.WipedAt, LastMid: d.LastMid,
	}
}

func orActive(state string) string {
	if state == "" {
		return string(fieldsync.Active)
	}
	return state
}

// maxReason bounds a reason, in bytes.
const maxReason = 500

// SetDeviceState says what somebody else's device may do: active, locked (what
// it sends is kept and not done, and it gets nothing) or wipe (and it destroys
// what it holds). It leaves a trace with the reason, and tells the device at
// once when it listens. Only an administrator or a service manager may wipe, or
// take a wipe back; a wipe that was carried out cannot be taken back. What a
// device that becomes active handed in meanwhile is carried out at once, as far
// as it can be. The errors are ErrNotDevices, ErrDeviceState, ErrNoDevice and
// ErrWiped.
func (s *Sync) SetDeviceState(ctx context.Context, who report.Actor, id string, state fieldsync.DeviceState, reason string) (DeviceHealth, error) {
	states := []fieldsync.DeviceState{fieldsync.Active, fieldsync.Locked, fieldsync.Wipe}
	switch {
	case !slices.Contains(states, state):
		return DeviceHealth{}, ErrDeviceState.In("state")
	case reason == "" || len(reason) > maxReason:
		return DeviceHealth{}, ErrDeviceState.In("reason").With("1 to %d bytes", maxReason)
	}
	var out DeviceHealth
	err := s.desk.store.InTx(ctx, func(tx *store.Store) error {
		old, err := s.cared(ctx, tx, who, id)
		if err != nil {
			return err
		}
		all, _ := within(who)
		if mayWipe := all == nil && hasRole(who, wipers); !mayWipe && (state == fieldsync.Wipe || old.State == string(fieldsync.Wipe)) {
			return ErrNotDevices
		}
		if old.State == string(fieldsync.Wipe) && state != fieldsync.Wipe && !old.WipedAt.IsZero() {
			return ErrWiped
		}
		by := string(who.ID)
		if by == "" {
			by = "console"
		}
		out = deviceHealth(old)
		out.State = string(state)
		return tx.SetDeviceState(ctx, store.DeviceTrace{
			ID: newID(), Device: id, At: s.desk.now(), What: "state", Old: orActive(old.State), New: string(state), By: by, Reason: reason,
		})
	})
	if err != nil {
		return DeviceHealth{}, fmt.Errorf("set the state of a device: %w", err)
	}
	s.desk.log.InfoContext(ctx, "device state set", "device", id, "state", string(state), "by", string(who.ID))
	s.cfg.Hub.Look(id)
	if state != fieldsync.Active {
		return out, nil
	}
	return s.released(ctx, out)
}

// released carries out what a device handed in while it was locked, and returns
// how the device stands then. What cannot be carried out now (its person is
// disabled, the storage is busy) waits on for the device's next push, and is no
// reason to say that the device is not active.
func (s *Sync) released(ctx context.Context, d DeviceHealth) (DeviceHealth, error) {
	ctx = context.WithoutCancel(ctx) // an operator who hangs up must not leave half of it
	done, err := s.Release(ctx, d.ID)
	if err != nil {
		s.desk.log.WarnContext(ctx, "what a device handed in still waits", "device", d.ID, "error", err)
	}
	if len(done) == 0 {
		return d, nil
	}
	s.desk.log.InfoContext(ctx, "what a device handed in was carried out", "device", d.ID, "mutations", len(done))
	now, found, err := s.desk.store.DeviceHealth(ctx, nil, d.ID)
	if err != nil || !found {
		return d, err
	}
	return deviceHealth(now), nil
}

func hasRole(who report.Actor, roles []report.Role) bool {
	return slices.ContainsFunc(who.Grants, func(g report.Grant) bool { return slices.Contains(roles, g.Role) })
}

// cared returns a device that somebody may look after; one outside their area
// does not exist for them.
func (s *Sync) cared(ctx context.Context, tx *store.Store, who report.Actor, id string) (store.DeviceHealth, error) {
	districts, err := within(who)
	if err != nil {
		return store.DeviceHealth{}, err
	}
	d, found, err := tx.DeviceHealth(ctx, districts, id)
	if err == nil && !found {
		err = ErrNoDevice
	}
	return d, err
}

// Wiped takes the receipt of a device that was told to destroy what it holds
// and did. Repeating it changes nothing. The errors are ErrSignIn, ErrNoDevice
// and ErrNotWiped.
func (s *Sync) Wiped(ctx context.Context, who report.Actor, id string) error {
	if who.ID == "" {
		return ErrSignIn
	}
	d := s.desk
	return d.store.InTx(ctx, func(tx *store.Store) error {
		one, found, err := tx.DeviceHealth(ctx, nil, id)
		switch {
		case err != nil:
			return err
		case !found || one.Person != who.ID:
			return fmt.Errorf("take the receipt of a wipe: %w", ErrNoDevice)
		case one.State != string(fieldsync.Wipe):
			return fmt.Errorf("take the receipt of a wipe: %w", ErrNotWiped)
		case !one.WipedAt.IsZero():
			return nil
		}
		return tx.TraceDevice(ctx, store.DeviceTrace{
			ID: newID(), Device: id, At: d.now(), What: "wiped", Old: one.State, New: one.State, By: string(who.ID),
		})
	})
}

// A DeviceStory is one device with what happened to it.
type DeviceStory struct {
	DeviceHealth
	Traces      []DeviceTrace      `json:"traces"`
	Divergences []DeviceDivergence `json:"divergences"`
}

// A DeviceTrace is one thing that happened to a device besides its syncs.
type DeviceTrace struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"` // state; wiped: its receipt; released or dismissed: what was decided about a change it sent
	Old    string    `json:"old"`
	New    string    `json:"new"`
	By     string    `json:"by"` // a person, or console
	Reason string    `json:"reason"`
}

// A DeviceDivergence is what a verification found in one collection of one
// scope. It was repaired.
type DeviceDivergence struct {
	At         time.Time `json:"at"`
	Scope      string    `json:"scope"`
	Collection string    `json:"collection"`
	Missing    int64     `json:"missing"`
	Extra      int64     `json:"extra"`
	Stale      int64     `json:"stale"`
}

// mostTraces bounds what an operator is told of one device.
const mostTraces = 200

// DeviceStory returns one device somebody may look after, with what happened to
// it, the last first. The error is ErrNoDevice.
func (s *Sync) DeviceStory(ctx context.Context, who report.Actor, id string) (DeviceStory, error) {
	one, err := s.cared(ctx, s.desk.store, who, id)
	if err != nil {
		return DeviceStory{}, err
	}
	out := DeviceStory{DeviceHealth: deviceHealth(one), Traces: []DeviceTrace{}, Divergences: []DeviceDivergence{}}
	traces, err := s.desk.store.DeviceTraces(ctx, id, mostTraces)
	for _, t := range traces {
		out.Traces = append(out.Traces, DeviceTrace{At: t.At, What: t.What, Old: t.Old, New: t.New, By: t.By, Reason: t.Reason})
	}
	found, err2 := s.desk.store.DeviceDivergences(ctx, id, mostTraces)
	for _, d := range found {
		out.Divergences = append(out.Divergences, DeviceDivergence{At: d.At, Scope: d.Scope, Collection: d.Coll, Missing: d.Missing, Extra: d.Extra, Stale: d.Stale})
	}
	return out, errors.Join(err, err2)
}
