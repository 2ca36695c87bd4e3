package format

import (
	"archive/zip"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
)

// A tour goes through the documents of a KMZ: the main one, and those of the
// same archive that they link to. Each is a layer, named like its file.
type tour struct {
	w       *work
	a       *archive
	entries map[string]*zip.File // by path, in lower case
	queue   []string
	met     map[string]bool // paths that are or were in the queue
	names   []string        // of layers that are there
	holding []string        // documents with areas
	outside int             // links that lead out of the archive
	found   bool            // the layer that is meant
}

// mostDocuments is how many documents of one archive are read.
const mostDocuments = 100

// kmz reads a KMZ: doc.kml, or the first KML that stands in it, and what it
// links to in the archive, as GDAL writes one document for each layer. Nothing
// outside the archive is ever opened.
func (w *work) kmz(f File) (Source, error) {
	src := Source{Kind: KMZ, CRS: "OGC:CRS84", Layer: w.limits.Layer}
	a, err := openArchive(f, w.limits.Inflated)
	if err != nil {
		return src, err
	}
	t := &tour{w: w, a: a, entries: map[string]*zip.File{}, met: map[string]bool{}}
	main := ""
	for _, file := range a.files {
		name := inArchive(file.Name)
		if extension(name) != ".kml" {
			continue
		}
		if t.entries[name] == nil {
			t.entries[name] = file
		}
		if main == "" || (path.Base(name) == "doc.kml" && path.Base(main) != "doc.kml") {
			main = name
		}
	}
	if main == "" {
		return src, ErrArchive.WithIn("it holds no .kml", "non contiene nessun .kml")
	}
	if err := t.enter(main); err != nil {
		return src, err
	}
	for linked := false; len(t.queue) > 0; linked = true {
		next := t.queue[0]
		t.queue = t.queue[1:]
		if err := t.read(next, linked); err != nil {
			return src, err
		}
	}
	err = t.conclude()
	src.Notes = w.notes
	return src, err
}

// inArchive is the path of an entry in a form that can be compared.
func inArchive(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, "\\", "/")), "/"))
}

// lies returns the path of the entry that a link means: GDAL puts layers that it
// adds later into another folder than it says.
func (t *tour) lies(name string) string {
	if t.entries[name] != nil {
		return name
	}
	var found []string
	for _, other := range slices.Sorted(maps.Keys(t.entries)) {
		if path.Base(other) == path.Base(name) {
			found = append(found, other)
		}
	}
	if len(found) != 1 {
		return name
	}
	return found[0]
}

// enter puts a document into the queue, once.
func (t *tour) enter(name string) error {
	if name = t.lies(name); t.met[name] {
		return nil
	}
	if t.entries[name] == nil {
		return ErrArchive.WithIn("%s is missing", "manca %s", shorten(name))
	}
	if len(t.met) == mostDocuments {
		return ErrArchive.WithIn("more than %d documents", "più di %d documenti", mostDocuments)
	}
	t.met[name] = true
	t.queue = append(t.queue, name)
	return nil
}

// read reads one document, and enters those it links to.
func (t *tour) read(name string, linked bool) error {
	file := t.entries[name]
	r, err := t.a.read(file)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	layer, wanted := stem(file.Name), t.w.limits.Layer
	if linked {
		t.names = append(t.names, layer)
		if strings.EqualFold(layer, wanted) {
			t.found, wanted = true, "" // all of it
		}
	}
	before := len(t.w.raw)
	k, err := t.w.document(t.w.watch(r, int64(min(file.UncompressedSize64, 1<<40))), wanted)
	if err != nil {
		return err
	}
	if len(t.w.raw) > before {
		t.holding = append(t.holding, layer)
	}
	if t.found = t.found || k.found; !linked {
		t.names = append(t.names, k.folders...)
	}
	for _, link := range k.links {
		to, ok := follow(name, link)
		if !ok {
			t.outside++
		} else if err := t.enter(to); err != nil {
			return err
		}
	}
	return nil
}

// follow returns the path that a link in a document leads to; ok is false when
// it leads out of the archive, or to what is no document.
func follow(from, link string) (to string, ok bool) {
	u, err := url.Parse(strings.ReplaceAll(link, "\\", "/"))
	if err != nil || u.Scheme != "" || u.Host != "" || u.Path == "" || strings.HasPrefix(u.Path, "/") {
		return "", false
	}
	to = path.Join(path.Dir(from), u.Path)
	if to == ".." || strings.HasPrefix(to, "../") || extension(to) != ".kml" {
		return "", false
	}
	return inArchive(to), true
}

// conclude asks whether one layer was read, and no more than was meant.
func (t *tour) conclude() error {
	switch {
	case t.w.limits.Layer != "" && !t.found:
		return notThere(t.names)
	case t.w.limits.Layer == "" && len(t.holding) > 1:
		return notThere(t.holding)
	case t.outside > 0:
		return t.w.elsewhere(t.outside)
	}
	return nil
}
