package format

import (
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/transform"

	"github.com/sestante/sestante/geo"
)

const (
	maxDepth      = 100    // of elements in each other
	maxAttributes = 20_000 // of one element: the decoder holds them all
)

// kmz reads the KML of a KMZ: doc.kml, or the first that stands in it.
func (w *work) kmz(f File) (Source, error) {
	a, err := openArchive(f, w.limits.Inflated)
	if err != nil {
		return Source{}, err
	}
	main := -1
	for i, file := range a.files {
		if extension(file.Name) == ".kml" && (main < 0 || (strings.EqualFold(path.Base(file.Name), "doc.kml") && !strings.EqualFold(path.Base(a.files[main].Name), "doc.kml"))) {
			main = i
		}
	}
	if main < 0 {
		return Source{}, ErrArchive.With("it holds no .kml")
	}
	r, err := a.read(a.files[main])
	if err != nil {
		return Source{}, err
	}
	defer func() { _ = r.Close() }() // it was only read
	src, err := w.kml(w.watch(r, int64(min(a.files[main].UncompressedSize64, 1<<40))))
	src.Kind = KMZ
	return src, err
}

// kml reads the placemarks of a KML (OGC 12-007r2), element by element. The
// decoder knows no entity but XML's own five and opens nothing.
func (w *work) kml(r io.Reader) (Source, error) {
	dec := xml.NewDecoder(&attributeGuard{r: r})
	dec.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		c, err := findCharset(label)
		if err != nil || c.table == nil {
			return input, err
		}
		return transform.NewReader(input, c.table.NewDecoder()), nil
	}
	k := &kmlReader{w: w, dec: dec}
	src := Source{Kind: KML, CRS: "OGC:CRS84", Layer: w.limits.Layer}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && len(k.path) == 0 && k.rooted {
			break
		}
		if err != nil {
			return src, k.broken(err)
		}
		if err := k.take(token); err != nil {
			return src, err
		}
	}
	if w.limits.Layer != "" && !k.found {
		return src, geo.ErrLayer.With("it holds %s", shorten(strings.Join(k.folders, ", ")))
	}
	if k.links && len(w.raw) == 0 {
		return src, geo.ErrNoFeatures.With("it only links to a file elsewhere: send that file")
	}
	if k.points > 0 {
		w.notes.add(NoteSkipped.With(strconv.Itoa(k.points)))
	}
	src.Notes = w.notes
	return src, nil
}

// attributeGuard refuses an element with more attributes than anybody writes:
// each needs an equals sign, and "<" stands in none of them.
type attributeGuard struct {
	r      io.Reader
	equals int
}

func (g *attributeGuard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	for _, c := range p[:n] {
		switch c {
		case '<':
			g.equals = 0
		case '=':
			if g.equals++; g.equals > maxAttributes {
				return 0, ErrKML.With("an element has more than %d attributes", maxAttributes)
			}
		}
	}
	return n, err
}

// A kmlReader walks through the elements.
type kmlReader struct {
	w       *work
	dec     *xml.Decoder
	path    []string // local names of the open elements
	names   []string // of the open containers
	depths  []int    // how deep each of them is
	folders []string // names seen, for a message
	rooted  bool
	found   bool // the folder that is meant
	seen    int  // placemarks
	points  int  // placemarks, or parts of them, that are points
	links   bool // to files elsewhere
	text    []byte
	catch   bool // text is wanted
	attr    string
	mark    *placemark
}

func (k *kmlReader) broken(err error) error {
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok {
		if strings.Contains(syntax.Msg, "unexpected EOF") {
			return geo.ErrTruncated.With("in line %d", syntax.Line)
		}
		return ErrKML.With("line %d: %s", syntax.Line, shorten(syntax.Msg))
	}
	if errors.Is(err, io.EOF) {
		return geo.ErrTruncated
	}
	return err
}

func (k *kmlReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		if !k.rooted && t.Name.Local != "kml" {
			return ErrKML.With("it begins with <%s>", shorten(t.Name.Local))
		}
		k.rooted = true
		if k.path = append(k.path, t.Name.Local); len(k.path) > maxDepth {
			return ErrKML.With("it is nested more than %d deep", maxDepth)
		}
		return k.start(t)
	case xml.EndElement:
		err := k.end(t.Name.Local)
		k.path = k.path[:len(k.path)-1]
		return err
	case xml.CharData:
		if k.catch {
			k.text = append(k.text, t...)
		}
	}
	return nil
}

