package gpkg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/sestante/sestante/geo"
)

// SQLite reads the whole description of a database before it answers anything,
// and takes several times the room of its text. So the pages that hold it are
// counted here first (https://www.sqlite.org/fileformat2.html, 1.6 and 2.6).

// The most a description may have. A GeoPackage of a hundred layers has about
// two thousand objects in half a megabyte.
const (
	maxObjects     = 20_000
	maxDescription = 8 << 20 // bytes
)

// The types of pages that may hold the description.
const (
	pageInterior = 5
	pageLeaf     = 13
)

// A pageWalk visits the b-tree of the description.
type pageWalk struct {
	from    io.ReaderAt
	size    int // of a page, bytes
	pages   uint32
	seen    map[uint32]bool
	objects int
	bytes   int64
}

// checkPages looks at the header of a database and at the size of its
// description. The errors are ErrNotGeoPackage, ErrDamaged, geo.ErrTooLarge
// and those of reading.
func checkPages(from io.ReaderAt, size int64) error {
	head := make([]byte, 100)
	if _, err := from.ReadAt(head, 0); err != nil {
		if errors.Is(err, io.EOF) {
			return ErrNotGeoPackage.WithIn("%d bytes", "%d byte", size)
		}
		return fmt.Errorf("reading the header: %w", err)
	}
	if string(head[:16]) != "SQLite format 3\x00" {
		return ErrNotGeoPackage.WithIn("it is not a SQLite database", "non è un database SQLite")
	}
	w := &pageWalk{from: from, size: int(binary.BigEndian.Uint16(head[16:])), seen: map[uint32]bool{}}
	if w.size == 1 {
		w.size = 1 << 16
	}
	if w.size < 512 || w.size&(w.size-1) != 0 {
		return ErrDamaged.WithIn("pages of %d bytes", "pagine di %d byte", w.size)
	}
	if said := int64(binary.BigEndian.Uint32(head[28:])) * int64(w.size); said > size {
		return ErrDamaged.WithIn("it ends after %d of %d bytes", "finisce dopo %d byte su %d", size, said)
	}
	w.pages = uint32(min(size/int64(w.size), 1<<32-2)) //nolint:gosec // it has just been bounded
	return w.page(1)
}

// page counts what one page of the description holds, and the pages below.
func (w *pageWalk) page(number uint32) error {
	if number == 0 || number > w.pages || w.seen[number] {
		return ErrDamaged.WithIn("page %d of its description", "pagina %d della sua descrizione", number)
	}
	w.seen[number] = true
	data := make([]byte, w.size)
	if _, err := w.from.ReadAt(data, int64(number-1)*int64(w.size)); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading page %d: %w", number, err)
	}
	top := data
	if number == 1 {
		top = data[100:]
	}
	cells := int(binary.BigEndian.Uint16(top[3:]))
	switch top[0] {
	case pageLeaf:
		return w.leaf(data, top[8:], cells)
	case pageInterior:
		return w.interior(data, top[12:], cells, binary.BigEndian.Uint32(top[8:]))
	}
	return ErrDamaged.WithIn("page %d of its description", "pagina %d della sua descrizione", number)
}

func (w *pageWalk) leaf(data, pointers []byte, cells int) error {
	for i := range cells {
		if 2*i+2 > len(pointers) {
			return ErrDamaged.WithIn("a page of its description", "una pagina della sua descrizione")
		}
		length, ok := varint(data, int(binary.BigEndian.Uint16(pointers[2*i:])))
		if !ok {
			return ErrDamaged.WithIn("a page of its description", "una pagina della sua descrizione")
		}
		w.objects++
		w.bytes += int64(min(length, maxDescription+1)) //nolint:gosec // it is bounded here
		if w.objects > maxObjects || w.bytes > maxDescription {
			return geo.ErrTooLarge.WithIn("the GeoPackage describes more than %d objects", "il GeoPackage descrive più di %d oggetti", maxObjects)
		}
	}
	return nil
}

func (w *pageWalk) interior(data, pointers []byte, cells int, last uint32) error {
	for i := range cells {
		if 2*i+2 > len(pointers) {
			return ErrDamaged.WithIn("a page of its description", "una pagina della sua descrizione")
		}
		at := int(binary.BigEndian.Uint16(pointers[2*i:]))
		if at+4 > len(data) {
			return ErrDamaged.WithIn("a page of its description", "una pagina della sua descrizione")
		}
		if err := w.page(binary.BigEndian.Uint32(data[at:])); err != nil {
			return err
		}
	}
	return w.page(last)
}

// varint reads SQLite's variable-length integer: seven bits a byte, the
// highest first, and all eight of the ninth.
func varint(data []byte, at int) (uint64, bool) {
	var v uint64
	for i := range 9 {
		if at+i >= len(data) {
			return 0, false
		}
		b := data[at+i]
		if i == 8 {
			return v<<8 | uint64(b), true
		}
		v = v<<7 | uint64(b&0x7f)
		if b < 0x80 {
			return v, true
		}
	}
	return 0, false
}
