package mobileapi

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"
)

// A Body says what a route reads.
type Body struct {
	Types []string // content types it takes, the first one is what is asked for
	Limit int64    // bytes
	In    any      // zero value of what is read, for the drift test
	May   bool     // it may be empty
	// Packed says that it may come gzipped. Limit holds what comes, and what is
	// read of it is held by whoever reads.
	Packed bool
}

// A body is what a request brings.
type body struct {
	io.Reader
	mediaType string
	params    map[string]string // of the content type
	may       bool
	pace      *paceReader
}

// close stops waiting for the body. It is nil-safe, for routes without one.
func (b *body) close() {
	if b != nil {
		b.pace.stop()
	}
}

// open returns a body that is bounded, that may not stand still, and that
// PocketBase does not copy: its router keeps what is read in memory and in a
// file, to be read again.
func (a *API) open(e *core.RequestEvent, want Body) (*body, error) {
	if e.Request.ContentLength > want.Limit {
		return nil, ErrTooLarge.With("at most %d bytes", want.Limit)
	}
	mediaType, params, err := mime.ParseMediaType(e.Request.Header.Get("Content-Type"))
	if e.Request.ContentLength == 0 && want.May {
		mediaType, err = typeJSON, nil
	}
	encoding := e.Request.Header.Get("Content-Encoding")
	packed := want.Packed && encoding == "gzip"
	if err != nil || !slices.Contains(want.Types, mediaType) || (encoding != "" && !packed) {
		return nil, ErrContentType.With("%s", strings.Join(want.Types, ", "))
	}
	raw := e.Request.Body
	if tee, ok := raw.(*router.RereadableReadCloser); ok {
		raw = tee.ReadCloser
	}
	paced := a.paceReader(e.Response, raw)
	var limited io.Reader = http.MaxBytesReader(e.Response, paced, want.Limit)
	if packed {
		if limited, err = gzip.NewReader(limited); err != nil {
			return nil, bodyFault(err)
		}
	}
	return &body{Reader: limited, mediaType: mediaType, params: params, may: want.May, pace: paced}, nil
}

// bodyFault gives an error of reading its fault.
func bodyFault(err error) error {
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrTooLarge.With("at most %d bytes", tooLong.Limit)
	}
	if errors.Is(err, errStoodStill) {
		return ErrSlow
	}
	return ErrBody
}

// decode reads a JSON body into v, a pointer to a struct: one object, with
// known fields only, each once, and nothing after it.
func (b *body) decode(v any) error {
	data, err := b.all(maxCall)
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		if b.may {
			return nil
		}
		return ErrEmpty
	}
	return strict(data, v)
}

// all reads the whole body, of at most so many bytes.
func (b *body) all(limit int64) ([]byte, error) {
	defer b.close()
	data, err := io.ReadAll(io.LimitReader(b, limit+1))
	switch {
	case err != nil:
		return nil, bodyFault(err)
	case int64(len(data)) > limit:
		return nil, ErrTooLarge.With("at most %d bytes", limit)
	default:
		return data, nil
	}
}

// strict refuses what encoding/json would let pass: keys of another case,
// repeated keys and trailing data, beside unknown ones.
func strict(data []byte, v any) error {
	if !utf8.Valid(data) {
		return ErrBody.With("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return ErrBody.With("a JSON object is expected")
	}
	into, seen := reflect.ValueOf(v).Elem(), map[string]bool{}
	for d.More() {
		tok, err := d.Token()
		name, ok := tok.(string)
		if err != nil || !ok {
			return ErrBody.With("not the JSON of an object")
		}
		field, ok := fieldOf(into, name)
		if !ok {
			return ErrUnknownField.In(shown(name))
		}
		if seen[name] {
			return ErrValue.In(name).With("given twice")
		}
		seen[name] = true
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return ErrBody.With("not the JSON of an object")
		}
		if err := json.Unmarshal(raw, field.Addr().Interface()); err != nil {
			return ErrValue.In(name).With("%s", wanted(field.Type()))
		}
	}
	if _, err := d.Token(); err != nil {
		return ErrBody.With("not the JSON of an object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrBody.With("something follows the object")
	}
	return nil
}

// fieldOf returns the field of a struct that has the name in JSON.
func fieldOf(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if tag, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); tag == name {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// wanted says in a few words what a field of a type takes.
func wanted(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "a moment written 2006-01-02T15:04:05Z"
	case t.Kind() == reflect.Float64:
		return "a number, with a dot before the decimals"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return "a whole number"
	case t.Kind() == reflect.Bool:
		return "true or false"
	default:
		return "a " + t.Kind().String()
	}
}

// shown shortens a name that a stranger chose, for the message.
func shown(name string) string {
	r := []rune(strings.ToValidUTF8(name, "?"))
	return string(r[:min(len(r), 40)])
}

// digest names content for caches.
func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// matches reports whether an If-None-Match header names the tag, weakly or
// with the suffix that compressed answers get.
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		part = strings.Replace(part, `-gzip"`, `"`, 1)
		if part == tag || part == "*" {
			return true
		}
	}
	return false
}
