package gpkg_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/format"
	"github.com/sestante/sestante/store/gpkg"
)

// TestDecodeHostile: files that a program would only make on purpose.
func TestDecodeHostile(t *testing.T) {
	patched := func(file []byte, at int, b ...byte) []byte {
		copy(file[at:], b)
		return file
	}
	for _, c := range []struct {
		name   string
		file   []byte
		want   *fault.Error // nil: it is read
		detail string
	}{
		{"nothing", nil, gpkg.ErrNotGeoPackage, ""},
		{"no database", []byte(strings.Repeat("no database ", 100)), gpkg.ErrNotGeoPackage, ""},
		{"cut off", made(t)[:9000], gpkg.ErrDamaged, "ends after 9000"},
		{"pages of an odd size", patched(made(t), 16, 3, 7), gpkg.ErrDamaged, "775"},
		{"a description that holds itself", patched(made(t), 100, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), gpkg.ErrDamaged, "page 1"},
		{"a description that is no tree", patched(made(t), 100, 10), gpkg.ErrDamaged, "page 1"},
		{"a write-ahead log is only the mode", made(t, `PRAGMA locking_mode = EXCLUSIVE`, `PRAGMA journal_mode = WAL`, `PRAGMA wal_checkpoint`), nil, ""},
		{"a description without end", made(t, `CREATE TABLE big (a /*`+strings.Repeat("x", 9<<20)+`*/)`), geo.ErrTooLarge, "describes"},
		{"values that are in no row", made(t, `ALTER TABLE areas ADD COLUMN big TEXT DEFAULT '`+strings.Repeat("x", 600_000)+`'`), geo.ErrTooLarge, "values"},
		{"a view under the name of a table", made(t, `CREATE TABLE spare (a)`, `PRAGMA writable_schema = ON`, `UPDATE sqlite_schema SET rootpage = 0, sql = 'CREATE VIEW areas AS SELECT 1 AS geom' WHERE name = 'spare'`, `UPDATE sqlite_schema SET sql = 'CREATE TABLE extensions (a)' WHERE name = 'areas'`), gpkg.ErrDamaged, ""},
		{"a name that is not the table's", made(t, `CREATE TABLE spare (a)`, `PRAGMA writable_schema = ON`, `UPDATE sqlite_schema SET sql = 'CREATE TABLE "sp""are" (a)' WHERE name = 'spare'`), gpkg.ErrDamaged, ""},
		{"a view that says it is a table", made(t, `CREATE TABLE spare (a)`, `CREATE VIEW seen AS SELECT * FROM areas`, `PRAGMA writable_schema = ON`, `UPDATE sqlite_schema SET type = 'table', rootpage = 3 WHERE name = 'seen'`), gpkg.ErrDamaged, ""},
		{"a trigger and a view beside it", made(t, `CREATE VIEW seen AS SELECT * FROM areas`, `CREATE TRIGGER boo INSTEAD OF INSERT ON seen BEGIN SELECT 1; END`, `CREATE TABLE [odd name] (a)`, "CREATE TABLE `it``s` (a)"), nil, ""},
	} {
		_, err := decode(t, c.file, format.Options{Limits: geo.Limits{Bytes: max(1<<20, int64(len(c.file)))}})
		switch {
		case c.want == nil && err != nil:
			t.Errorf("%s: Decode = %v, want the areas", c.name, err)
		case c.want != nil && (!errors.Is(err, c.want) || !strings.Contains(err.Error(), c.detail)):
			t.Errorf("%s: Decode = %v, want %s with %q", c.name, err, c.want.Code, c.detail)
		}
	}
}

// TestDecodeFlips turns single bytes of a sound file, in a fixed order.
// Nothing of it may panic, hang or be anything but areas or a fault.
func TestDecodeFlips(t *testing.T) {
	sound := made(t)
	r := rand.New(rand.NewPCG(1, 2))
	n := 1500
	if testing.Short() {
		n = 150
	}
	read := 0
	for range n {
		file := bytes.Clone(sound)
		var flipped []string
		for range 1 + r.IntN(4) {
			at := r.IntN(len(file))
			if r.IntN(2) == 0 { // most of a page is empty: its heads are worth more
				at = at/4096*4096 + r.IntN(40)
			}
			b := byte(r.Uint32())
			flipped = append(flipped, fmt.Sprintf("%d=%#x", at, b))
			file[at] = b
		}
		got, err := decode(t, file, format.Options{Limits: geo.Limits{Bytes: 1 << 20}})
		if err == nil {
			read++
		}
		if err != nil && fault.Of(err) == fault.ErrUnknown {
			t.Errorf("%v: Decode = %d features, %v, which is no fault", flipped, len(got.Collection.Features), err)
		}
	}
	if read == 0 || read == n {
		t.Errorf("%d of %d broken files were read: the test looks in the wrong place", read, n)
	}
}

// TestDecodeMemory: what a geometry says of its own size is never taken.
func TestDecodeMemory(t *testing.T) {
	blob := []byte{'G', 'P', 0, 1, 0xe6, 0x10, 0, 0, 1, 6, 0, 0, 0}
	blob = binary.LittleEndian.AppendUint32(blob, 0x7fffffff)
	file := made(t, fmt.Sprintf(`UPDATE areas SET geom = x'%x'`, blob))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := decode(t, file, format.Options{})
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, gpkg.ErrGeometry) || taken > 4<<20 {
		t.Errorf("Decode = %v with %d bytes, want a refusal and little memory", err, taken)
	}
}

func TestDecodeStops(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	file := made(t)
	o := format.Options{Progress: func(int64, int64) { cancel() }}
	_, err := gpkg.Decode(ctx, format.File{Data: bytes.NewReader(file), Size: int64(len(file))}, o)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Decode = %v, want that it was called off", err)
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "sestante-gpkg-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
