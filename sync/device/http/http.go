// Package httpdevice carries a device's exchanges over HTTP. It refuses to
// retry: the device's loop does, with the same bytes.
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
	"strings"

	"github.com/sestante/sestante/fault"
	fieldsync "github.com/sestante/sestante/sync"
	"github.com/sestante/sestante/sync/device"
)

// Config is how to reach a server.
type Config struct {
	BaseURL string                                    // such as https://example.org
	Token   func(ctx context.Context) (string, error) // of the person, asked at each exchange
	Client  interface {
		Do(*http.Request) (*http.Response, error)
	} // nil is http.DefaultClient
}

// path of the exchange on every server.
const path = "/api/mobile/v1/sync/exchange"

// gzipFrom is the size in bytes from which a push is worth compressing.
const gzipFrom = 1400

// New returns a transport to a server.
func New(cfg Config) (device.Transport, error) {
	if cfg.BaseURL == "" || cfg.Token == nil {
		return nil, errors.New("httpdevice: a base URL and a token are needed")
	}
	if cfg.Client == nil {
		cfg.Client = http.DefaultClient
	}
	return func(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
		return cfg.exchange(ctx, req)
	}, nil
}

func (c Config) exchange(ctx context.Context, push fieldsync.PushRequest) (io.ReadCloser, error) {
	body, err := json.Marshal(push)
	if err != nil {
		return nil, fmt.Errorf("write the push: %w", err)
	}
	token, err := c.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.BaseURL, "/")+path, nil)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/x-ndjson")
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Authorization", "Bearer "+token)
	if len(body) >= gzipFrom {
		if body, err = squeeze(body); err != nil {
			return nil, err
		}
		req.Header.Set("Content-Encoding", "gzip")
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	res, err := c.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.Join(refusal(res), res.Body.Close())
	}
	return open(res)
}

func squeeze(body []byte) ([]byte, error) {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(body); err != nil {
		return nil, fmt.Errorf("compress the push: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress the push: %w", err)
	}
	return buf.Bytes(), nil
}

// open returns the lines of an answer, unpacked.
func open(res *http.Response) (io.ReadCloser, error) {
	if res.Header.Get("Content-Encoding") != "gzip" {
		return res.Body, nil
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("unpack the answer: %w", err), res.Body.Close())
	}
	return unpacked{z, res.Body}, nil
}

type unpacked struct {
	io.Reader
	under io.Closer
}

// Close closes the answer.
func (u unpacked) Close() error { return u.under.Close() }

// A RefusedError is an answer other than 200.
type RefusedError struct {
	Status int
	Code   string // of the fault, when the server says one
	Text   string
}

// Error says what the server said.
func (e *RefusedError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Text) }

// refusal reads the server's error body, {"message": …, "data": {"code": …}}.
func refusal(res *http.Response) error {
	raw, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("read the refusal: %w", err)
	}
	var said struct {
		Message string `json:"message"`
		Data    struct {
			Code string `json:"code"`
		} `json:"data"`
	}
	_ = json.Unmarshal(raw, &said) // a proxy may answer anything
	refused := &RefusedError{Status: res.StatusCode, Code: said.Data.Code, Text: said.Message}
	if f := known(refused.Code); f != nil {
		return fmt.Errorf("%w: %w", f, refused)
	}
	return refused
}

func known(code string) *fault.Error {
	for _, f := range []*fault.Error{fieldsync.ErrLocked, fieldsync.ErrDevice, fieldsync.ErrTooLarge, fieldsync.ErrCursor, fieldsync.ErrBody} {
		if f.Code == code {
			return f
		}
	}
	return nil
}
