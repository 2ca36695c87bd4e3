package format

import (
	"archive/zip"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/sestante/sestante/fault"
)

const (
	directoryBytes = 1 << 20 // of a zip's table of contents: some twenty thousand files
	inflateRatio   = 200     // what comes out, for each byte of the archive
	inflateAlways  = 1 << 20 // bytes that may come out of any archive
)

// An archive is a zip whose table of contents has been read.
type archive struct {
	files []*zip.File
	left  *int64 // bytes that may still come out
}

// openArchive reads the table of contents, and no more of it than a real one
// has: an entry of 46 bytes takes several hundred in memory.
func openArchive(f File, limit int64) (*archive, error) {
	guard := &guarded{r: f.Data, left: directoryBytes}
	z, err := zip.NewReader(guard, f.Size)
	if guard.left < 0 {
		return nil, ErrArchive.WithIn("it lists too many files", "elenca troppi file")
	}
	if err != nil {
		return nil, ErrArchive.WithIn("its table of contents cannot be read", "il suo indice non si può leggere")
	}
	guard.open = true
	left := min(limit, max(inflateRatio*f.Size, inflateAlways))
	a := &archive{left: &left}
	for _, file := range z.File {
		name := path.Clean("/" + strings.ReplaceAll(file.Name, "\\", "/"))
		base := path.Base(name)
		if file.FileInfo().IsDir() || strings.HasPrefix(base, "._") || strings.Contains(name, "/__MACOSX/") {
			continue
		}
		a.files = append(a.files, file)
	}
	return a, nil
}

// guarded reads at most some bytes until it is opened.
type guarded struct {
	r    io.ReaderAt
	left int64
	open bool
}

func (g *guarded) ReadAt(p []byte, at int64) (int, error) {
	if !g.open {
		if g.left -= int64(len(p)); g.left < 0 {
			return 0, ErrArchive
		}
	}
	return g.r.ReadAt(p, at)
}

func extension(name string) string { return strings.ToLower(path.Ext(name)) }

// stem is the name without folder and extension.
func stem(name string) string {
	base := path.Base(strings.ReplaceAll(name, "\\", "/"))
	return strings.TrimSuffix(base, path.Ext(base))
}

// sniffArchive tells a zipped shapefile from a KMZ.
func sniffArchive(f File) (Kind, error) {
	a, err := openArchive(f, 0)
	if err != nil {
		return "", fmt.Errorf("looking at a file: %w", err)
	}
	var others []string
	kml := false
	for _, file := range a.files {
		switch extension(file.Name) {
		case ".shp":
			return ShapefileZip, nil
		case ".kml":
			kml = true
		}
		if len(others) < 5 {
			others = append(others, path.Base(file.Name))
		}
	}
	if kml {
		return KMZ, nil
	}
	return "", sniffing(fault.Say("it is a zip archive without .shp or .kml, but with %s", "è un archivio zip senza .shp né .kml, ma con %s", shorten(strings.Join(others, ", "))))
}

// shorten is a text of the file for a message: cut, and without what a terminal
// would obey.
func shorten(text string) string {
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return strings.Trim(strconv.QuoteToGraphic(text), `"`)
}

// read opens one entry. What comes out of all entries together is limited,
// whatever they say of themselves.
func (a *archive) read(file *zip.File) (io.ReadCloser, error) {
	if file.Flags&1 != 0 {
		return nil, ErrArchive.WithIn("%s is locked with a password", "%s è protetto da una password", shorten(path.Base(file.Name)))
	}
	r, err := file.Open()
	if err != nil {
		return nil, ErrArchive.WithIn("%s cannot be unpacked", "%s non si può decomprimere", shorten(path.Base(file.Name)))
	}
	return &entry{ReadCloser: r, left: a.left, name: file.Name}, nil
}

type entry struct {
	io.ReadCloser
	left *int64
	name string
}

func (e *entry) Read(p []byte) (int, error) {
	if *e.left < 0 {
		return 0, ErrInflated
	}
	if int64(len(p)) > *e.left+1 {
		p = p[:*e.left+1]
	}
	n, err := e.ReadCloser.Read(p)
	if *e.left -= int64(n); *e.left < 0 {
		return 0, ErrInflated
	}
	if err != nil && err != io.EOF {
		return n, ErrArchive.WithIn("%s is damaged", "%s è danneggiato", shorten(path.Base(e.name)))
	}
	return n, err
}
