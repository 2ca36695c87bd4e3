package mobileapi

import (
	"errors"
	"io"
	"math"
	"mime/multipart"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sestante/sestante/desk"
)

const typeForm = "multipart/form-data"

// Bounds of a form beside those of the configuration.
const (
	maxFieldBytes = 32 << 10 // the longest description, in the longest encoding, and room to spare
	chunk         = 64 << 10 // how much memory for a photo is asked for at a time
)

// The names under which photos are sent: several under the one, or each under
// the other.
var photoNames = []string{"photos", "photo"}

// A form is what a multipart body held.
type form struct {
	photos []desk.NewPhoto
	held   int64 // bytes of photos that are counted as in memory
	from   *held
}

// release gives back the memory of the photos. The desk is done with them then.
func (f *form) release() { f.from.give(f.held) }

// readForm reads a multipart body part by part, straight from the network:
// text into the fields of v, a pointer to a struct, by their names in JSON, and
// photos into memory. The caller must release the form, whatever the error.
func (a *API) readForm(b *body, v any) (*form, error) {
	defer b.close()
	f := &form{from: &a.held}
	boundary := b.params["boundary"]
	if boundary == "" {
		return f, ErrBody.With("the form has no boundary")
	}
	into, seen := reflect.ValueOf(v).Elem(), map[string]bool{}
	parts := multipart.NewReader(b, boundary)
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			if n == 0 {
				return f, ErrEmpty
			}
			return f, nil
		}
		if err != nil {
			return f, formFault(err)
		}
		if slices.Contains(photoNames, part.FormName()) {
			err = a.readPhoto(f, part)
		} else {
			err = readField(into, seen, part)
		}
		if err != nil {
			return f, err
		}
	}
}

// formFault tells a form that ends early from one that could not be read.
func formFault(err error) error {
	f := bodyFault(err)
	if errors.Is(f, ErrBody) {
		return ErrBody.With("not a whole form")
	}
	return f
}

// readPhoto reads one photo into memory, and one byte more than allowed to
// know when it is too large.
func (a *API) readPhoto(f *form, part *multipart.Part) error {
	name := "photos[" + strconv.Itoa(len(f.photos)) + "]"
	if len(f.photos) >= a.cfg.MaxPhotos {
		return desk.ErrTooManyPhotos.In("photos").With("at most %d", a.cfg.MaxPhotos)
	}
	var data []byte
	for {
		if free := cap(data) - len(data); free == 0 {
			more := max(chunk, cap(data)) // twice as much each time
			if !f.from.take(int64(more)) {
				return ErrBusy
			}
			f.held += int64(more)
			data = slices.Grow(data, more)[: len(data) : len(data)+more]
		}
		n, err := part.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > a.cfg.MaxPhoto:
			return ErrTooLarge.In(name).With("at most %d bytes", a.cfg.MaxPhoto)
		case errors.Is(err, io.EOF):
			f.photos = append(f.photos, desk.NewPhoto{Data: data})
			return nil
		case err != nil:
			return formFault(err)
		}
	}
}

// readField reads one text field into the struct.
func readField(into reflect.Value, seen map[string]bool, part *multipart.Part) error {
	name := part.FormName()
	field, ok := fieldOf(into, name)
	if !ok || name == "" || part.FileName() != "" {
		return ErrUnknownField.In(shown(name))
	}
	if seen[name] {
		return ErrValue.In(name).With("given twice")
	}
	seen[name] = true
	data, err := io.ReadAll(io.LimitReader(part, maxFieldBytes+1))
	switch {
	case err != nil:
		return formFault(err)
	case len(data) > maxFieldBytes:
		return ErrTooLarge.In(name).With("at most %d bytes", maxFieldBytes)
	case !utf8.Valid(data):
		return ErrValue.In(name).With("not UTF-8")
	}
	if !setText(field, string(data)) {
		return ErrValue.In(name).With("%s", wanted(field.Type()))
	}
	return nil
}

// setText gives a field the value a text stands for, and returns false when it
// stands for none. An empty text leaves the field as it is: that is how a form
// says nothing.
func setText(field reflect.Value, text string) bool {
	if field.Kind() == reflect.String {
		field.SetString(text)
		return true
	}
	if text = strings.TrimSpace(text); text == "" {
		return true
	}
	if field.Kind() == reflect.Pointer {
		v := reflect.New(field.Type().Elem())
		if !setText(v.Elem(), text) {
			return false
		}
		field.Set(v)
		return true
	}
	var err error
	switch v := field.Addr().Interface().(type) {
	case *bool:
		*v, err = yesOrNo(text)
	case *int:
		*v, err = strconv.Atoi(text)
	case *float64:
		*v, err = number(text)
	case *time.Time:
		*v, err = time.Parse(time.RFC3339Nano, text)
	default:
		err = errors.ErrUnsupported
	}
	return err == nil
}

// number reads a decimal number: NaN, infinities and hexadecimal are words to
// us.
func number(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || strings.ContainsAny(text, "xX_") {
		return 0, strconv.ErrSyntax
	}
	return v, nil
}

// yesOrNo reads what forms send: on is a ticked box.
func yesOrNo(text string) (bool, error) {
	switch text {
	case "true", "1", "on":
		return true, nil
	case "false", "0":
		return false, nil
	default:
		return false, strconv.ErrSyntax
	}
}
