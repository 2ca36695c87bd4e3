package crs

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// system understands a description.
func (n node) system() (System, error) {
	switch n.key {
	case "BOUNDCRS", "SOURCECRS", "COMPD_CS", "COMPOUNDCRS": // with a way to WGS84, or with heights
		for _, kid := range n.kids {
			if slices.Contains([]string{"SOURCECRS", "PROJCS", "PROJCRS", "PROJECTEDCRS", "GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "BOUNDCRS"}, kid.key) {
				return kid.system()
			}
		}
	case "GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS":
		return n.geographic()
	case "PROJCS", "PROJCRS", "PROJECTEDCRS":
		return n.projected()
	}
	return System{}, ErrUnknown.WithIn("it is a %s", "è un %s", short(n.key))
}

func (n node) geographic() (System, error) {
	s := System{name: short(n.name())}
	var err error
	if s.datum, s.meridian, err = n.base(); err != nil {
		return s, err
	}
	s.meridian *= math.Pi / 180
	if s.meridian != 0 {
		return s, nil
	}
	for _, row := range catalogue {
		if row.method == inDegrees && row.datum == s.datum {
			return row.system(), nil
		}
	}
	return s, nil
}

// base reads the geographic part: the datum, and the prime meridian in degrees
// east of Greenwich.
func (n node) base() (datum, float64, error) {
	d, ok := n.find("DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE")
	if !ok {
		return datum{}, 0, ErrUnknown.WithIn("it names no datum", "non indica un datum")
	}
	ell, ok := d.find("SPHEROID", "ELLIPSOID")
	if !ok {
		return datum{}, 0, ErrUnknown.WithIn("it names no ellipsoid", "non indica un ellissoide")
	}
	found, err := d.known(ell)
	if err != nil {
		return datum{}, 0, err
	}
	if unit, ok := n.find("UNIT", "ANGLEUNIT"); ok && !near(unit.number(1), math.Pi/180, 1e-9) {
		return datum{}, 0, ErrUnknown.WithIn("its angles are in %s", "i suoi angoli sono in %s", short(unit.name()))
	}
	meridian := 0.0
	if m, ok := n.find("PRIMEM", "PRIMEMERIDIAN"); ok {
		meridian = m.number(1)
	}
	if !(math.Abs(meridian) <= 180) {
		return datum{}, 0, ErrMalformed.WithIn("its prime meridian", "il suo meridiano di riferimento")
	}
	return found, meridian, nil
}

// known finds the datum by its name, and asks that its ellipsoid be right.
func (n node) known(ell node) (datum, error) {
	name := plain(n.name())
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(name, p) })
	}
	var d datum
	switch {
	case has("montemario", "roma1940", "rome1940", "roma40"):
		d = onMonteMario
	case has("rdn2008", "retedinamicanazionale"):
		d = onRDN2008
	case has("igm95", "igm1995", "istitutogeograficomilita"):
		d = onIGM95
	case has("etrs", "etrf", "europeanterrestrial"):
		d = onETRS89
	case has("wgs84", "wgs1984", "worldgeodeticsystem1984"):
		d = onWGS84
	case n.shiftsNothing():
		d = datum{name: short(n.name()), ell: grs80, accuracy: 1}
	default:
		return d, ErrUnknown.WithIn("its datum is %s", "il suo datum è %s", short(n.name()))
	}
	if !near(ell.number(1), d.ell.a, 0.01) || !near(ell.number(2), 1/d.ell.f, 1e-4) {
		return d, ErrUnknown.WithIn("its datum is %s, but its ellipsoid is another", "il suo datum è %s, ma il suo ellissoide è un altro", short(n.name()))
	}
	return d, nil
}

// shiftsNothing reports whether the text says that the datum is WGS84's.
func (n node) shiftsNothing() bool {
	shift, ok := n.find("TOWGS84")
	for i := range shift.words {
		ok = ok && shift.number(i) == 0
	}
	return ok && len(shift.words) >= 3
}

func (n node) projected() (System, error) {
	s := System{name: short(n.name())}
	base, ok := n.find("GEOGCS", "BASEGEOGCRS", "BASEGEODCRS", "GEOGCRS", "GEODCRS")
	if !ok {
		return s, ErrUnknown.WithIn("it has no geographic system", "non ha un sistema geografico")
	}
	var meridian float64
	var err error
	if s.datum, meridian, err = base.base(); err != nil {
		return s, err
	}
	if unit, ok := n.find("UNIT", "LENGTHUNIT"); ok && !near(unit.number(1), 1, 1e-9) {
		return s, ErrUnknown.WithIn("its lengths are in %s", "le sue lunghezze sono in %s", short(unit.name()))
	}
	m, p, err := n.conversion()
	if err != nil {
		return s, err
	}
	p.lon0 += meridian
	axis, hasAxis := n.find("AXIS")
	s.northFirst = hasAxis && len(axis.words) > 1 && strings.EqualFold(axis.words[1], "north")
	if r, ok := match(s, m, p, n.authority()); ok {
		return r.system(), nil
	}
	s.projection = m.projection(s.datum.ell, p)
	return s, nil
}

