package geo

import (
	"fmt"
	"strings"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// The faults of a file as a whole.
var (
	ErrTooLarge   = fault.Define(fault.TooLarge, "geo.too_large", "The boundaries are larger than an import may be: simplify them or import them in parts.", "I confini superano quanto si può importare: semplificali o importali in più parti.")
	ErrNotJSON    = fault.Define(fault.Invalid, "geo.not_json", "The file is not JSON: export it again.", "Il file non è JSON: esportalo di nuovo.")
	ErrTruncated  = fault.Define(fault.Invalid, "geo.truncated", "The file ends in the middle: it was cut on its way, send it again.", "Il file finisce a metà: è stato troncato, invialo di nuovo.")
	ErrNotGeoJSON = fault.Define(fault.Invalid, "geo.not_geojson", "The file is JSON, but neither GeoJSON nor TopoJSON: export it again as one of them.", "Il file è JSON, ma non è né GeoJSON né TopoJSON: esportalo di nuovo in uno di questi formati.")
	ErrCRS        = fault.Define(fault.Invalid, "geo.crs", "The file names a coordinate system that is not WGS84: export it again as EPSG:4326.", "Il file indica un sistema di coordinate diverso da WGS84: esportalo di nuovo come EPSG:4326.")
	ErrNoFeatures = fault.Define(fault.Invalid, "geo.no_features", "The file holds no feature: export the layer with its areas.", "Il file non contiene elementi: esporta il livello con le sue aree.")
	ErrLayer      = fault.Define(fault.Invalid, "geo.layer", "The file holds several layers, or not the one that was asked for: name one of them.", "Il file contiene più livelli, o non quello richiesto: indicane uno.")
	ErrArc        = fault.Define(fault.Invalid, "geo.arc", "The shape uses an arc that is missing or malformed: export the topology again, with all its arcs.", "La forma usa un arco mancante o malformato: esporta di nuovo la topologia, con tutti i suoi archi.")
)

// The faults of one feature.
var (
	ErrEmpty            = fault.Define(fault.Invalid, "geo.empty", "The feature has no geometry: draw it or leave it out.", "L'elemento non ha geometria: disegnala o togli l'elemento.")
	ErrGeometryType     = fault.Define(fault.Invalid, "geo.geometry_type", "An area is a Polygon or a MultiPolygon: draw it as one or leave the feature out.", "Un'area è un Polygon o un MultiPolygon: disegnala così o togli l'elemento.")
	ErrCoordinates      = fault.Define(fault.Invalid, "geo.coordinates", "The coordinates are not lists of [longitude, latitude] pairs as deep as the type asks: write them so or export the feature again.", "Le coordinate non sono liste di coppie [longitudine, latitudine] della profondità richiesta dal tipo: scrivile così o esporta di nuovo l'elemento.")
	ErrNotFinite        = fault.Define(fault.Invalid, "geo.not_finite", "A coordinate is not a finite number: correct the vertex or remove it.", "Una coordinata non è un numero finito: correggi il vertice o eliminalo.")
	ErrFewPoints        = fault.Define(fault.Invalid, "geo.few_points", "A ring needs at least four points, the last equal to the first: add the points that lack or remove the ring.", "Un anello ha bisogno di almeno quattro punti, l'ultimo uguale al primo: aggiungi i punti che mancano o elimina l'anello.")
	ErrOpenRing         = fault.Define(fault.Invalid, "geo.open_ring", "A ring is open: repeat its first point at its end.", "Un anello è aperto: ripeti il suo primo punto alla fine.")
	ErrSelfIntersection = fault.Define(fault.Invalid, "geo.self_intersection", "The border crosses or touches itself: move the points near the place shown.", "Il confine incrocia o tocca se stesso: sposta i punti vicino al luogo indicato.")
	ErrHoleOutside      = fault.Define(fault.Invalid, "geo.hole_outside", "A hole is not inside its shell: make it a polygon of its own or move it.", "Un buco non è dentro il suo contorno: fanne un poligono a sé o spostalo.")
	ErrOverlapParts     = fault.Define(fault.Invalid, "geo.overlap_parts", "Two parts of the feature cover the same place: join them into one.", "Due parti dell'elemento coprono lo stesso luogo: uniscile in una.")
	ErrMetres           = fault.Define(fault.Invalid, "geo.metres", "The coordinates look like metres, not degrees: export the boundaries as WGS84 (EPSG:4326).", "Le coordinate sembrano metri, non gradi: esporta i confini in WGS84 (EPSG:4326).")
	ErrSwapped          = fault.Define(fault.Invalid, "geo.swapped", "Longitude and latitude look swapped: write each position as [longitude, latitude].", "Longitudine e latitudine sembrano scambiate: scrivi ogni posizione come [longitudine, latitudine].")
	ErrRange            = fault.Define(fault.Invalid, "geo.range", "A position lies outside the earth: longitude goes from -180 to 180, latitude from -90 to 90. Correct the vertex, or name the coordinate system of the file.", "Una posizione è fuori dalla terra: la longitudine va da -180 a 180, la latitudine da -90 a 90. Correggi il vertice, oppure indica il sistema di coordinate del file.")
	ErrExtent           = fault.Define(fault.Invalid, "geo.extent", "The feature lies outside the extent that was asked for: name the right extent, correct the coordinates or leave the feature out.", "L'elemento sta fuori dall'estensione richiesta: indica l'estensione giusta, correggi le coordinate o togli l'elemento.")
	ErrAntimeridian     = fault.Define(fault.Invalid, "geo.antimeridian", "A border goes over the 180th meridian in a way that does not say what is inside: cut the area there, as RFC 7946 3.1.9 asks.", "Un confine passa oltre il meridiano 180 in un modo che non dice che cosa sta dentro: taglia lì l'area, come chiede RFC 7946 3.1.9.")
	ErrTangled          = fault.Define(fault.TooLarge, "geo.tangled", "The border is too tangled to be checked: simplify it.", "Il confine è troppo intricato per essere controllato: semplificalo.")
	ErrCodeMissing      = fault.Define(fault.Invalid, "geo.code_missing", "The feature lacks the property that holds its code: give it one, or name the property that does.", "All'elemento manca la proprietà con il codice: aggiungila, oppure indica la proprietà che lo contiene.")
	ErrCodeTwice        = fault.Define(fault.Invalid, "geo.code_twice", "Two features have the same code: join them or give each its own.", "Due elementi hanno lo stesso codice: uniscili o dai a ciascuno il suo.")
)

// A Problem is one reason why one feature is refused.
type Problem struct {
	Index int          // of the feature in the file, from 0
	Label string       // its code, name or id; empty when it has none
	Fault *fault.Error // what is wrong, without the place
	Place *orb.Point   // where, lon,lat; nil when it is not about a place
	Note  fault.Words  // what else was found there; may be empty
}

// fault returns the fault with everything the problem knows in its detail.
func (p Problem) fault() *fault.Error {
	said := []fault.Words{fault.Plain(p.Label)}
	if p.Place != nil {
		said = append(said, fault.Say("at %.6f,%.6f", "presso %.6f,%.6f", p.Place[0], p.Place[1]))
	}
	f := p.Fault.In(fmt.Sprintf("features[%d]", p.Index))
	if all := fault.Join(append(said, p.Note), ", "); !all.Empty() {
		f = f.WithWords(all)
	}
	return f
}

// Problems are all the reasons why an import is refused. It is an error whose
// faults errors.Is and fault.Of find; the first problem comes first.
//
//nolint:errname // a caller reads problems, not an error with a number in it
type Problems []Problem

// Error says each problem on a line of its own.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.fault().Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns one fault for each problem.
func (p Problems) Unwrap() []error {
	out := make([]error, len(p))
	for i, problem := range p {
		out[i] = problem.fault()
	}
	return out
}
