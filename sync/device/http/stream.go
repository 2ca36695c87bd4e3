package httpdevice

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sestante/sestante/fault"
	fieldsync "github.com/sestante/sestante/sync"
)

// ErrSilent ends a stream on which nothing came for too long: the connection is
// half open, and nobody told us.
var ErrSilent = fault.Define(fault.Busy, "device.silent",
	"The server has fallen silent; the device will ask again.", "Il server non dà segni di vita; il dispositivo riproverà.")

// An Event is one word of a stream. At most one of Poke, Beat and Command is
// set; an event this version does not know has none of them.
type Event struct {
	Seq     int64 // what the log had reached, to go on from; 0 when the event does not say
	Poke    *fieldsync.Poke
	Beat    *fieldsync.Beat
	Command *fieldsync.Command
}

// Listen opens the stream of a device, from the number of the log it was told
// of last, and tells of every event until the context ends, tell fails, or the
// connection does. It always returns an error: tell's own, the context's,
// ErrSilent, a refusal as Exchange has it, or io.EOF when the server ended it.
func (l *Link) Listen(ctx context.Context, device string, after int64, tell func(Event) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(l.cfg.Silence, func() { cancel(ErrSilent) })
	defer silence.Stop()
	header := http.Header{"Accept": {"text/event-stream"}}
	if after > 0 {
		header.Set("Last-Event-ID", strconv.FormatInt(after, 10))
	}
	res, err := l.send(ctx, http.MethodGet, "sync/stream?did="+url.QueryEscape(device), header, nil)
	if err != nil {
		return because(ctx, err)
	}
	err = events(res.Body, func() { silence.Reset(l.cfg.Silence) }, tell)
	return errors.Join(because(ctx, err), res.Body.Close())
}

// because returns why the context ended, if it did: that is why reading failed.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// maxEvent bounds one line of a stream, in bytes; the server's are below 200.
const maxEvent = 64 << 10

// events reads server-sent events
// (https://html.spec.whatwg.org/multipage/server-sent-events.html), as far as
// this server uses them: a line ends with a line feed.
func events(from io.Reader, heard func(), tell func(Event) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 1<<10), maxEvent)
	var id int64
	var name string
	var data []byte
	for lines.Scan() {
		heard()
		line := strings.TrimSuffix(lines.Text(), "\r")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "id":
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				id = n
			}
		case "event":
			name = value
		case "data":
			if len(data)+len(value) > maxEvent {
				return bufio.ErrTooLong
			}
			data = append(append(data, value...), '\n')
		}
		if line != "" || len(data) == 0 {
			continue
		}
		e, err := eventOf(name, id, data)
		if err != nil {
			return err
		}
		if err := tell(e); err != nil {
			return err
		}
		name, data = "", data[:0]
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the stream: %w", err)
	}
	return io.EOF
}

func eventOf(name string, id int64, data []byte) (Event, error) {
	e := Event{Seq: id}
	var into any
	switch name {
	case "poke":
		e.Poke = &fieldsync.Poke{}
		into = e.Poke
	case "hb":
		e.Beat = &fieldsync.Beat{}
		into = e.Beat
	case "cmd":
		e.Command = &fieldsync.Command{}
		into = e.Command
	default: // of a newer server
		return e, nil
	}
	if err := json.Unmarshal(bytes.TrimSpace(data), into); err != nil {
		return Event{}, fmt.Errorf("read a %s: %w", name, err)
	}
	return e, nil
}
