// Package gpkg reads and writes OGC GeoPackages (https://www.geopackage.org/spec140/):
// the SQLite files that QGIS and the GDAL tools exchange.
//
// Reading is of files that strangers send. The file is copied, opened so that
// nothing can change it, and asked nothing but the rows of ordinary tables:
// views, virtual tables, triggers and generated columns of the file never run,
// and what is read counts against limits. Writing streams rows into a file of
// its own, which is copied out once it is whole.
//
// It refuses to judge boundaries, which is geo's work, and knows no collection
// of ours: the store keeps its own tables by itself.
package gpkg

import "github.com/sestante/sestante/fault"

// The faults of a GeoPackage as a whole.
var (
	// ErrNotGeoPackage answers a file that is no SQLite database, or one without
	// the tables that make it a GeoPackage.
	ErrNotGeoPackage = fault.Define(fault.Invalid, "gpkg.not_geopackage",
		"The file is not a GeoPackage: export it again as one.",
		"Il file non è un GeoPackage: esportalo di nuovo in questo formato.")
	// ErrDamaged answers a database that contradicts itself.
	ErrDamaged = fault.Define(fault.Invalid, "gpkg.damaged",
		"The GeoPackage is damaged: export it again and send it whole.",
		"Il GeoPackage è danneggiato: esportalo di nuovo e invialo intero.")
	// ErrTable answers a layer that is computed instead of kept: a view or a
	// virtual table is not run.
	ErrTable = fault.Define(fault.Invalid, "gpkg.table",
		"The layer is not an ordinary table: save it as a layer of its own.",
		"Il livello non è una tabella ordinaria: salvalo come livello a sé.")
	// ErrSRS answers a layer whose coordinate system the file does not describe.
	ErrSRS = fault.Define(fault.Invalid, "gpkg.srs",
		"The GeoPackage does not say which coordinate system the layer is in: set it and export the layer again, or name it.",
		"Il GeoPackage non dice in quale sistema di coordinate è il livello: impostalo ed esporta di nuovo il livello, oppure indicalo.")
)

// The faults of one geometry.
var (
	// ErrGeometry answers a geometry that is not written as the standard asks.
	ErrGeometry = fault.Define(fault.Invalid, "gpkg.geometry",
		"The geometry is not written as a GeoPackage writes it: export the layer again.",
		"La geometria non è scritta come in un GeoPackage: esporta di nuovo il livello.")
	// ErrExtended answers a geometry that only an extension can read.
	ErrExtended = fault.Define(fault.Invalid, "gpkg.extended_geometry",
		"The geometry is of an extended or curved type: convert it to straight lines and export the layer again.",
		"La geometria è di un tipo esteso o curvo: convertila in linee rette ed esporta di nuovo il livello.")
	// ErrMixedSRS answers a geometry in another coordinate system than its
	// layer.
	ErrMixedSRS = fault.Define(fault.Invalid, "gpkg.mixed_srs",
		"The geometry says another coordinate system than its layer: export the layer again in one of them.",
		"La geometria indica un sistema di coordinate diverso da quello del livello: esporta di nuovo il livello in uno solo.")
)
