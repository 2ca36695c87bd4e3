// Package httpdevice carries what a device says to its server over HTTP: its
// exchanges, its questions when it verifies what it holds, the receipt of a
// wipe, and the stream that tells it when there is something to pull. It
// refuses to retry: the device does, with the same bytes.
package httpdevice

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	fieldsync "github.com/sestante/sestante/sync"
)

// Config is how to reach a server.
type Config struct {
	BaseURL string                                    // such as https://example.org
	Token   func(ctx context.Context) (string, error) // of the person, asked at each request
	// Client sends. One that bounds a whole request in time cuts streams and
	// slow downloads; nil is http.DefaultClient, which does not.
	Client interface {
		Do(*http.Request) (*http.Response, error)
	}
	// Silence is after how long without a word a stream counts as broken; 60
	// seconds when 0. The server says something every 25.
	Silence time.Duration
}

// Link is the way to one server, for one person. It is safe for concurrent use
// as far as its Client and Token are.
type Link struct{ cfg Config }

// prefix of every route.
const prefix = "/api/mobile/v1/"

// gzipFrom is the size in bytes from which a body is worth compressing.
const gzipFrom = 1400

// New returns the way to a server. Its Exchange is a device.Transport, its
// Verify a device.Verifier.
func New(cfg Config) (*Link, error) {
	if cfg.BaseURL == "" || cfg.Token == nil {
		return nil, errors.New("httpdevice: a base URL and a token are needed")
	}
	if cfg.Client == nil {
		cfg.Client = http.DefaultClient
	}
	if cfg.Silence <= 0 {
		cfg.Silence = time.Minute
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	return &Link{cfg}, nil
}

// Exchange hands in what the device has to say, and returns the lines of the
// answer, unpacked. A refusal wraps a *RefusedError, and the fault it stands
// for when this package knows it.
func (l *Link) Exchange(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
	return l.post(ctx, "sync/exchange", req)
}

// Verify asks one question of a verification, and returns the lines of the
// answer, as Exchange does. A cursor that the server refuses is a line of it, as
// it is in an exchange.
func (l *Link) Verify(ctx context.Context, req fieldsync.VerifyRequest) (io.ReadCloser, error) {
	body, err := l.post(ctx, "sync/verify", req)
	if !errors.Is(err, fieldsync.ErrCursor) {
		return body, err
	}
	line, err := fieldsync.AppendLine(nil, fieldsync.Stop{T: "err", Code: fieldsync.ErrCursor.Code})
	return io.NopCloser(bytes.NewReader(line)), err
}

// Wiped hands in the receipt that a device destroyed what it held. A server that
// will never take it (it knows no such device any more, or has taken its order
// back) has heard it, and there is no error: nothing would come of saying it
// again.
func (l *Link) Wiped(ctx context.Context, device string) error {
	res, err := l.send(ctx, http.MethodPost, "devices/"+url.PathEscape(device)+"/wiped", nil, nil)
	if refused, ok := errors.AsType[*RefusedError](err); ok && refused.Code != "" &&
		(refused.Status == http.StatusNotFound || refused.Status == http.StatusConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// post sends JSON and returns the lines of the answer.
func (l *Link) post(ctx context.Context, path string, v any) (io.ReadCloser, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	header := http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/x-ndjson"}, "Accept-Encoding": {"zstd, gzip"},
	}
	if len(body) >= gzipFrom {
		if body, err = squeeze(body); err != nil {
			return nil, err
		}
		header.Set("Content-Encoding", "gzip")
	}
	res, err := l.send(ctx, http.MethodPost, path, header, body)
	if err != nil {
		return nil, err
	}
	return open(res)
}

// send makes one request of the person's, and returns an answer that is no
// refusal.
func (l *Link) send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	token, err := l.cfg.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, l.cfg.BaseURL+prefix+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := l.cfg.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent {
		return nil, errors.Join(refusal(res), res.Body.Close())
	}
	return res, nil
}

func squeeze(body []byte) ([]byte, error) {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(body); err != nil {
		return nil, fmt.Errorf("compress the request: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress the request: %w", err)
	}
	return buf.Bytes(), nil
}

// open returns the lines of an answer, unpacked.
func open(res *http.Response) (io.ReadCloser, error) {
	var z io.ReadCloser
	var err error
	switch encoding := res.Header.Get("Content-Encoding"); encoding {
	case "":
		return res.Body, nil
	case "gzip":
		z, err = gzip.NewReader(res.Body)
	case "zstd":
		var d *zstd.Decoder
		if d, err = zstd.NewReader(res.Body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20)); err == nil {
			z = d.IOReadCloser()
		}
	default:
		err = fmt.Errorf("nobody asked for %q", encoding)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("unpack the answer: %w", err), res.Body.Close())
	}
	return unpacked{z, res.Body}, nil
}

type unpacked struct {
	io.ReadCloser
	under io.Closer
}

// Close closes the answer.
func (u unpacked) Close() error { return errors.Join(u.ReadCloser.Close(), u.under.Close()) }
