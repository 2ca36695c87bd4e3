package mobileapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// A NewPhotos says which report some photos are for: exactly one of report,
// clientId and trackToken. The photos themselves come under "photos".
type NewPhotos struct {
	Report     string `json:"report,omitempty"`     // id
	ClientID   string `json:"clientId,omitempty"`   // of a report the same caller sent, or will send
	TrackToken string `json:"trackToken,omitempty"` // of the private link
	Kind       string `json:"kind,omitempty"`       // before, after or doc; default before
}

// A Photos is a list of photos that were taken in.
type Photos struct {
	Photos []desk.PhotoView `json:"photos"`
}

func (a *API) addPhotos(ctx context.Context, r *request) (answer, error) {
	var n NewPhotos
	f, err := a.readForm(r.body, &n)
	defer f.release()
	if err != nil {
		return answer{}, err
	}
	if err := oneOf("kind", n.Kind, []string{report.PhotoBefore, report.PhotoAfter, report.PhotoDoc}); err != nil {
		return answer{}, err
	}
	for i := range f.photos {
		f.photos[i].Kind = n.Kind
	}
	views, err := a.guarded(r, n.TrackToken, func() (any, error) {
		return a.cfg.Desk.AddPhotos(ctx, r.who, desk.PhotoTarget{
			Report: report.ID(n.Report), ClientID: n.ClientID, TrackToken: n.TrackToken,
		}, f.photos)
	})
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusCreated, body: Photos{views.([]desk.PhotoView)}}, nil
}

// keptByPhones is how long a phone may keep a photo: for good. Its bytes never
// change, only who may ask for them.
const keptByPhones = "private, max-age=31536000, immutable"

func (a *API) photo(ctx context.Context, r *request) (answer, error) {
	id, size := r.path("id"), store.Size(r.path("size"))
	data, contentType, err := a.cfg.Desk.Photo(ctx, r.who, id, size)
	return photoAnswer(id, size, data, contentType), err
}

func (a *API) trackPhoto(ctx context.Context, r *request) (answer, error) {
	token, id, size := r.path("token"), r.path("id"), store.Size(r.path("size"))
	var contentType string
	data, err := a.guarded(r, token, func() (any, error) {
		data, kind, err := a.cfg.Desk.TrackPhoto(ctx, token, id, size)
		contentType = kind
		return data, err
	})
	if err != nil {
		return answer{}, err
	}
	return photoAnswer(id, size, data.([]byte), contentType), nil
}

func photoAnswer(id string, size store.Size, data []byte, contentType string) answer {
	out := answer{blob: data, contentType: contentType, tag: id + "-" + string(size), cache: keptByPhones}
	if size == store.Original { // saved, not shown: it is as a stranger sent it
		out.name = id + "." + strings.TrimPrefix(contentType, "image/")
	}
	return out
}

// track answers the holder of a private link.
func (a *API) track(ctx context.Context, r *request) (desk.Tracking, error) {
	token := r.path("token")
	out, err := a.guarded(r, token, func() (any, error) { return a.cfg.Desk.Track(ctx, token, r.lang) })
	if err != nil {
		return desk.Tracking{}, err
	}
	return out.(desk.Tracking), nil
}

// guarded asks with a token, unless the caller's address has been guessing: a
// token cannot be found by trying, and trying is not free.
func (a *API) guarded(r *request, token string, ask func() (any, error)) (any, error) {
	if token == "" {
		return ask()
	}
	now := a.cfg.Now()
	if wait := a.guesses.spent(r.ip, now); wait > 0 {
		return nil, later{ErrLimited, wait}
	}
	out, err := ask()
	if err != nil && fault.Of(err).Kind == fault.NotFound {
		a.guesses.take(r.ip, now)
	}
	return out, err
}
