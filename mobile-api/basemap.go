package mobileapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo/pmtiles"
)

// typePMTiles is the content type of a PMTiles archive
// (https://www.iana.org/assignments/media-types/application/vnd.pmtiles).
const typePMTiles = "application/vnd.pmtiles"

// ErrNoBaseMap answers a base map that is not there, and every one where none
// is set up.
var ErrNoBaseMap = fault.Define(fault.NotFound, "tiles.no_base_map",
	"There is no such base map here.", "Questa mappa di base non c'è.")

// keptADay is how long a base map may be kept: they change a few times a year,
// and a client that sees another tag begins anew.
const keptADay = "public, max-age=86400"

func (a *API) baseMapRoutes() []Route {
	return []Route{{
		Method: http.MethodGet, Path: "tiles/base/{name}", Auth: Guest, Type: typePMTiles,
		Status: []int{http.StatusOK, http.StatusPartialContent, http.StatusNotModified, http.StatusRequestedRangeNotSatisfiable},
		Faults: kinds(fault.NotFound), serve: a.baseMap,
	}}
}

// A baseMap is a file of tiles that is open.
type baseMap struct {
	*os.File
	info   os.FileInfo
	header pmtiles.Header
	tag    string
}

// openBaseMap opens a base map by its name without extension. Close it.
func (a *API) openBaseMap(name string) (*baseMap, error) {
	if a.cfg.BaseMaps == "" {
		return nil, ErrNoBaseMap.In("name").With("none is set up: tiles.pmtiles")
	}
	path, err := a.basePath(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, ErrNoBaseMap.In("name")
		}
		return nil, fmt.Errorf("open a base map: %w", err)
	}
	b := &baseMap{File: f}
	if err := b.look(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return b, nil
}

// basePath returns where a base map lies: the one file that is set up, under
// its own name, or a file of the folder.
func (a *API) basePath(name string) (string, error) {
	if pmtiles.CheckName(name) != nil { // it might leave its folder
		return "", ErrNoBaseMap.In("name")
	}
	info, err := os.Stat(a.cfg.BaseMaps)
	switch {
	case err != nil:
		return "", fmt.Errorf("look for base maps: %w", errors.Join(ErrNoBaseMap.In("name"), err))
	case info.IsDir():
		return filepath.Join(a.cfg.BaseMaps, name+".pmtiles"), nil
	case name == strings.TrimSuffix(filepath.Base(a.cfg.BaseMaps), ".pmtiles"):
		return a.cfg.BaseMaps, nil
	}
	return "", ErrNoBaseMap.In("name")
}

// look reads the header and makes the tag: of the size, the time of the last
// change and the header, which says where everything is.
func (b *baseMap) look() error {
	var err error
	if b.info, err = b.Stat(); err != nil {
		return fmt.Errorf("look at a base map: %w", err)
	}
	if b.info.IsDir() {
		return ErrNoBaseMap.In("name")
	}
	if b.header, err = pmtiles.ReadHeader(b, b.info.Size()); err != nil {
		return fmt.Errorf("%w: %w", ErrNoBaseMap.In("name").With("the file is not a whole PMTiles archive of version 3"), err)
	}
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%d %d ", b.info.Size(), b.info.ModTime().UnixNano()) // a hash takes everything
	if _, err := io.Copy(h, io.NewSectionReader(b, 0, pmtiles.HeaderBytes)); err != nil {
		return fmt.Errorf("read a base map: %w", err)
	}
	b.tag = hex.EncodeToString(h.Sum(nil))[:20]
	return nil
}

// baseMap serves an archive, any range of it, or what is said about it: the
// name ends in .pmtiles or in .json.
func (a *API) baseMap(_ context.Context, r *request) (answer, error) {
	file := r.path("name")
	if name, ok := strings.CutSuffix(file, ".json"); ok {
		return a.baseMapJSON(r, name)
	}
	name, ok := strings.CutSuffix(file, ".pmtiles")
	if !ok {
		return answer{}, ErrNoBaseMap.In("name").With("it ends in .pmtiles or .json")
	}
	b, err := a.openBaseMap(name)
	if err != nil {
		return answer{}, err
	}
	return answer{cache: keptADay, stream: func(_ context.Context, w *writer) error {
		defer func() { _ = b.Close() }() // it was only read
		h := w.Header()
		h.Set("Content-Type", typePMTiles)
		h.Set("ETag", strconv.Quote(b.tag))
		h.Set("X-Content-Type-Options", "nosniff")
		http.ServeContent(w, r.event.Request, "", b.info.ModTime(), b)
		return nil
	}}, nil
}

// baseMapJSON answers with the TileJSON of an archive. The address of its tiles
// is one that MapLibre's protocol for PMTiles and QGIS understand.
func (a *API) baseMapJSON(r *request, name string) (answer, error) {
	b, err := a.openBaseMap(name)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = b.Close() }() // it was only read
	said, err := pmtiles.ReadMetadata(b, b.header)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", ErrNoBaseMap.In("name").With("what the file says about its tiles cannot be read"), err)
	}
	doc := TileJSON{
		TileJSON: "3.0.0", Scheme: "xyz", Name: orElse(said.Name, name), Description: said.Description, Attribution: said.Attribution,
		Tiles:   []string{"pmtiles://" + r.base(a.cfg.Desk.PublicURL()) + Prefix + "tiles/base/" + url.PathEscape(name) + ".pmtiles/{z}/{x}/{y}"},
		MinZoom: b.header.MinZoom, MaxZoom: b.header.MaxZoom, Bounds: b.header.Bounds, Center: b.header.Center,
		VectorLayers: []VectorLayer{},
	}
	for _, l := range said.VectorLayers {
		layer := VectorLayer{ID: l.ID, Description: l.Description, MinZoom: doc.MinZoom, MaxZoom: doc.MaxZoom, Fields: l.Fields}
		if l.MinZoom != nil {
			layer.MinZoom = *l.MinZoom
		}
		if l.MaxZoom != nil {
			layer.MaxZoom = *l.MaxZoom
		}
		if layer.Fields == nil {
			layer.Fields = map[string]string{}
		}
		doc.VectorLayers = append(doc.VectorLayers, layer)
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return answer{}, fmt.Errorf("encode the description of a base map: %w", err)
	}
	return answer{blob: data, contentType: typeJSON, tag: digest(data), cache: keptForAWhile}, nil
}
