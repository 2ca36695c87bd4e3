package fieldsync

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf16"

	"github.com/gowebpki/jcs"
)

// decodeAny reads one JSON value, with its numbers as they are written.
func decodeAny(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read JSON: something follows it")
	}
	return v, nil
}

// appendValue appends the canonical form of a decoded value (RFC 8785): keys in
// the order of their UTF-16 code units, numbers as ECMAScript writes them, no
// space, nothing escaped that need not be. The jcs module would do it alone,
// but sorts by insertion into a list: a push of one megabyte of keys would hold
// the only writer for seconds. Its numbers, which are the hard part, are taken.
func appendValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case map[string]any:
		return appendObject(dst, v)
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err error
			if dst, err = appendValue(dst, e); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	case string:
		return appendText(dst, v), nil
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return dst, fmt.Errorf("number %.40s: %w", v, err)
		}
		text, err := jcs.NumberToJSON(f)
		return append(dst, text...), err
	case bool:
		return fmt.Appendf(dst, "%t", v), nil
	default:
		return append(dst, "null"...), nil
	}
}

func appendObject(dst []byte, v map[string]any) ([]byte, error) {
	type field struct {
		order []uint16
		name  string
	}
	fields := make([]field, 0, len(v))
	for name := range v {
		fields = append(fields, field{utf16.Encode([]rune(name)), name})
	}
	slices.SortFunc(fields, func(a, b field) int { return slices.Compare(a.order, b.order) })
	dst = append(dst, '{')
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, f.name), ':')
		var err error
		if dst, err = appendValue(dst, v[f.name]); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// appendText writes a string with the escapes of RFC 8785, 3.2.2.2, and no
// other.
func appendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\b':
			dst = append(dst, '\\', 'b')
		case c == '\f':
			dst = append(dst, '\\', 'f')
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < 0x20:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
