package crs

import "math"

// equalArea is the Lambert azimuthal equal-area projection, oblique aspect
// (EPSG method 9820), in the words of Guidance Note 7-2.
type equalArea struct {
	ell                ellipsoid
	lon0, fe, fn       float64
	sinBeta0, cosBeta0 float64
	rq, d, qp          float64
}

func newEqualArea(ell ellipsoid, lon0, lat0, fe, fn float64) *equalArea {
	p := &equalArea{ell: ell, lon0: lon0 * math.Pi / 180, fe: fe, fn: fn}
	lat := lat0 * math.Pi / 180
	p.qp = p.q(1)
	p.rq = ell.a * math.Sqrt(p.qp/2)
	beta0 := math.Asin(p.q(math.Sin(lat)) / p.qp)
	p.sinBeta0, p.cosBeta0 = math.Sincos(beta0)
	p.d = ell.a * math.Cos(lat) / math.Sqrt(1-ell.e2()*math.Sin(lat)*math.Sin(lat)) / (p.rq * p.cosBeta0)
	return p
}

// q is the authalic quantity of the sine of a latitude.
func (p *equalArea) q(sin float64) float64 {
	e2 := p.ell.e2()
	e := math.Sqrt(e2)
	return (1 - e2) * (sin/(1-e2*sin*sin) + math.Atanh(e*sin)/e)
}

func (p *equalArea) forward(lon, lat float64) (e, n float64) {
	beta := math.Asin(clamp(p.q(math.Sin(lat)) / p.qp))
	sinB, cosB := math.Sincos(beta)
	sinL, cosL := math.Sincos(lon - p.lon0)
	b := p.rq * math.Sqrt(2/(1+p.sinBeta0*sinB+p.cosBeta0*cosB*cosL))
	return p.fe + b*p.d*cosB*sinL, p.fn + b/p.d*(p.cosBeta0*sinB-p.sinBeta0*cosB*cosL)
}

func (p *equalArea) inverse(e, n float64) (lon, lat float64) {
	x, y := (e-p.fe)/p.d, (n-p.fn)*p.d
	rho := math.Hypot(x, y)
	if !(rho <= 2*p.rq) { // also NaN
		return math.NaN(), math.NaN()
	}
	c := 2 * math.Asin(clamp(rho/(2*p.rq)))
	sinC, cosC := math.Sincos(c)
	beta := math.Asin(clamp(cosC*p.sinBeta0 + ratio(y*sinC*p.cosBeta0, rho)))
	lon = p.lon0 + math.Atan2(x*sinC, rho*p.cosBeta0*cosC-y*p.sinBeta0*sinC)
	if rho == 0 {
		lon = p.lon0
	}
	return lon, p.latitude(beta)
}

// latitude inverts the authalic latitude by Newton's method: the series of the
// note stops a millimetre short.
func (p *equalArea) latitude(beta float64) float64 {
	e2 := p.ell.e2()
	want := p.qp * math.Sin(beta)
	lat := beta
	for range 10 {
		sin, cos := math.Sincos(lat)
		if cos < 1e-12 {
			break
		}
		w := 1 - e2*sin*sin
		step := (want - p.q(sin)) * w * w / (2 * (1 - e2) * cos)
		if lat += step; math.Abs(step) < 1e-15 {
			break
		}
	}
	return lat
}

func clamp(sin float64) float64 { return math.Max(-1, math.Min(1, sin)) }

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
