package mobileapi_test

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	mobileapi "github.com/sestante/sestante/mobile-api"
)

// archive makes a PMTiles archive of version 3 with one empty tile
// (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md).
func archive(metadata string) []byte {
	directory := []byte{1, 0, 1, 4, 1} // one entry: tile 0, run of 1, 4 bytes, at the beginning
	tiles := []byte("tile")
	b := append([]byte("PMTiles"), 3)
	at := uint64(127)
	for _, length := range []int{len(directory), len(metadata), 0, len(tiles)} {
		b = binary.LittleEndian.AppendUint64(b, at)
		b = binary.LittleEndian.AppendUint64(b, uint64(length))
		at += uint64(length)
	}
	for range 3 { // tiles addressed, entries, contents
		b = binary.LittleEndian.AppendUint64(b, 1)
	}
	b = append(b, 1, 1, 2, 1, 0, 14) // clustered, plain inside, tiles in gzip, vector tiles, zooms
	for _, degrees := range []float64{6.5, 35.25, 18.5, 47.5} {
		b = binary.LittleEndian.AppendUint32(b, uint32(int32(degrees*1e7)))
	}
	b = append(b, 6)
	for _, degrees := range []float64{12.5, 42} {
		b = binary.LittleEndian.AppendUint32(b, uint32(int32(degrees*1e7)))
	}
	return append(append(append(b, directory...), metadata...), tiles...)
}

const said = `{"name":"Italia","attribution":"© OpenStreetMap","vector_layers":[{"id":"roads","fields":{"class":"String"},"minzoom":5},{"id":"water"}]}`

