package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo/pmtiles"
)

// baseMaps looks at every base map that is served.
func (d *doctor) baseMaps() {
	const check = "base maps"
	path := d.cfg.Tiles.PMTiles
	if path == "" {
		d.note(check, "none", "Maps draw the areas on nothing. Set tiles.pmtiles to a PMTiles file to serve a base map.")
		return
	}
	info, err := os.Stat(path)
	if err != nil {
		d.fail(check, err.Error(), "Set tiles.pmtiles to a PMTiles file or a folder of them that this program may read.")
		return
	}
	files := []string{path}
	if info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.pmtiles")); err != nil {
			d.fail(check, err.Error(), "Choose a folder whose name has no * ? [ in it.")
			return
		}
		if len(files) == 0 {
			d.note(check, path+" has no file that ends in .pmtiles", "Put base maps there, or leave tiles.pmtiles empty.")
			return
		}
	}
	for _, file := range slices.Sorted(slices.Values(files)) {
		d.baseMap(file)
	}
}

func (d *doctor) baseMap(path string) {
	const check = "base maps"
	f, err := os.Open(path)
	if err != nil {
		d.fail(check, err.Error(), "Let this program read the file.")
		return
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		d.fail(check, err.Error(), "Let this program read the file.")
		return
	}
	header, err := pmtiles.ReadHeader(f, info.Size())
	if err == nil {
		_, err = pmtiles.ReadMetadata(f, header)
	}
	if err != nil {
		d.fail(check, path+": "+fault.Of(err).Error(), "Make the file anew, or send it here again: it may have been cut off.")
		return
	}
	name := strings.TrimSuffix(filepath.Base(path), ".pmtiles")
	if err := pmtiles.CheckName(name); err != nil {
		d.fail(check, path+": "+fault.Of(err).Error(), "Rename the file: nobody can ask for it.")
		return
	}
	b := header.Bounds
	d.ok(check, fmt.Sprintf("%s, served as tiles/base/%s.pmtiles: zoom %d to %d, %g,%g to %g,%g", path, url.PathEscape(name), header.MinZoom, header.MaxZoom, b[0], b[1], b[2], b[3]))
}
