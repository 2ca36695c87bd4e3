package mobileapi

import (
	"context"

	"github.com/sestante/sestante/desk"
	fieldsync "github.com/sestante/sestante/sync"
)

// An AllDevices is the devices somebody looks after, the last seen first.
type AllDevices struct {
	Devices []desk.DeviceHealth `json:"devices"`
}

func (a *API) allDevices(ctx context.Context, r *request) (AllDevices, error) {
	all, err := a.cfg.Sync.AllDevices(ctx, r.who)
	return AllDevices{some(all)}, err
}

func (a *API) deviceStory(ctx context.Context, r *request) (desk.DeviceStory, error) {
	return a.cfg.Sync.DeviceStory(ctx, r.who, r.path("id"))
}

// A DeviceOrder says what a device may do from now on, and why.
type DeviceOrder struct {
	State  string `json:"state"` // active, locked or wipe
	Reason string `json:"reason"`
}

func (a *API) setDeviceState(ctx context.Context, r *request, o DeviceOrder) (desk.DeviceHealth, error) {
	return a.cfg.Sync.SetDeviceState(ctx, r.who, r.path("id"), fieldsync.DeviceState(o.State), o.Reason)
}

// wiped takes the receipt of a device that destroyed what it held.
func (a *API) wiped(ctx context.Context, r *request) (answer, error) {
	return answer{}, a.cfg.Sync.Wiped(ctx, r.who, r.path("id"))
}
