package format

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

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
	layer   string
	links   []string        // to other files
	numbers map[string]bool // fields of a schema: whether they are numbers
	text    []byte
	catch   bool // text is wanted
	attr    string
	mark    *placemark
}

func (k *kmlReader) broken(err error) error {
	syntax, ok := errors.AsType[*xml.SyntaxError](err)
	switch {
	case ok && strings.Contains(syntax.Msg, "unexpected EOF"):
		err = geo.ErrTruncated.WithIn("in line %d", "alla riga %d", syntax.Line)
	case ok && strings.Contains(syntax.Msg, "invalid UTF-8"):
		err = geo.ErrEncoding.WithIn("in line %d", "alla riga %d", syntax.Line)
	case ok:
		err = ErrKML.WithIn("line %d: %s", "riga %d: %s", syntax.Line, shorten(syntax.Msg))
	case errors.Is(err, io.EOF):
		err = geo.ErrTruncated
	}
	if k.mark == nil {
		return err
	}
	return blame(err, k.mark.raw.Feature, k.mark.somewhere())
}

func (k *kmlReader) take(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		if !k.rooted && t.Name.Local != "kml" {
			return ErrKML.WithIn("it begins with <%s>", "comincia con <%s>", shorten(t.Name.Local))
		}
		k.rooted = true
		if k.path = append(k.path, t.Name.Local); len(k.path) > maxDepth {
			return ErrKML.WithIn("it is nested more than %d deep", "è annidato oltre %d livelli", maxDepth)
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
	case "href":
		k.catch = slices.Contains(k.path, "NetworkLink")
	case "SimpleField":
		return k.field(attribute(t, "name"), attribute(t, "type"))
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
		k.catch = true
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
		return ErrKML.WithIn("a Placemark lies in another", "un Placemark sta dentro un altro")
	}
	index := k.seen
	if k.seen++; k.seen > k.w.limits.Features {
		return geo.ErrTooLarge.WithIn("more than %d features", "più di %d elementi", k.w.limits.Features)
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
	case name == "href" && k.catch:
		return k.link(strings.TrimSpace(string(k.text)))
	case k.mark == nil:
	case name == "name" && k.parent() == "Placemark":
		return k.set("name", string(k.text))
	case name == "SimpleData", name == "value" && k.parent() == "Data":
		return k.set(k.attr, string(k.text))
	case name == "coordinates" && k.catch && slices.Contains(k.path, "Polygon"):
		return k.coordinates()
	case name == "coordinates" && k.catch:
		k.mark.aside(k.text)
	case name == "Placemark":
		m := k.mark
		k.mark = nil
		return k.keep(m)
	}
	return nil
}

func (k *kmlReader) folder(name string) {
	k.names[len(k.names)-1] = name
	if len(k.folders) < 100 {
		k.folders = append(k.folders, strings.Clone(shorten(name)))
	}
	k.found = k.found || name == k.layer
}

// mostLinks is how many other files one may name.
const mostLinks = 100

func (k *kmlReader) link(to string) error {
	if k.links = append(k.links, to); len(k.links) > mostLinks {
		return ErrKML.WithIn("it links to more than %d files", "rimanda a più di %d file", mostLinks)
	}
	return nil
}

// field notes whether a field of a schema is a number. Two schemas that do not
// agree about a name leave it text.
func (k *kmlReader) field(name, kind string) error {
	number := slices.Contains([]string{"int", "uint", "short", "ushort", "float", "double"}, kind)
	if was, known := k.numbers[name]; known {
		number = number && was
	}
	k.numbers[name] = number
	return k.w.value()
}

// set keeps a property. The first that has a text wins: Google Earth writes
// the name twice.
func (k *kmlReader) set(name, value string) error {
	value = strings.TrimSpace(value)
	if old, ok := k.mark.raw.Properties[name]; name == "" || value == "" || (ok && old != "") {
		return nil
	}
	k.mark.raw.Properties[name] = value
	if number, ok := numberOf(value).(json.Number); ok && k.numbers[name] {
		k.mark.raw.Properties[name] = number
	}
	return k.w.value()
}

// keep ends a placemark.
func (k *kmlReader) keep(m *placemark) error {
	if k.layer != "" && !slices.Contains(k.names, k.layer) {
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
		k.mark.refuse(geo.Problem{Fault: geo.ErrCoordinates, Note: fault.Say("a Polygon has two outer boundaries", "un Polygon ha due contorni esterni")})
	default:
		p.shell = ring
	}
	return nil
}
