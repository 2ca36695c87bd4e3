package httpdevice

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/sestante/sestante/fault"
	fieldsync "github.com/sestante/sestante/sync"
)

// A RefusedError is an answer that is none. Without a code it is not the
// server's word: a proxy may answer anything.
type RefusedError struct {
	Status int
	Code   string        // of the fault, when the server says one
	Field  string        // what it is about, when the server says so
	Text   string        // a sentence for a person
	After  time.Duration // when it is worth asking again; 0 when the server does not say
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
			Code  string `json:"code"`
			Field string `json:"field"`
		} `json:"data"`
	}
	_ = json.Unmarshal(raw, &said) // a proxy may answer anything
	refused := &RefusedError{Status: res.StatusCode, Code: said.Data.Code, Field: said.Data.Field, Text: said.Message}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		refused.After = time.Duration(s) * time.Second
	}
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
