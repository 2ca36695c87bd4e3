package crs

import (
	"fmt"
	"math"
	"strconv"

	"github.com/paulmach/orb"
)

// A System is a coordinate system. The zero System is WGS84 in degrees. A
// System never changes; any number of callers may use one.
type System struct {
	code       int // of the EPSG; 0 when only its parameters are known
	name       string
	datum      datum
	projection projection // nil for degrees
	meridian   float64    // prime meridian of degrees, east of Greenwich, radians
	northFirst bool
}

// WGS84 is degrees on WGS84 (EPSG:4326, in files longitude first as in
// OGC:CRS84).
func WGS84() System { return System{code: 4326, name: "WGS 84", datum: onWGS84} }

// Code returns the EPSG's number, or 0 when the system was described by
// parameters that none has.
func (s System) Code() int {
	if s.name == "" {
		return 4326
	}
	return s.code
}

// Name returns the system's name, as the EPSG or the file has it.
func (s System) Name() string {
	if s.name == "" {
		return "WGS 84"
	}
	return s.name
}

// String returns "EPSG:32632", or the name when there is no code.
func (s System) String() string {
	if c := s.Code(); c != 0 {
		return "EPSG:" + strconv.Itoa(c)
	}
	return s.name
}

// Degrees reports whether the coordinates are longitude and latitude; otherwise
// they are metres, easting and northing.
func (s System) Degrees() bool { return s.projection == nil }

// IsWGS84 reports whether ToWGS84 changes nothing.
func (s System) IsWGS84() bool {
	return s.projection == nil && !s.datum.shifts && s.meridian == 0
}

// NorthFirst reports whether the EPSG has northing, or latitude, as the first
// axis. Files hardly ever do: shapefiles, GeoPackages and GeoJSON have easting
// first whatever the system says.
func (s System) NorthFirst() bool { return s.northFirst }

// AccuracyM returns how far ToWGS84 may be off, in metres: 0 for systems on
// WGS84, 1 for ETRS89, IGM95 and RDN2008, which move with Europe, 4 for Monte
// Mario.
func (s System) AccuracyM() float64 { return s.datum.accuracy }

// ToWGS84 turns a position of the system, easting or longitude first, into
// WGS84 lon,lat in degrees. It refuses one that is not a finite number or far
// outside the projection (ErrOutside).
func (s System) ToWGS84(p orb.Point) (orb.Point, error) {
	if s.IsWGS84() {
		return p, finite(p, p)
	}
	lon, lat := p[0]*math.Pi/180+s.meridian, p[1]*math.Pi/180
	if s.projection != nil {
		lon, lat = s.projection.inverse(p[0], p[1])
	}
	lon, lat = s.datum.toWGS84(lon, lat)
	out := orb.Point{degrees(lon), degrees(lat)}
	return out, finite(out, p)
}

// FromWGS84 turns WGS84 lon,lat in degrees into a position of the system,
// easting or longitude first. It refuses what the projection has no place for
// (ErrOutside).
func (s System) FromWGS84(p orb.Point) (orb.Point, error) {
	if s.IsWGS84() {
		return p, finite(p, p)
	}
	lon, lat := s.datum.fromWGS84(p[0]*math.Pi/180, p[1]*math.Pi/180)
	out := orb.Point{degrees(lon - s.meridian), degrees(lat)}
	if s.projection != nil {
		out[0], out[1] = s.projection.forward(lon, lat)
	}
	return out, finite(out, p)
}

func degrees(radians float64) float64 { return radians * 180 / math.Pi }

func finite(out, in orb.Point) error {
	if math.IsNaN(out[0]-out[0]) || math.IsNaN(out[1]-out[1]) {
		return ErrOutside.WithIn("at %.8g,%.8g", "presso %.8g,%.8g", in[0], in[1])
	}
	return nil
}

// Lookup returns the system with this number of the EPSG, or ErrUnknown.
func Lookup(code int) (System, error) {
	for _, row := range catalogue {
		if row.code == code {
			return row.system(), nil
		}
	}
	return System{}, fmt.Errorf("looking a coordinate system up: %w", ErrUnknown.With("EPSG:%d", code))
}

// A row is one system of the EPSG's register.
type row struct {
	code       int
	name       string
	datum      datum
	method     method
	params     transverseParams
	northFirst bool // of projected systems; geographic ones always are
}

// A method is the kind of projection.
type method int

const (
	inDegrees method = iota
	byTransverse
	byEqualArea
	byWeb
)

func utm(zone float64) transverseParams { return transverseParams{zone*6 - 183, 0, 0.9996, 500_000, 0} }

