// Package format reads boundaries in every form they come in: GeoJSON and
// sequences of it, TopoJSON, zipped shapefiles, KML and KMZ, well-known text
// and CSV with a column of it. It finds out what a file is by its content,
// brings it to WGS84 from the system it says it is in, and hands it to geo,
// which refuses what would answer wrongly. Whatever was left out or assumed on
// the way is a note.
//
// GeoPackages are databases: their room is the store's, which reads the rows
// and calls Check.
//
// It trusts nothing: what a file says of its own size is never allocated, and
// limits on bytes, on what comes out of an archive, on features, vertices,
// properties and nesting hold while it reads. It opens no file, follows no link
// out of the one it reads, and starts nothing.
package format

import (
	"context"
	"io"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
)

// A Kind is a form in which boundaries come.
type Kind string

// The kinds.
const (
	GeoJSON      Kind = "geojson"
	TopoJSON     Kind = "topojson"
	ShapefileZip Kind = "shapefile-zip"
	KML          Kind = "kml"
	KMZ          Kind = "kmz"
	GeoPackage   Kind = "gpkg"
	WKT          Kind = "wkt"
	CSV          Kind = "csv"
)

// A File is what is to be read. Data is read at any place, several times.
type File struct {
	Name string // a hint, and for messages; may be empty
	Data io.ReaderAt
	Size int64 // bytes
}

// Options say what a file does not. The zero value asks nothing special.
type Options struct {
	Limits geo.Limits // zero values mean the defaults

	// CRS is the coordinate system when the file does not say: "EPSG:32632".
	// Empty means WGS84.
	CRS string

	// Layer names the layer that is meant when there are several: the object of
	// a TopoJSON, the shapefile of a zip, a folder of a KML, one of the documents
	// of a KMZ. A file without layers refuses any name but its own.
	Layer string

	// Charset is that of the text when the file does not say, or is wrong about
	// it: "UTF-8", "windows-1252". A CSV is read in it; of what says or must be
	// UTF-8 (GeoJSON, TopoJSON, WKT, KML, a shapefile with such a .cpg) it is for
	// what is not. Empty means to look at the text of shapefiles and CSV, and to
	// refuse what is not UTF-8 in the others.
	Charset string

	// Progress, when not nil, is told how much of the work is done, in
	// thousandths: reading and then checking, at least one call for each
	// hundredth, never backwards. The last call has done equal to total.
	Progress func(done, total int64)
}

// A Result is a file that was read whole, checked, in WGS84.
type Result struct {
	Collection geo.Collection
	Kind       Kind
	Layer      string  // that was read; empty when the kind has none
	CRS        string  // that the file was in: "EPSG:32632", or its name when the EPSG has none
	AccuracyM  float64 // of the way from there to WGS84, metres; 0 is exact
	Notes      []Note
}

// The faults of a file as a whole; those of geo and of crs come too.
var (
	ErrUnknown = fault.Define(fault.Invalid, "format.unknown",
		"The file is in no form that can be read: send GeoJSON, TopoJSON, a GeoPackage, a zipped shapefile, KML, KMZ, WKT, or CSV with a column wkt.",
		"Il file non è in una forma leggibile: invia GeoJSON, TopoJSON, un GeoPackage, uno shapefile in zip, KML, KMZ, WKT, oppure CSV con una colonna wkt.")
	ErrGeoPackage = fault.Define(fault.Invalid, "format.geopackage",
		"A GeoPackage cannot be read here: import it with the program or over its API.",
		"Un GeoPackage non si può leggere qui: importalo con il programma o con la sua API.")
	ErrArchive = fault.Define(fault.Invalid, "format.archive",
		"The archive is damaged, locked or lacks a part: pack the files again, without a password.",
		"L'archivio è danneggiato, protetto o incompleto: comprimi di nuovo i file, senza password.")
	ErrInflated = fault.Define(fault.TooLarge, "format.inflated",
		"The archive unfolds into much more than an import may hold: send the files that are needed and nothing else.",
		"L'archivio si espande ben oltre quanto si può importare: invia solo i file necessari.")
	ErrShapefile = fault.Define(fault.Invalid, "format.shapefile",
		"The shapefile is damaged: export it again, and zip .shp, .dbf and .prj together.",
		"Lo shapefile è danneggiato: esportalo di nuovo e comprimi insieme .shp, .dbf e .prj.")
	ErrKML = fault.Define(fault.Invalid, "format.kml",
		"The file is not well-formed KML: export it again.",
		"Il file non è un KML ben formato: esportalo di nuovo.")
	ErrWKT = fault.Define(fault.Invalid, "format.wkt",
		"The text is not the WKT of a Polygon or a MultiPolygon: export it again.",
		"Il testo non è il WKT di un Polygon o di un MultiPolygon: esportalo di nuovo.")
	ErrCSV = fault.Define(fault.Invalid, "format.csv",
		"The table has no column with shapes: name one wkt or geometry in its first line.",
		"La tabella non ha una colonna con le forme: chiamane una wkt o geometry nella prima riga.")
	ErrTable = fault.Define(fault.Invalid, "format.table",
		"The table is malformed: export it again, with texts that hold separators in quotes.",
		"La tabella è malformata: esportala di nuovo, con le virgolette attorno ai testi che contengono separatori.")
	ErrDegrees = fault.Define(fault.Invalid, "format.degrees",
		"The coordinates look like degrees, but their system is in metres: export the file again with the right system, or as WGS84 (EPSG:4326).",
		"Le coordinate sembrano gradi, ma il loro sistema è in metri: esporta di nuovo il file con il sistema giusto, o in WGS84 (EPSG:4326).")
	ErrCharset = fault.Define(fault.Invalid, "format.charset",
		"The text's encoding is not one this program knows: name it, or export the file as UTF-8.",
		"La codifica del testo non è tra quelle che questo programma conosce: indicala, oppure esporta il file in UTF-8.")
)

// Decode reads a file, whatever it is, and checks it. It answers with all of
// it or with an error: one fault of the file (of this package, of geo or of
// crs), or geo.Problems, which name every bad feature by index and identity,
// the place, and what to do. A GeoPackage is ErrGeoPackage: the caller has the
// store read it. Other errors come from reading, or are ctx's.
func Decode(ctx context.Context, f File, o Options) (Result, error) {
	return decode(ctx, f, o)
}
