package crs

import "math"

// A projection maps radians on an ellipsoid to metres, easting first, and
// back. What is outside its domain comes back as NaN.
type projection interface {
	forward(lon, lat float64) (e, n float64)
	inverse(e, n float64) (lon, lat float64)
}

// transverse is the transverse Mercator projection (EPSG method 9807) by
// Krüger's series to the sixth order in n. Within 3,900 km of the central
// meridian it is exact to nanometres.
type transverse struct {
	ecc         float64 // first eccentricity
	radius      float64 // of the rectifying sphere times the scale, metres
	lon0        float64 // central meridian, radians
	fe, fn      float64 // false easting and northing, metres; fn without the northing of lat0
	alpha, beta [6]float64
	delta       [6]float64 // from the conformal latitude to the geographic one
}

// transverseParams are what a definition says of it: degrees and metres.
type transverseParams struct{ lon0, lat0, k0, fe, fn float64 }

func newTransverse(ell ellipsoid, p transverseParams) *transverse {
	n := ell.f / (2 - ell.f)
	n2 := n * n
	n3, n4 := n2*n, n2*n2
	n5, n6 := n4*n, n4*n2
	t := &transverse{
		ecc:    math.Sqrt(ell.e2()),
		radius: p.k0 * ell.a / (1 + n) * (1 + n2/4 + n4/64 + n6/256),
		lon0:   p.lon0 * math.Pi / 180, fe: p.fe, fn: p.fn,
		// Karney (2011), equations 35 and 36.
		alpha: [6]float64{
			n/2 - 2*n2/3 + 5*n3/16 + 41*n4/180 - 127*n5/288 + 7891*n6/37800,
			13*n2/48 - 3*n3/5 + 557*n4/1440 + 281*n5/630 - 1983433*n6/1935360,
			61*n3/240 - 103*n4/140 + 15061*n5/26880 + 167603*n6/181440,
			49561*n4/161280 - 179*n5/168 + 6601661*n6/7257600,
			34729*n5/80640 - 3418889*n6/1995840,
			212378941 * n6 / 319334400,
		},
		beta: [6]float64{
			n/2 - 2*n2/3 + 37*n3/96 - n4/360 - 81*n5/512 + 96199*n6/604800,
			n2/48 + n3/15 - 437*n4/1440 + 46*n5/105 - 1118711*n6/3870720,
			17*n3/480 - 37*n4/840 - 209*n5/4480 + 5569*n6/90720,
			4397*n4/161280 - 11*n5/504 - 830251*n6/7257600,
			4583*n5/161280 - 108847*n6/3991680,
			20648693 * n6 / 638668800,
		},
		// Krüger (1912), page 21, to the sixth order.
		delta: [6]float64{
			2*n - 2*n2/3 - 2*n3 + 116*n4/45 + 26*n5/45 - 2854*n6/675,
			7*n2/3 - 8*n3/5 - 227*n4/45 + 2704*n5/315 + 2323*n6/945,
			56*n3/15 - 136*n4/35 - 1262*n5/105 + 73814*n6/2835,
			4279*n4/630 - 332*n5/35 - 399572*n6/14175,
			4174*n5/315 - 144838*n6/6237,
			601676 * n6 / 22275,
		},
	}
	_, north := t.forward(t.lon0, p.lat0*math.Pi/180)
	t.fn -= north - t.fn
	return t
}

func (t *transverse) forward(lon, lat float64) (e, n float64) {
	dlon := math.Remainder(lon-t.lon0, 2*math.Pi)
	if math.Abs(dlon) > math.Pi/2-0.1 {
		return math.NaN(), math.NaN() // the series does not reach there
	}
	tau := t.conformal(math.Tan(lat))
	sin, cos := math.Sincos(dlon)
	xi := math.Atan2(tau, cos)
	eta := math.Asinh(sin / math.Hypot(tau, cos))
	dxi, deta := series(t.alpha, xi, eta)
	return t.fe + t.radius*(eta+deta), t.fn + t.radius*(xi+dxi)
}

func (t *transverse) inverse(e, n float64) (lon, lat float64) {
	xi, eta := (n-t.fn)/t.radius, (e-t.fe)/t.radius
	if !(math.Abs(xi) <= math.Pi/2+1e-9 && math.Abs(eta) < 0.8) { // also NaN
		return math.NaN(), math.NaN() // beyond a pole, or 5,000 km from the meridian
	}
	dxi, deta := series(t.beta, xi, eta)
	sin, cos := math.Sincos(xi - dxi)
	sinh := math.Sinh(eta - deta)
	return t.lon0 + math.Atan2(sinh, cos), t.geographic(sin, math.Sqrt(sinh*sinh+cos*cos))
}

// series sums c[j]·sin(2jξ)cosh(2jη) and c[j]·cos(2jξ)sinh(2jη).
func series(c [6]float64, xi, eta float64) (dxi, deta float64) {
	sin1, cos1 := math.Sincos(2 * xi)
	up := math.Exp(2 * eta)
	down := 1 / up
	sinh1, cosh1 := (up-down)/2, (up+down)/2
	if math.Abs(eta) < 0.1 {
		sinh1 = math.Sinh(2 * eta) // the difference would lose digits
	}
	sin, cos, sinh, cosh := sin1, cos1, sinh1, cosh1
	for j := range c {
		dxi += c[j] * sin * cosh
		deta += c[j] * cos * sinh
		sin, cos = sin*cos1+cos*sin1, cos*cos1-sin*sin1
		sinh, cosh = sinh*cosh1+cosh*sinh1, cosh*cosh1+sinh*sinh1
	}
	return dxi, deta
}

// conformal turns the tangent of a latitude into that of its conformal
// latitude.
func (t *transverse) conformal(tau float64) float64 {
	root := math.Hypot(1, tau)
	sigma := math.Sinh(t.ecc * math.Atanh(t.ecc*tau/root))
	return tau*math.Hypot(1, sigma) - sigma*root
}

// geographic is the latitude of a conformal latitude, of which the sine and
// cosine are known up to a common factor.
func (t *transverse) geographic(sin, cos float64) float64 {
	chi := math.Atan2(sin, cos)
	sq := sin*sin + cos*cos
	sin1, cos1 := 2*sin*cos/sq, (cos*cos-sin*sin)/sq
	s, c := sin1, cos1
	for _, d := range t.delta {
		chi += d * s
		s, c = s*cos1+c*sin1, c*cos1-s*sin1
	}
	return chi
}

// web is the Mercator projection of web maps (EPSG method 1024): a sphere's
// formulas on an ellipsoid's degrees.
type web struct{ a float64 }

func (w web) forward(lon, lat float64) (e, n float64) {
	return w.a * lon, w.a * math.Asinh(math.Tan(lat))
}

func (w web) inverse(e, n float64) (lon, lat float64) {
	if !(math.Abs(e) <= w.a*math.Pi*1.0000001 && math.Abs(n) <= w.a*10) {
		return math.NaN(), math.NaN()
	}
	return e / w.a, math.Atan(math.Sinh(n / w.a))
}
