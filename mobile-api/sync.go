package mobileapi

import (
	"context"
	"errors"

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
		l := &lines{w: w}
		return errors.Join(a.cfg.Sync.Pull(ctx, r.who, req, l.emit), l.end())
	}}, nil
}

// exchange is a push and a pull in one round trip.
func (a *API) exchange(_ context.Context, r *request) (answer, error) {
	req, err := a.readPush(r)
	if err != nil {
		return answer{}, err
	}
	return answer{stream: func(ctx context.Context, w *writer) error {
		l := &lines{w: w}
		return errors.Join(a.cfg.Sync.Exchange(ctx, r.who, req, l.emit), l.end())
	}}, nil
}

// A lines writes NDJSON. What a device can keep by itself (the reply to its
// push, a resume point) is sent on its way at once, the rest by the block.
type lines struct {
	w   *writer
	buf []byte
}

// blockBytes is how much is gathered before it is written.
const blockBytes = 32 << 10

func (l *lines) emit(line any) error {
	var err error
	if l.buf, err = fieldsync.AppendLine(l.buf, line); err != nil {
		return err
	}
	switch line.(type) {
	case fieldsync.PushReply, fieldsync.Page:
		if err := l.end(); err != nil {
			return err
		}
		return l.w.Flush()
	default:
		if len(l.buf) < blockBytes {
			return nil
		}
		return l.end()
	}
}

// end writes what was gathered.
func (l *lines) end() error {
	if len(l.buf) == 0 {
		return nil
	}
	_, err := l.w.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}