// conversion reads the projection and its parameters.
func (n node) conversion() (method, transverseParams, error) {
	by := n
	if c, ok := n.find("CONVERSION"); ok {
		by = c
	}
	name, ok := by.find("PROJECTION", "METHOD")
	if !ok {
		return inDegrees, transverseParams{}, ErrUnknown.WithIn("it names no projection", "non indica una proiezione")
	}
	p := transverseParams{k0: 1}
	targets := map[string]*float64{
		"centralmeridian": &p.lon0, "longitudeofnaturalorigin": &p.lon0, "longitudeofcenter": &p.lon0, "longitudeofcentre": &p.lon0,
		"latitudeoforigin": &p.lat0, "latitudeofnaturalorigin": &p.lat0, "latitudeofcenter": &p.lat0, "latitudeofcentre": &p.lat0,
		"scalefactor": &p.k0, "scalefactoratnaturalorigin": &p.k0,
		"falseeasting": &p.fe, "falsenorthing": &p.fn,
	}
	for _, kid := range by.kids {
		if kid.key != "PARAMETER" {
			continue
		}
		if target := targets[plain(kid.name())]; target != nil {
			*target = kid.number(1)
		}
	}
	if !(math.Abs(p.lon0) <= 180 && math.Abs(p.lat0) <= 90 && p.k0 > 0.5 && p.k0 < 2 && math.Abs(p.fe) < 1e9 && math.Abs(p.fn) < 1e9) {
		return inDegrees, p, ErrMalformed.WithIn("the parameters of its projection", "i parametri della sua proiezione")
	}
	switch plain(name.name()) {
	case "transversemercator", "gausskruger", "gaussboaga":
		return byTransverse, p, nil
	case "lambertazimuthalequalarea":
		return byEqualArea, p, nil
	case "mercatorauxiliarysphere", "popularvisualisationpseudomercator":
		return byWeb, p, p.originOnly()
	case "mercator1sp", "mercator": // as GDAL writes the web's before WKT2
		if strings.Contains(plain(n.name()), "pseudomercator") {
			return byWeb, p, p.originOnly()
		}
	}
	return inDegrees, p, ErrUnknown.WithIn("its projection is %s", "la sua proiezione è %s", short(name.name()))
}

// originOnly refuses a web Mercator that is not the web's.
func (p transverseParams) originOnly() error {
	if p.lon0 != 0 || p.lat0 != 0 || p.k0 != 1 || p.fe != 0 || p.fn != 0 {
		return ErrUnknown.WithIn("it is no plain web Mercator", "non è la Mercatore web semplice")
	}
	return nil
}

// match finds the register's entry with these parameters; of several the one
// the text itself names, then the one with the same first axis.
func match(s System, m method, p transverseParams, named int) (row, bool) {
	var best row
	score := 0
	for _, r := range catalogue {
		if r.method != m || r.datum != s.datum || (m != byWeb && !r.params.near(p)) {
			continue
		}
		points := 1
		if r.northFirst == s.northFirst {
			points += 2
		}
		if r.code == named {
			points += 4
		}
		if points > score {
			best, score = r, points
		}
	}
	return best, score > 0
}

func (p transverseParams) near(q transverseParams) bool {
	return near(p.lon0, q.lon0, 1e-9) && near(p.lat0, q.lat0, 1e-9) && near(p.k0, q.k0, 1e-10) && near(p.fe, q.fe, 1e-4) && near(p.fn, q.fn, 1e-4)
}

// authority is the EPSG's number that the text gives itself, or 0.
func (n node) authority() int {
	a, ok := n.find("AUTHORITY", "ID")
	if !ok || len(a.words) < 2 || !strings.EqualFold(a.words[0], "EPSG") {
		return 0
	}
	code, _ := strconv.Atoi(a.words[1]) // 0 when it is no number
	return code
}

// number is the word at i, or NaN.
func (n node) number(i int) float64 {
	if i >= len(n.words) {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(n.words[i], 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// short is a name of the file, cut and without what a terminal would obey.
func short(name string) string {
	if r := []rune(name); len(r) > 60 {
		name = string(r[:60]) + "…"
	}
	return strings.Trim(strconv.QuoteToGraphic(name), `"`)
}