// catalogue holds what Italian boundaries come in, and what a European or a web
// map may bring. Of twins that differ in the order of axes, the one with
// easting first stands first: it is what files hold.
var catalogue = []row{
	{4326, "WGS 84", onWGS84, inDegrees, transverseParams{}, false},
	{4979, "WGS 84 (3D)", onWGS84, inDegrees, transverseParams{}, false},
	{4258, "ETRS89", onETRS89, inDegrees, transverseParams{}, false},
	{4937, "ETRS89 (3D)", onETRS89, inDegrees, transverseParams{}, false},
	{4670, "IGM95", onIGM95, inDegrees, transverseParams{}, false},
	{6706, "RDN2008", onRDN2008, inDegrees, transverseParams{}, false},
	{6705, "RDN2008 (3D)", onRDN2008, inDegrees, transverseParams{}, false},
	{4265, "Monte Mario", onMonteMario, inDegrees, transverseParams{}, false},
	{3857, "WGS 84 / Pseudo-Mercator", onWGS84, byWeb, transverseParams{}, false},
	{32631, "WGS 84 / UTM zone 31N", onWGS84, byTransverse, utm(31), false},
	{32632, "WGS 84 / UTM zone 32N", onWGS84, byTransverse, utm(32), false},
	{32633, "WGS 84 / UTM zone 33N", onWGS84, byTransverse, utm(33), false},
	{32634, "WGS 84 / UTM zone 34N", onWGS84, byTransverse, utm(34), false},
	{25831, "ETRS89 / UTM zone 31N", onETRS89, byTransverse, utm(31), false},
	{25832, "ETRS89 / UTM zone 32N", onETRS89, byTransverse, utm(32), false},
	{25833, "ETRS89 / UTM zone 33N", onETRS89, byTransverse, utm(33), false},
	{25834, "ETRS89 / UTM zone 34N", onETRS89, byTransverse, utm(34), false},
	{3064, "IGM95 / UTM zone 32N", onIGM95, byTransverse, utm(32), false},
	{3065, "IGM95 / UTM zone 33N", onIGM95, byTransverse, utm(33), false},
	{9716, "IGM95 / UTM zone 34N", onIGM95, byTransverse, utm(34), false},
	{7791, "RDN2008 / UTM zone 32N", onRDN2008, byTransverse, utm(32), false},
	{7792, "RDN2008 / UTM zone 33N", onRDN2008, byTransverse, utm(33), false},
	{7793, "RDN2008 / UTM zone 34N", onRDN2008, byTransverse, utm(34), false},
	{7794, "RDN2008 / Italy zone (E-N)", onRDN2008, byTransverse, italyZone, false},
	{7795, "RDN2008 / Zone 12 (E-N)", onRDN2008, byTransverse, zone12, false},
	{6707, "RDN2008 / UTM zone 32N (N-E)", onRDN2008, byTransverse, utm(32), true},
	{6708, "RDN2008 / UTM zone 33N (N-E)", onRDN2008, byTransverse, utm(33), true},
	{6709, "RDN2008 / UTM zone 34N (N-E)", onRDN2008, byTransverse, utm(34), true},
	{6875, "RDN2008 / Italy zone (N-E)", onRDN2008, byTransverse, italyZone, true},
	{6876, "RDN2008 / Zone 12 (N-E)", onRDN2008, byTransverse, zone12, true},
	{3003, "Monte Mario / Italy zone 1", onMonteMario, byTransverse, transverseParams{9, 0, 0.9996, 1_500_000, 0}, false},
	{3004, "Monte Mario / Italy zone 2", onMonteMario, byTransverse, transverseParams{15, 0, 0.9996, 2_520_000, 0}, false},
	{3035, "ETRS89-extended / LAEA Europe", onETRS89, byEqualArea, transverseParams{10, 52, 1, 4_321_000, 3_210_000}, true},
}

var (
	italyZone = transverseParams{12, 0, 0.9985, 7_000_000, 0}
	zone12    = transverseParams{12, 0, 1, 3_000_000, 0}
)

func (r row) system() System {
	s := System{code: r.code, name: r.name, datum: r.datum, northFirst: r.northFirst || r.method == inDegrees}
	s.projection = r.method.projection(r.datum.ell, r.params)
	return s
}

func (m method) projection(ell ellipsoid, p transverseParams) projection {
	switch m {
	case byTransverse:
		return newTransverse(ell, p)
	case byEqualArea:
		return newEqualArea(ell, p.lon0, p.lat0, p.fe, p.fn)
	case byWeb:
		return web{ell.a}
	case inDegrees:
	}
	return nil
}
