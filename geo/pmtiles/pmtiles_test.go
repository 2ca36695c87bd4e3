package pmtiles_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sestante/sestante/geo/pmtiles"
)

// archive makes an archive that has a header and metadata, and lets a test
// change bytes of it.
func archive(compression byte, metadata []byte, change func([]byte)) []byte {
	b := make([]byte, pmtiles.HeaderBytes)
	copy(b, "PMTiles\x03")
	for _, at := range []int{8, 40, 56} {
		binary.LittleEndian.PutUint64(b[at:], pmtiles.HeaderBytes)
	}
	binary.LittleEndian.PutUint64(b[24:], pmtiles.HeaderBytes)
	binary.LittleEndian.PutUint64(b[32:], uint64(len(metadata)))
	b[97], b[99], b[101] = compression, 2, 9
	west := -181.5
	binary.LittleEndian.PutUint32(b[102:], uint32(int32(west*1e7)))
	if change != nil {
		change(b)
	}
	return slices.Concat(b, metadata)
}

func packed(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text)) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

func TestRead(t *testing.T) {
	const text = `{"name":"N","vector_layers":[{"id":"a","minzoom":3}],"other":[1]}`
	for _, c := range []struct {
		name string
		file []byte
		want string // name in the metadata, or what the refusal says
	}{
		{"plain", archive(1, []byte(text), nil), "N"},
		{"in gzip", archive(2, packed(text), nil), "N"},
		{"without a word", archive(1, nil, nil), ""},
		{"nothing", nil, "0 bytes"},
		{"no archive", []byte(strings.Repeat("x", 200)), "does not begin"},
		{"version 2", archive(1, nil, func(b []byte) { b[7] = 2 }), "version 2"},
		{"cut off", archive(1, []byte(text), nil)[:130], "metadata end beyond"},
		{"an offset beyond everything", archive(1, nil, func(b []byte) { b[15] = 0xff }), "root directory end beyond"},
		{"a length beyond everything", archive(1, nil, func(b []byte) { b[71] = 0xff }), "tiles end beyond"},
		{"zooms", archive(1, nil, func(b []byte) { b[100] = 10 }), "zoom 10 to 9"},
		{"in brotli", archive(3, []byte(text), nil), "packed in a way"},
		{"no gzip", archive(2, []byte(text), nil), "unpacked"},
		{"no JSON", archive(1, []byte("{"), nil), "no JSON"},
		{"too much JSON", archive(2, packed(`{"name":"`+strings.Repeat("x", 5<<20)+`"}`), nil), "unpacked"},
	} {
		from := bytes.NewReader(c.file)
		h, err := pmtiles.ReadHeader(from, int64(len(c.file)))
		var m pmtiles.Metadata
		if err == nil {
			m, err = pmtiles.ReadMetadata(from, h)
		}
		switch {
		case err == nil && (m.Name != c.want || h.MaxZoom != 9 || h.Format() != "png" || h.Bounds[0] != -181.5):
			t.Errorf("%s: %+v of %+v", c.name, m, h)
		case err != nil && (!errors.Is(err, pmtiles.ErrArchive) || c.want == "" || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// FuzzRead: whatever a file says of itself, nothing panics and nothing beyond
// the file is believed.
func FuzzRead(f *testing.F) {
	f.Add(archive(1, []byte(`{"name":"N"}`), nil))
	f.Add(archive(2, packed(`{}`), nil))
	f.Fuzz(func(t *testing.T, file []byte) {
		from := bytes.NewReader(file)
		h, err := pmtiles.ReadHeader(from, int64(len(file)))
		if err == nil {
			_, err = pmtiles.ReadMetadata(from, h)
		}
		if err != nil && !errors.Is(err, pmtiles.ErrArchive) {
			t.Fatal(err)
		}
	})
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]bool{
		"italy": true, "Mappa città": true, "Mappa citta\u0300": true, "50%": true, "東京": true, "a..b": true, "-x": true, strings.Repeat("x", 200): true,
		"": false, ".": false, "..": false, ".hidden": false, "a/b": false, "../italy": false, `a\b`: false, "c:": false,
		"a\x00b": false, "a\nb": false, "a\x7fb": false, "caf\xe9": false, strings.Repeat("x", 201): false,
	} {
		if err := pmtiles.CheckName(name); (err == nil) != want || err != nil && !errors.Is(err, pmtiles.ErrName) {
			t.Errorf("CheckName(%q) = %v, want it served: %v", name, err, want)
		}
	}
}
