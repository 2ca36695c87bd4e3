package mobileapi

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	fieldsync "github.com/sestante/sestante/sync"
)

// A packer compresses what is written to it.
type packer interface {
	io.WriteCloser
	Flush() error
	Reset(w io.Writer)
}

// packers keeps what compresses for the next answer: each holds some hundred
// kilobytes. The zero packers is ready.
type packers struct{ gzip, zstd sync.Pool }

func (p *packers) take(encoding string, w io.Writer) (packer, error) {
	switch encoding {
	case "zstd":
		if z, ok := p.zstd.Get().(*zstd.Encoder); ok {
			z.Reset(w)
			return z, nil
		}
		// A phone's memory bounds the window, ours the number of goroutines.
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	case "gzip":
		if z, ok := p.gzip.Get().(*gzip.Writer); ok {
			z.Reset(w)
			return z, nil
		}
		return gzip.NewWriterLevel(w, gzip.BestSpeed) // a phone waits for the server's CPU too
	default:
		return nil, nil
	}
}

func (p *packers) give(z packer) {
	switch z := z.(type) {
	case *zstd.Encoder:
		p.zstd.Put(z)
	case *gzip.Writer:
		p.gzip.Put(z)
	}
}

// encodingOf picks how to compress for a client: zstd before gzip, and neither
// unless it asks (https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding).
func encodingOf(h http.Header) string {
	best := ""
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(part, ";")
		if q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok {
			if v, err := strconv.ParseFloat(q, 64); err != nil || v <= 0 {
				continue
			}
		}
		switch name = strings.ToLower(strings.TrimSpace(name)); name {
		case "zstd":
			return name
		case "gzip":
			best = name
		}
	}
	return best
}

// A lines writes NDJSON. The answer is made in memory, compressed, and sent when
// it is whole: a pull reads one state of the database, and a phone that takes a
// minute to receive must not hold that state for so long, because meanwhile the
// write-ahead log cannot be emptied. The bytes of a pull are limited (see
// fieldsync.Limits), and so is this memory. The reply to a push goes on its way
// at once, before the state is opened.
type lines struct {
	w        *writer
	packers  *packers
	encoding string // zstd, gzip or none
	pack     packer // nil: nothing is compressed yet
	raw      []byte
	out      bytes.Buffer
	plain    bool // what was sent was not compressed
}

const (
	// blockBytes is how much is gathered before it is compressed.
	blockBytes = 64 << 10
	// spoolBytes is how much is held before it is sent although there is more.
	spoolBytes = 8 << 20
)

func (a *API) newLines(r *request, w *writer) *lines {
	return &lines{w: w, packers: &a.packers, encoding: encodingOf(r.event.Request.Header)}
}

func (l *lines) emit(line any) error {
	var err error
	if l.raw, err = fieldsync.AppendLine(l.raw, line); err != nil {
		return err
	}
	switch line.(type) {
	case fieldsync.PushReply:
		if err := l.compress(); err != nil {
			return err
		}
		if l.pack != nil {
			if err := l.pack.Flush(); err != nil {
				return err
			}
		}
		if err := l.send(); err != nil {
			return err
		}
		return l.w.Flush()
	case fieldsync.Page: // it must be readable although what follows is lost
		if err := l.compress(); err != nil || l.pack == nil {
			return err
		}
		return l.pack.Flush()
	}
	if len(l.raw) < blockBytes {
		return nil
	}
	return l.compress()
}

// compress moves what was gathered to what is to be sent. What begins with a
// few bytes that are sent at once stays uncompressed.
func (l *lines) compress() (err error) {
	if l.pack == nil && !l.plain && l.encoding != "" {
		if l.pack, err = l.packers.take(l.encoding, &l.out); err != nil {
			return err
		}
	}
	if l.pack != nil {
		_, err = l.pack.Write(l.raw)
	} else {
		_, err = l.out.Write(l.raw)
	}
	if l.raw = l.raw[:0]; err == nil && l.out.Len() > spoolBytes {
		err = l.send()
	}
	return err
}

func (l *lines) send() error {
	if l.out.Len() == 0 {
		return nil
	}
	if !l.w.begun {
		l.w.Header().Add("Vary", "Accept-Encoding")
		if l.plain = l.pack == nil; !l.plain {
			l.w.Header().Set("Content-Encoding", l.encoding)
		}
	}
	_, err := l.w.Write(l.out.Bytes())
	l.out.Reset()
	return err
}

// end sends what is left. After a failure it sends what was made before it, if
// some of the answer is on its way already; otherwise nothing, and the failure
// is the answer.
func (l *lines) end(failed error) error {
	if failed != nil && !l.w.begun {
		return failed
	}
	if l.pack == nil && len(l.raw)+l.out.Len() < compressedBytes {
		l.plain = true
	}
	err := l.compress()
	if err == nil && l.pack != nil {
		if err = l.pack.Close(); err == nil {
			l.packers.give(l.pack)
		}
	}
	if err == nil {
		err = l.send()
	}
	if failed != nil {
		return failed
	}
	return err
}