func (k *kmlReader) parent() string {
	if len(k.path) < 2 {
		return ""
	}
	return k.path[len(k.path)-2]
}

func (k *kmlReader) start(t xml.StartElement) error {
	k.text, k.catch = k.text[:0], false
	switch t.Name.Local {
	case "Document", "Folder":
		k.names, k.depths = append(k.names, ""), append(k.depths, len(k.path))
	case "Placemark":
		return k.begin(t)
	case "name":
		k.catch = true
	case "NetworkLink":
		k.links = true
	}
	if k.mark == nil {
		return nil
	}
	switch t.Name.Local {
	case "SimpleData", "Data":
		k.attr = attribute(t, "name")
		k.catch = t.Name.Local == "SimpleData"
	case "value":
		k.catch = k.parent() == "Data"
	case "Polygon":
		k.mark.polygons = append(k.mark.polygons, kmlPolygon{})
		return k.w.vertex() // it takes room even when it is empty
	case "coordinates":
		k.catch = slices.Contains(k.path, "Polygon")
	case "Point":
		k.mark.points++
	case "LineString", "Track", "MultiTrack", "Model":
		k.mark.other = t.Name.Local
	case "LinearRing":
		if !slices.Contains(k.path, "Polygon") {
			k.mark.other = t.Name.Local
		}
	}
	return nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (k *kmlReader) begin(t xml.StartElement) error {
	if k.mark != nil {
		return ErrKML.With("a Placemark lies in another")
	}
	index := k.seen
	if k.seen++; k.seen > k.w.limits.Features {
		return geo.ErrTooLarge.With("more than %d features", k.w.limits.Features)
	}
	k.mark = &placemark{raw: geo.Raw{Feature: geo.Feature{Index: index, ID: attribute(t, "id"), Properties: map[string]any{}}}}
	return nil
}

func (k *kmlReader) end(name string) error {
	defer func() { k.catch = false }()
	switch {
	case name == "Document" || name == "Folder":
		if n := len(k.depths); n > 0 && k.depths[n-1] == len(k.path) {
			k.names, k.depths = k.names[:n-1], k.depths[:n-1]
		}
	case name == "name" && (k.parent() == "Document" || k.parent() == "Folder") && len(k.names) > 0:
		k.folder(strings.TrimSpace(string(k.text)))
	case k.mark == nil:
	case name == "name" && k.parent() == "Placemark":
		return k.set("name", string(k.text))
	case name == "SimpleData", name == "value" && k.parent() == "Data":
		return k.set(k.attr, string(k.text))
	case name == "coordinates" && k.catch:
		return k.coordinates()
	case name == "Placemark":
		m := k.mark
		k.mark = nil
		return k.keep(m)
	}
	return nil
}

func (k *kmlReader) folder(name string) {
	k.names[len(k.names)-1] = name
	if len(k.folders) < 10 {
		k.folders = append(k.folders, shorten(name))
	}
	k.found = k.found || name == k.w.limits.Layer
}

// set keeps a property. The first that has a text wins: Google Earth writes
// the name twice.
func (k *kmlReader) set(name, value string) error {
	value = strings.TrimSpace(value)
	if old, ok := k.mark.raw.Properties[name]; name == "" || value == "" || (ok && old != "") {
		return nil
	}
	k.mark.raw.Properties[name] = value
	return k.w.value()
}

// keep ends a placemark.
func (k *kmlReader) keep(m *placemark) error {
	if k.w.limits.Layer != "" && !slices.Contains(k.names, k.w.limits.Layer) {
		return nil
	}
	if k.points += m.points; m.points > 0 && len(m.polygons) == 0 && m.other == "" && m.raw.Problem == nil {
		return nil
	}
	m.finish()
	k.w.raw = append(k.w.raw, m.raw)
	return nil
}

// coordinates reads the text of a ring: lon,lat or lon,lat,height with space
// between.
func (k *kmlReader) coordinates() error {
	p := &k.mark.polygons[len(k.mark.polygons)-1]
	ring, err := k.mark.ring(k.w, k.text)
	if err != nil {
		return err
	}
	switch {
	case slices.Contains(k.path, "innerBoundaryIs"):
		p.holes = append(p.holes, ring)
	case p.shell != nil:
		k.mark.refuse(geo.Problem{Fault: geo.ErrCoordinates, Note: "a Polygon has two outer boundaries"})
	default:
		p.shell = ring
	}
	return nil
}
