package mobileapi

import (
	"context"
	"errors"
	"fmt"

	"github.com/sestante/sestante/fault"
	fieldsync "github.com/sestante/sestante/sync"
)

// push takes what a device has to say.
func (a *API) push(ctx context.Context, r *request) (answer, error) {
	req, err := a.readPush(ctx, r)
	if err != nil {
		return answer{}, err
	}
	reply, err := a.cfg.Sync.Push(ctx, r.who, req)
	return answer{body: reply}, err
}

func (a *API) readPush(ctx context.Context, r *request) (fieldsync.PushRequest, error) {
	limits := a.cfg.Sync.Limits()
	limits.PushBytes += maxPull // a cursor may come along; the route holds the rest
	data, err := r.body.all(limits.PushBytes)
	if err != nil {
		return fieldsync.PushRequest{}, err
	}
	req, err := fieldsync.DecodePush(data, limits)
	if !errors.Is(err, fieldsync.ErrBody) || len(data) == 0 {
		return req, err
	}
	// Somebody may have done something that is in there: it is kept, and the
	// refusal says under which hash.
	kept, failed := a.cfg.Sync.KeepMalformed(ctx, r.who, data)
	if failed != nil {
		return req, errors.Join(err, failed)
	}
	return req, fmt.Errorf("%w: %w", fieldsync.ErrBody.In(fault.Of(err).Field).With("kept as %s", kept.Raw[0]), err)
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
func (a *API) exchange(ctx context.Context, r *request) (answer, error) {
	req, err := a.readPush(ctx, r)
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
	data, err := r.body.all(a.cfg.MaxVerify)
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
