package mobileapi

import (
	"context"
	"time"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// Desk is temporary.
type Desk interface {
	Actor(ctx context.Context, id report.PersonID) (report.Actor, error)
	Submit(ctx context.Context, who report.Actor, s desk.Submission) (desk.Receipt, error)
	AddPhotos(ctx context.Context, who report.Actor, to desk.PhotoTarget, photos []desk.NewPhoto) ([]desk.PhotoView, error)
	Track(ctx context.Context, token, lang string) (desk.Tracking, error)
	TrackPhoto(ctx context.Context, token, mediaID string, size store.Size) (data []byte, contentType string, err error)
	Photo(ctx context.Context, who report.Actor, mediaID string, size store.Size) ([]byte, string, error)
	View(ctx context.Context, who report.Actor, key string, lang string) (desk.ReportView, error)
	List(ctx context.Context, who report.Actor, q desk.Query) (desk.Page, error)
	Map(ctx context.Context, who report.Actor, q desk.Query) (desk.FeatureCollection, error)
	PublicMap(ctx context.Context, q desk.Query) (desk.FeatureCollection, error)
	Do(ctx context.Context, who report.Actor, call report.Call) (desk.Result, error)
	RegisterDevice(ctx context.Context, who report.Actor, req desk.DeviceRequest) (desk.DeviceView, error)
	ForgetDevice(ctx context.Context, who report.Actor, id string) error
	Devices(ctx context.Context, who report.Actor) ([]desk.DeviceView, error)
	ObjectTypes(ctx context.Context, who report.Actor, lang string) ([]desk.ObjectType, error)
	Locate(ctx context.Context, p desk.Place, lang string) (desk.Located, error)
	Me(ctx context.Context, who report.Actor) (desk.Me, error)
	Notices(ctx context.Context, who report.Actor, limit int) ([]desk.NoticeView, error)
	Acknowledge(ctx context.Context, who report.Actor, noticeID, what string, at time.Time) error
}
