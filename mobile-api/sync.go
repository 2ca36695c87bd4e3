package mobileapi

import (
	"context"

	fieldsync "github.com/sestante/sestante/sync"
)

// push takes what a device has to say.
func (a *API) push(ctx context.Context, r *request) (answer, error) {
	req, err := a.readPush(r)
	if err != nil {
		return answer{}, err
	}
	reply, err := a.cfg.Sync.Push(ctx, r.who, req)
	return answer{body: reply}, err
}

func (a *API) readPush(r *request) (fieldsync.PushRequest, error) {
	limits := a.cfg.Sync.Limits()
	limits.PushBytes += maxPull // a cursor may come along; the route holds the rest
	data, err := r.body.all(limits.PushBytes)
	if err != nil {
		return fieldsync.PushRequest{}, err
	}
	return fieldsync.DecodePush(data, limits)
}

// pull sends what changed, line by line.
func (a *API) pull(_ context.Context, r *request) (answer, error) {
	data, err := r.body.all(maxPull)
	if err != nil {
		return answer{}, err
	}
	req, err := fieldsync.DecodePull(data)
	if err != nil {
		return answer{}, err
	}
	return answer{stream: func(ctx context.Context, w *writer) error {
		l := a.newLines(r, w)
		return l.end(a.cfg.Sync.Pull(ctx, r.who, req, l.emit))
	}}, nil
}

// exchange is a push and a pull in one round trip.
func (a *API) exchange(_ context.Context, r *request) (answer, error) {
	req, err := a.readPush(r)
	if err != nil {
		return answer{}, err
	}
	return answer{stream: func(ctx context.Context, w *writer) error {
		l := a.newLines(r, w)
		return l.end(a.cfg.Sync.Exchange(ctx, r.who, req, l.emit))
	}}, nil
}

// verify tells a device where what it holds differs, and repairs it.
func (a *API) verify(_ context.Context, r *request) (answer, error) {
	data, err := r.body.all(maxVerify)
	if err != nil {
		return answer{}, err
	}
	req, err := fieldsync.DecodeVerify(data)
	if err != nil {
		return answer{}, err
	}
	return answer{stream: func(ctx context.Context, w *writer) error {
		l := a.newLines(r, w)
		return l.end(a.cfg.Sync.Verify(ctx, r.who, req, l.emit))
	}}, nil
}
