package gpkg_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
	"github.com/sestante/sestante/store/gpkg"
)

// FuzzDecode breaks a sound file: bytes are replaced at a place, and the end is
// cut off. Whatever comes of it is read or refused with a fault, at once, and
// nothing is read beyond the limits.
func FuzzDecode(f *testing.F) {
	sound := made(f)
	f.Add(0, []byte("SQLite format 3\x00"), 0)
	f.Add(16, []byte{0x00, 0x01}, 0)
	f.Add(18, []byte{2, 2}, 0)           // write-ahead log
	f.Add(56, []byte{0, 0, 0, 3}, 0)     // UTF-16
	f.Add(100, []byte{5, 0, 0, 0, 1}, 0) // the description is a tree
	f.Add(4096, []byte{13}, 0)
	f.Add(4096*3, bytes.Repeat([]byte{0xff}, 64), 0)
	f.Add(0, []byte{}, 4096)
	f.Fuzz(func(t *testing.T, at int, patch []byte, cut int) {
		file := bytes.Clone(sound)
		if at >= 0 && at < len(file) {
			copy(file[at:], patch)
		}
		if cut > 0 && cut < len(file) {
			file = file[:len(file)-cut]
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		limits := geo.Limits{Bytes: 1 << 20, Features: 100, Vertices: 1000}
		got, err := gpkg.Decode(ctx, format.File{Data: bytes.NewReader(file), Size: int64(len(file))}, format.Options{Limits: limits})
		if ctx.Err() != nil {
			t.Fatalf("Decode took more than ten seconds: %v", err)
		}
		if err == nil && len(got.Collection.Features) == 0 {
			t.Fatal("Decode = nothing, and no error")
		}
		var problems geo.Problems
		if err != nil && fault.Of(err) == fault.ErrUnknown && !errors.As(err, &problems) {
			t.Fatalf("Decode = %v, which is no fault", err)
		}
	})
}
