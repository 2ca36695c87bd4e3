package format

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
)

// Shapefiles are read by the ESRI Shapefile Technical Description (1998): a
// .shp with shapes, a .dbf with a row for each, a .prj with the system and a
// .cpg with the encoding. The index .shx only repeats what the .shp says.

// A layer is one shapefile of an archive.
type layer struct {
	name               string
	shp, dbf, prj, cpg *zip.File
}

func (w *work) shapefile(f File) (Source, error) {
	a, err := openArchive(f, w.limits.Inflated)
	if err != nil {
		return Source{}, err
	}
	l, err := a.layer(w.limits.Layer)
	if err != nil {
		return Source{}, err
	}
	src := Source{Kind: ShapefileZip, Layer: l.name}
	if l.prj != nil {
		if src.CRS, err = a.text(l.prj, 64<<10); err != nil {
			return src, err
		}
	}
	if err := w.shapes(a, l); err != nil {
		return src, err
	}
	src.Notes = w.notes
	return src, nil
}

// layer picks the shapefile that is meant, and its parts: files of the same
// folder and name.
func (a *archive) layer(wanted string) (layer, error) {
	parts := map[string]*zip.File{}
	var found []*zip.File
	for _, f := range a.files {
		parts[strings.ToLower(f.Name)] = f
		if extension(f.Name) != ".shp" {
			continue
		}
		if wanted == "" || strings.EqualFold(stem(f.Name), wanted) || strings.EqualFold(strings.TrimSuffix(f.Name, path.Ext(f.Name)), wanted) {
			found = append(found, f)
		}
	}
	if len(found) != 1 {
		var names []string
		for _, f := range a.files {
			if extension(f.Name) == ".shp" {
				names = append(names, stem(f.Name))
			}
		}
		return layer{}, notThere(names)
	}
	base := strings.ToLower(strings.TrimSuffix(found[0].Name, path.Ext(found[0].Name)))
	l := layer{name: stem(found[0].Name), shp: found[0], dbf: parts[base+".dbf"], prj: parts[base+".prj"], cpg: parts[base+".cpg"]}
	if l.dbf == nil {
		return l, ErrArchive.WithIn("%s.dbf is missing", "manca %s.dbf", shorten(l.name))
	}
	return l, nil
}

// text reads a small entry.
func (a *archive) text(f *zip.File, most int64) (string, error) {
	r, err := a.read(f)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		err = ErrArchive.WithIn("%s is longer than %d bytes", "%s supera i %d byte", shorten(path.Base(f.Name)), most)
	}
	return strings.TrimSpace(string(data)), err
}

// shapes reads shapes and rows side by side.
func (w *work) shapes(a *archive, l layer) error {
	shp, err := a.read(l.shp)
	if err != nil {
		return err
	}
	defer func() { _ = shp.Close() }()
	dbf, err := a.read(l.dbf)
	if err != nil {
		return err
	}
	defer func() { _ = dbf.Close() }()
	rows, err := newTable(bufio.NewReaderSize(w.guard(dbf), 64<<10))
	if err != nil {
		return err
	}
	said, other, err := w.shapeCharset(a, l, rows.driver)
	if err != nil {
		return err
	}
	size := int64(min(l.shp.UncompressedSize64, math.MaxInt32))
	s := &shapeReader{w: w, r: bufio.NewReaderSize(w.watch(shp, size), 64<<10)}
	if err := s.header(); err != nil {
		return err
	}
	deleted := 0
	for {
		raw, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		gone, err := rows.row(w, &raw)
		if err != nil {
			return fmt.Errorf("reading row %d: %w", raw.Index, err)
		}
		if gone {
			deleted++
			continue
		}
		w.raw = append(w.raw, raw)
	}
	if deleted > 0 {
		w.notes.add(NoteDeleted.With(strconv.Itoa(deleted)))
	}
	if s.lies {
		w.notes.add(NoteWinding)
	}
	if c, guessed := retext(w.raw, said, other); guessed {
		w.notes.add(NoteCharset.With(c.name))
	}
	return nil
}

// shapeCharset is what the .cpg says, or the .dbf itself, or the caller; nil
// when nobody says. When the file says one and the caller another, the caller's
// is for what the file's cannot be.
func (w *work) shapeCharset(a *archive, l layer, driver byte) (said, other *charset, err error) {
	if w.charset != "" {
		c, err := findCharset(w.charset)
		if err != nil {
			return nil, nil, err
		}
		other = &c
	}
	name := languageDrivers[driver]
	if l.cpg != nil {
		text, err := a.text(l.cpg, 1<<10)
		if err != nil {
			return nil, nil, err
		}
		if text != "" {
			name = text
		}
	}
	if name == "" {
		return other, nil, nil // nobody but the caller, who may not say either: then the text is looked at
	}
	c, err := findCharset(name)
	if err != nil && other != nil {
		return other, nil, nil // the file's word is not known, the caller's is
	}
	return &c, other, err
}
