package mobileapi

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// errStoodStill is what reading a body ends with when nothing came for a while.
var errStoodStill = errors.New("the body stood still")

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// A paceReader lifts the server's time limit on the whole request (a photo
// over a bad network takes longer) and puts one on standing still in its place.
// It belongs to the goroutine of its request.
type paceReader struct {
	io.ReadCloser
	idle    time.Duration
	timer   *time.Timer
	stopped bool
}

func (a *API) paceReader(w http.ResponseWriter, from io.ReadCloser) *paceReader {
	control := http.NewResponseController(w)
	// Errors of setting deadlines are left alone: a connection that knows none
	// (in a test, or already closed) needs none.
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{}) // a refusal must still be told after a long upload
	timer := time.AfterFunc(a.cfg.Idle, func() { _ = control.SetReadDeadline(longAgo) })
	return &paceReader{ReadCloser: from, idle: a.cfg.Idle, timer: timer}
}

func (p *paceReader) Read(b []byte) (int, error) {
	if !p.stopped {
		p.timer.Reset(p.idle)
	}
	n, err := p.ReadCloser.Read(b)
	if err != nil {
		p.stop()
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return n, errStoodStill
	}
	return n, err
}

// stop takes the limit away. It must be called before the work on what was
// read begins: a deadline that passes meanwhile would cancel the request.
func (p *paceReader) stop() {
	p.stopped = true
	p.timer.Stop()
}

// A writer is what answers are written to. It lifts the server's time limits on
// the whole request and answer: a reader that takes nothing for a while loses
// the connection instead.
type writer struct {
	http.ResponseWriter
	idle    time.Duration
	control *http.ResponseController
	timer   *time.Timer
	begun   bool // something was written
}

func (a *API) paceWriter(w http.ResponseWriter) *writer {
	p := &writer{ResponseWriter: w, idle: a.cfg.Idle, control: http.NewResponseController(w)}
	_ = p.control.SetWriteDeadline(time.Time{}) // errors: see paceReader
	_ = p.control.SetReadDeadline(time.Time{})  // net/http keeps reading, and hangs up when that fails
	p.timer = time.AfterFunc(p.idle, func() { _ = p.control.SetWriteDeadline(longAgo) })
	p.timer.Stop()
	return p
}

// Unwrap lets http.ResponseController find the connection.
func (p *writer) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Write writes, and gives up when nobody takes it.
func (p *writer) Write(b []byte) (int, error) {
	p.begun = true
	p.timer.Reset(p.idle)
	defer p.timer.Stop()
	return p.ResponseWriter.Write(b)
}

// Flush sends what was written on its way.
func (p *writer) Flush() error {
	p.timer.Reset(p.idle)
	defer p.timer.Stop()
	if f, ok := p.ResponseWriter.(http.Flusher); ok { // the one that compresses empties itself first
		f.Flush()
		return nil
	}
	return p.control.Flush()
}
