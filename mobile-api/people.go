package mobileapi

import (
	"context"
	"time"

	"github.com/sestante/sestante/desk"
)

func (a *API) me(ctx context.Context, r *request) (desk.Me, error) {
	return a.cfg.Desk.Me(ctx, r.who)
}

// A Device is what a device says of itself when it registers, and again when
// something of it changes.
type Device struct {
	Name       string `json:"name,omitempty"`
	Platform   string `json:"platform"` // android, ios, web or go
	PushToken  string `json:"pushToken,omitempty"`
	AppVersion string `json:"appVersion,omitempty"`
	Language   string `json:"language,omitempty"` // it or en
	Timezone   string `json:"timezone,omitempty"` // IANA name
}

func (a *API) putDevice(ctx context.Context, r *request, d Device) (desk.DeviceView, error) {
	if d.Platform == "" {
		return desk.DeviceView{}, ErrRequired.In("platform")
	}
	return a.cfg.Desk.RegisterDevice(ctx, r.who, desk.DeviceRequest{
		ID: r.path("id"), Name: d.Name, Platform: d.Platform, PushToken: d.PushToken,
		AppVersion: d.AppVersion, Language: d.Language, Timezone: d.Timezone,
	})
}

func (a *API) forgetDevice(ctx context.Context, r *request) (answer, error) {
	return answer{}, a.cfg.Desk.ForgetDevice(ctx, r.who, r.path("id"))
}

// A Devices is the list of a person's devices.
type Devices struct {
	Devices []desk.DeviceView `json:"devices"`
}

func (a *API) devices(ctx context.Context, r *request) (Devices, error) {
	all, err := a.cfg.Desk.Devices(ctx, r.who)
	return Devices{some(all)}, err
}

// A Notices is what a person was told, the newest first.
type Notices struct {
	Notices []desk.NoticeView `json:"notices"`
}

func (a *API) notices(ctx context.Context, r *request) (Notices, error) {
	limit, err := r.limit()
	if err != nil {
		return Notices{}, err
	}
	all, err := a.cfg.Desk.Notices(ctx, r.who, limit)
	return Notices{some(all)}, err
}

// A Moment says when something happened, by the device's clock; absent means
// now.
type Moment struct {
	At time.Time `json:"at,omitzero"`
}

// acknowledge returns the handler that notes what happened to a notice:
// received or opened.
func (a *API) acknowledge(what string) handler {
	return func(ctx context.Context, r *request) (answer, error) {
		var m Moment
		if err := r.body.decode(&m); err != nil {
			return answer{}, err
		}
		if now := a.cfg.Now(); m.At.IsZero() || m.At.After(now) {
			m.At = now
		}
		return answer{}, a.cfg.Desk.Acknowledge(ctx, r.who, r.path("id"), what, m.At)
	}
}
