package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// What can go wrong with a device.
var (
	ErrDevice = fault.Define(fault.Invalid, "device.invalid",
		"The device is not well described.", "Il dispositivo non è descritto correttamente.")
	ErrNoDevice = fault.Define(fault.NotFound, "device.none",
		"There is no such device.", "Questo dispositivo non esiste.")
)

// Platforms lists what a device can be.
var Platforms = []string{"android", "ios", "web", "go"}

// RegisterDevice registers a device of the caller, or keeps what changed on it:
// an app does so at every start. A push token that belonged to another device
// moves to this one. The errors are ErrDevice, and ErrNoDevice for the device
// of somebody else.
func (d *Desk) RegisterDevice(ctx context.Context, who report.Actor, req DeviceRequest) (DeviceView, error) {
	if who.ID == "" {
		return DeviceView{}, ErrSignIn
	}
	switch {
	case !report.ValidID(req.ID):
		return DeviceView{}, ErrDevice.In("id").With("15 characters of a-z and 0-9")
	case !slices.Contains(Platforms, req.Platform):
		return DeviceView{}, ErrDevice.In("platform").With("one of %v", Platforms)
	case len(req.PushToken) > 4096:
		return DeviceView{}, ErrDevice.In("pushToken").With("at most 4096 bytes")
	case len(req.Name) > 200 || len(req.AppVersion) > 200 || len(req.Language) > 20 || len(req.Timezone) > 60:
		return DeviceView{}, ErrDevice.With("a text is too long")
	}
	var out DeviceView
	err := d.inTx(ctx, func(tx *store.Store) error {
		old, found, err := tx.DeviceByID(ctx, req.ID)
		if err != nil {
			return err
		}
		if found && old.Person != who.ID {
			return fmt.Errorf("register device: %w", ErrNoDevice)
		}
		fresh := store.DeviceRecord{
			ID: req.ID, Person: who.ID, Name: req.Name, Platform: req.Platform, PushToken: req.PushToken,
			AppVersion: req.AppVersion, Language: req.Language, Timezone: req.Timezone,
			State: "active", LastSeenAt: d.now(),
		}
		if found {
			fresh.State = old.State
		}
		out = deviceView(fresh)
		return tx.SaveDevice(ctx, fresh, d.now())
	})
	return out, err
}

// ForgetDevice is what an app does at sign-out: nothing is pushed to the device
// any more. What it still has to send is taken from it whenever it comes.
func (d *Desk) ForgetDevice(ctx context.Context, who report.Actor, id string) error {
	return d.inTx(ctx, func(tx *store.Store) error {
		old, found, err := tx.DeviceByID(ctx, id)
		if err != nil {
			return err
		}
		if !found || old.Person != who.ID {
			return fmt.Errorf("forget device: %w", ErrNoDevice)
		}
		old.PushToken = ""
		return tx.SaveDevice(ctx, old, d.now())
	})
}

// Devices lists the caller's own devices.
func (d *Desk) Devices(ctx context.Context, who report.Actor) ([]DeviceView, error) {
	all, err := d.store.DevicesOfPerson(ctx, who.ID)
	out := make([]DeviceView, 0, len(all))
	for _, one := range all {
		out = append(out, deviceView(one))
	}
	return out, err
}

func deviceView(r store.DeviceRecord) DeviceView {
	return DeviceView{ID: r.ID, Name: r.Name, Platform: r.Platform, State: r.State, HasToken: r.PushToken != "", LastSeenAt: r.LastSeenAt}
}

// A NoticeView is one notice as its reader sees it in the app's inbox.
type NoticeView struct {
	ID        string    `json:"id"`
	Cause     string    `json:"cause"`
	Report    string    `json:"report"`
	Title     string    `json:"title"`
	Body      string    `json:"body"`
	State     string    `json:"state"`
	CreatedAt time.Time `json:"createdAt"`
	OpenedAt  time.Time `json:"openedAt,omitzero"`
}