func baseMaps(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBaseMap(t *testing.T) {
	whole := archive(said)
	dir := baseMaps(t, map[string][]byte{"italy.pmtiles": whole, "cut.pmtiles": whole[:len(whole)-1], "secret.txt": []byte("x")})
	s := newSite(t, func(c *mobileapi.Config) { c.BaseMaps = dir })
	get := func(path string, header ...string) ask {
		a := ask{method: http.MethodGet, path: "tiles/base/" + path, header: map[string]string{}}
		for i := 0; i+1 < len(header); i += 2 {
			a.header[header[i]] = header[i+1]
		}
		return a
	}
	r := s.want(t, get("italy.pmtiles"), http.StatusOK, nil)
	tag := r.header.Get("ETag")
	if !bytes.Equal(r.body, whole) || r.header.Get("Content-Type") != "application/vnd.pmtiles" || r.header.Get("Accept-Ranges") != "bytes" || tag == "" || r.header.Get("Cache-Control") != "public, max-age=86400" {
		t.Errorf("the whole archive = %d bytes, %v", len(r.body), r.header)
	}
	for _, c := range []struct {
		name   string
		ask    ask
		status int
		from   int
		to     int
		said   string
	}{
		{"the header", get("italy.pmtiles", "Range", "bytes=0-126"), 206, 0, 127, "bytes 0-126/"},
		{"the header, packed or not", get("italy.pmtiles", "Range", "bytes=0-126", "Accept-Encoding", "gzip"), 206, 0, 127, "bytes 0-126/"},
		{"the end", get("italy.pmtiles", "Range", "bytes=-4"), 206, len(whole) - 4, len(whole), "bytes "},
		{"of the same file", get("italy.pmtiles", "Range", "bytes=7-7", "If-Range", tag), 206, 7, 8, "bytes 7-7/"},
		{"of a file that was replaced", get("italy.pmtiles", "Range", "bytes=7-7", "If-Range", `"other"`), 200, 0, len(whole), ""},
		{"nothing new", get("italy.pmtiles", "If-None-Match", tag), 304, 0, 0, ""},
	} {
		r := s.want(t, c.ask, c.status, nil)
		if !bytes.Equal(r.body, whole[c.from:c.to]) || !bytes.HasPrefix([]byte(r.header.Get("Content-Range")), []byte(c.said)) || r.header.Get("ETag") != tag || r.header.Get("Content-Encoding") != "" {
			t.Errorf("%s = %q, %v", c.name, r.body, r.header)
		}
	}
	r = s.want(t, get("italy.pmtiles", "Range", "bytes=9999-"), http.StatusRequestedRangeNotSatisfiable, nil)
	if r.header.Get("Content-Range") == "" {
		t.Errorf("a range beyond the end = %v, want the length", r.header)
	}
	head, err := http.Head(s.url + mobileapi.Prefix + "tiles/base/italy.pmtiles")
	if err != nil {
		t.Fatal(err)
	}
	_ = head.Body.Close()
	if head.StatusCode != http.StatusOK || head.ContentLength != int64(len(whole)) || head.Header.Get("ETag") != tag {
		t.Errorf("HEAD = %d, %d bytes, %s", head.StatusCode, head.ContentLength, head.Header.Get("ETag"))
	}
	for _, name := range []string{"spain.pmtiles", "cut.pmtiles", "secret.txt", "italy", ".pmtiles", "..%2Fitaly.pmtiles", "spain.json", "cut.json", "..%2Fx.json"} {
		s.wantFault(t, get(name), http.StatusNotFound, "tiles.no_base_map", "name")
	}
	later := time.Now().Add(time.Hour) //nolint:forbidigo // the file was written by the clock on the wall
	if err := os.Chtimes(filepath.Join(dir, "italy.pmtiles"), later, later); err != nil {
		t.Fatal(err)
	}
	if r := s.want(t, get("italy.pmtiles", "If-None-Match", tag), http.StatusOK, nil); r.header.Get("ETag") == tag {
		t.Error("a file that was replaced has the tag of the one before")
	}
}

func TestBaseMapJSON(t *testing.T) {
	dir := baseMaps(t, map[string][]byte{"italy.pmtiles": archive(said), "plain.pmtiles": archive(""), "odd.pmtiles": archive("{")})
	s := newSite(t, func(c *mobileapi.Config) { c.BaseMaps = filepath.Join(dir, "italy.pmtiles") })
	var doc mobileapi.TileJSON
	r := s.want(t, ask{method: http.MethodGet, path: "tiles/base/italy.json"}, http.StatusOK, &doc)
	if r.header.Get("Content-Type") != "application/json" || doc.TileJSON != "3.0.0" || doc.Name != "Italia" || doc.Attribution != "© OpenStreetMap" ||
		doc.MinZoom != 0 || doc.MaxZoom != 14 || doc.Bounds != [4]float64{6.5, 35.25, 18.5, 47.5} || doc.Center != [3]float64{12.5, 42, 6} ||
		len(doc.Tiles) != 1 || doc.Tiles[0] != "pmtiles://https://example.org/api/mobile/v1/tiles/base/italy.pmtiles/{z}/{x}/{y}" {
		t.Errorf("TileJSON = %+v", doc)
	}
	if len(doc.VectorLayers) != 2 || doc.VectorLayers[0].MinZoom != 5 || doc.VectorLayers[0].MaxZoom != 14 || doc.VectorLayers[0].Fields["class"] != "String" || doc.VectorLayers[1].Fields == nil {
		t.Errorf("layers = %+v", doc.VectorLayers)
	}
	s.wantFault(t, ask{method: http.MethodGet, path: "tiles/base/plain.json"}, http.StatusNotFound, "tiles.no_base_map", "name") // not the file that is set up

	s = newSite(t, func(c *mobileapi.Config) { c.BaseMaps = dir })
	s.want(t, ask{method: http.MethodGet, path: "tiles/base/plain.json"}, http.StatusOK, &doc)
	if doc.Name != "plain" || len(doc.VectorLayers) != 0 {
		t.Errorf("TileJSON without a word = %+v", doc)
	}
	s.wantFault(t, ask{method: http.MethodGet, path: "tiles/base/odd.json"}, http.StatusNotFound, "tiles.no_base_map", "name")

	// Whatever people call a file.
	for _, name := range []string{"Mappa città", "50%", "a b+c&d=e", "東京", "Malpensa (T1) {z}", "x.json", "what?#"} {
		if err := os.WriteFile(filepath.Join(dir, name+".pmtiles"), archive(""), 0o600); err != nil {
			t.Fatal(err)
		}
		at := "tiles/base/" + url.PathEscape(name)
		s.want(t, ask{method: http.MethodGet, path: at + ".json"}, http.StatusOK, &doc)
		if want := "pmtiles://https://example.org" + mobileapi.Prefix + at + ".pmtiles/{z}/{x}/{y}"; doc.Name != name || len(doc.Tiles) != 1 || doc.Tiles[0] != want {
			t.Errorf("TileJSON of %q = %q at %v, want %s", name, doc.Name, doc.Tiles, want)
		}
		if r := s.want(t, ask{method: http.MethodGet, path: at + ".pmtiles"}, http.StatusOK, nil); !bytes.Equal(r.body, archive("")) {
			t.Errorf("%q is served as %d bytes", name, len(r.body))
		}
	}

	s = newSite(t)
	s.wantFault(t, ask{method: http.MethodGet, path: "tiles/base/italy.pmtiles"}, http.StatusNotFound, "tiles.no_base_map", "name")
}
