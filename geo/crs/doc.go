// Package crs turns coordinates of the systems that Italian boundaries come in
// into WGS84 degrees, longitude first, and back: geographic ones, transverse
// Mercator (every UTM zone and Italian grid), ETRS89-LAEA and web Mercator. It
// reads what files say about their system: a code, a name as the OGC writes
// it, or well-known text.
//
// Formulas are those of Krüger (1912) to the sixth order in the third
// flattening, in the form of Karney, "Transverse Mercator with an accuracy of a
// few nanometers" (2011), and of the EPSG's Guidance Note 7-2.
//
// It refuses systems it does not know, and says how accurate it is with those
// it does: a datum of 1940 cannot be had to the centimetre without grids that
// nobody may ship. Heights are not its business.
package crs

import "github.com/sestante/sestante/fault"

// The faults of a coordinate system.
var (
	// ErrUnknown answers a system that is not one of these.
	ErrUnknown = fault.Define(fault.Invalid, "crs.unknown",
		"The coordinate system is not one this program knows: say which of EPSG:4326, 32632, 32633, 25832, 25833, 6707, 6708, 7791, 7792, 6875, 6876, 3003, 3004 or 3035 it is, or export the file as WGS84 (EPSG:4326).",
		"Il sistema di coordinate non è tra quelli che questo programma conosce: indica quale tra EPSG:4326, 32632, 32633, 25832, 25833, 6707, 6708, 7791, 7792, 6875, 6876, 3003, 3004 o 3035 è, oppure esporta il file in WGS84 (EPSG:4326).")
	// ErrMalformed answers a description that is no well-known text.
	ErrMalformed = fault.Define(fault.Invalid, "crs.malformed",
		"The description of the coordinate system is malformed: export the file again, or name the system.",
		"La descrizione del sistema di coordinate è malformata: esporta di nuovo il file, oppure indica il sistema.")
	// ErrOutside answers a position that the system has no place for.
	ErrOutside = fault.Define(fault.Invalid, "crs.outside",
		"The position is far outside the area of its coordinate system: check that the file names the right one.",
		"La posizione è molto lontana dall'area del suo sistema di coordinate: controlla che il file indichi quello giusto.")
)
