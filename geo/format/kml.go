package format

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/transform"

	"github.com/sestante/sestante/geo"
)

const (
	maxDepth      = 100    // of elements in each other
	maxAttributes = 20_000 // of one element: the decoder holds them all
)

// kml reads the placemarks of a KML (OGC 12-007r2), element by element. The
// decoder knows no entity but XML's own five and opens nothing.
func (w *work) kml(r io.Reader) (Source, error) {
	src := Source{Kind: KML, CRS: "OGC:CRS84", Layer: w.limits.Layer}
	k, err := w.document(r, w.limits.Layer)
	if err != nil {
		return src, err
	}
	if w.limits.Layer != "" && !k.found {
		return src, notThere(k.folders)
	}
	if len(k.links) > 0 {
		if err := w.elsewhere(len(k.links)); err != nil {
			return src, err
		}
	}
	src.Notes = w.notes
	return src, nil
}

// elsewhere says that links to other files were not followed: a note, or a
// refusal when there is nothing else.
func (w *work) elsewhere(links int) error {
	if len(w.raw) == 0 {
		return geo.ErrNoFeatures.WithIn("it only links to a file elsewhere: send that file", "rimanda soltanto a un file che sta altrove: invia quel file")
	}
	w.notes.add(NoteLinks.With(strconv.Itoa(links)))
	return nil
}

// document reads the placemarks of one KML into w.raw: all, or those of a
// layer.
func (w *work) document(r io.Reader, layer string) (*kmlReader, error) {
	buffered := bufio.NewReaderSize(&attributeGuard{r: r}, 4096)
	start, _ := buffered.Peek(256) // what is wrong, the decoder meets too
	r = buffered
	if m := declared.FindSubmatch(start); m == nil || strings.EqualFold(string(m[1]), "UTF-8") {
		var err error
		if r, err = w.mend(r); err != nil {
			return nil, err
		}
	}
	dec := xml.NewDecoder(r)
	dec.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		c, err := findCharset(label)
		if err != nil || c.table == nil {
			return input, err
		}
		return transform.NewReader(input, c.table.NewDecoder()), nil
	}
	k := &kmlReader{w: w, dec: dec, layer: layer, seen: w.placed, numbers: map[string]bool{}}
	before := len(w.raw)
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) && len(k.path) == 0 && k.rooted {
			break
		}
		if err != nil {
			return k, k.broken(err)
		}
		if err := k.take(token); err != nil {
			return k, err
		}
	}
	if len(w.raw) > before {
		w.placed = k.seen
	}
	if k.points > 0 {
		w.notes.add(NoteSkipped.With(strconv.Itoa(k.points)))
	}
	return k, nil
}

// declared finds the encoding that an XML file says it is in.
var declared = regexp.MustCompile(`^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding\s*=\s*["']([^"']*)["']`)

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
				return 0, ErrKML.WithIn("an element has more than %d attributes", "un elemento ha più di %d attributi", maxAttributes)
			}
		}
	}
	return n, err
}
