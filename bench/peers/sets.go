package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/areagen"
)

// A set is areas that cover the ground without overlapping.
type set struct {
	name, source string
	areas        []orb.MultiPolygon
	edges        int
	bound        orb.Bound
}

func load(name string) (set, error) {
	var areas []geo.Area
	var err error
	s := set{source: "real"}
	switch name {
	case "D":
		s.name = "districts"
		if areas, err = decode("districts.geojson", "code"); errors.Is(err, fs.ErrNotExist) {
			s.source = "drawn"
			areas, err = shippedDistricts()
		}
	case "P":
		s.name = "provinces"
		if areas, err = decode("provinces.geojson", "sigla"); errors.Is(err, fs.ErrNotExist) {
			s.source = "shipped"
			areas, err = shippedProvinces()
		}
	case "M":
		s.name, s.source = "municipalities", "drawn"
		areas, err = areagen.Municipalities(geo.District)
		// A few cross themselves, which no peer is made for.
		areas = slices.DeleteFunc(areas, func(a geo.Area) bool { return a.Validate() != nil })
	default:
		err = fmt.Errorf("there is no set %q", name)
	}
	if err != nil {
		return s, err
	}
	for i, a := range areas {
		if a.Kind == geo.Overlay || a.Code == "NO8" { // the overlay lies over the rest
			continue
		}
		s.areas = append(s.areas, a.Geometry)
		if i == 0 {
			s.bound = a.Geometry.Bound()
		}
		s.bound = s.bound.Union(a.Geometry.Bound())
		for _, polygon := range a.Geometry {
			for _, ring := range polygon {
				s.edges += len(ring) - 1
			}
		}
	}
	return s, nil
}

func decode(name, code string) ([]geo.Area, error) {
	dir := os.Getenv("SESTANTE_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	f, err := os.Open(filepath.Join(dir, "territory", name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	c, err := geo.Decode(f, geo.Limits{Code: code})
	if err != nil {
		return nil, err
	}
	return c.Areas(geo.Fields{Code: code, Kind: geo.District})
}

func shippedDistricts() ([]geo.Area, error) {
	table, err := geo.ItalyDistricts()
	if err != nil {
		return nil, err
	}
	provinces, err := geo.ItalyProvinces()
	if err != nil {
		return nil, err
	}
	areas, _, err := geo.Dissolve(table, provinces, "code")
	return areas, err
}

func shippedProvinces() ([]geo.Area, error) {
	c, err := geo.ItalyProvinces()
	if err != nil {
		return nil, err
	}
	return c.Areas(geo.Fields{Code: "code", Kind: geo.District})
}

// uniform returns points at random all over the set's box.
func (s set) uniform(n int) []orb.Point {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]orb.Point, n)
	for i := range out {
		out[i] = orb.Point{
			s.bound.Min[0] + r.Float64()*(s.bound.Max[0]-s.bound.Min[0]),
			s.bound.Min[1] + r.Float64()*(s.bound.Max[1]-s.bound.Min[1]),
		}
	}
	return out
}

// nearBorder returns points along the borders, as many on each stretch as it
// is long, moved by 100 m as a normal distribution has it.
func (s set) nearBorder(n int) []orb.Point {
	r := rand.New(rand.NewPCG(3, 4))
	var ends [][2]orb.Point
	var sums []float64
	sum := 0.0
	for _, mp := range s.areas {
		for _, polygon := range mp {
			for _, ring := range polygon {
				for i := 1; i < len(ring); i++ {
					sum += math.Hypot(ring[i][0]-ring[i-1][0], ring[i][1]-ring[i-1][1])
					ends, sums = append(ends, [2]orb.Point{ring[i-1], ring[i]}), append(sums, sum)
				}
			}
		}
	}
	out := make([]orb.Point, n)
	for i := range out {
		e, t := ends[min(sort.SearchFloat64s(sums, r.Float64()*sum), len(ends)-1)], r.Float64()
		y := e[0][1] + t*(e[1][1]-e[0][1])
		out[i] = orb.Point{
			e[0][0] + t*(e[1][0]-e[0][0]) + r.NormFloat64()*100/(111320*math.Cos(y*math.Pi/180)),
			y + r.NormFloat64()*100/111130,
		}
	}
	return out
}
