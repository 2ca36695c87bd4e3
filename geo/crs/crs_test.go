package crs_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	orbgeo "github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/geojson"

	"github.com/sestante/sestante/geo/crs"
)

func lookup(t testing.TB, code int) crs.System {
	t.Helper()
	s, err := crs.Lookup(code)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Values that others published: the EPSG's Guidance Note 7-2, and the centres
// that epsg.io shows for a system and a transformation, to the centimetre.
func TestPublishedValues(t *testing.T) {
	for _, c := range []struct {
		code     int
		lon, lat float64
		e, n     float64
		source   string
	}{
		{3035, 5, 50, 3962799.45, 2999718.85, "Guidance Note 7-2, method 9820"},
		{3857, -(100 + 20.0/60), 24 + 22.0/60 + 54.433/3600, -11169055.58, 2800000.00, "Guidance Note 7-2, method 1024"},
		{3004, 12.6, 42.48, 2322737.56, 4705874.80, "epsg.io/3004, by transformation 1660"},
		{3004, 14.035, 37.47, 2434667.65, 4147446.51, "epsg.io/3004-1664"},
	} {
		s := lookup(t, c.code)
		got, err := s.FromWGS84(orb.Point{c.lon, c.lat})
		if err != nil || math.Hypot(got[0]-c.e, got[1]-c.n) > 0.01 {
			t.Errorf("EPSG:%d FromWGS84(%v, %v) = %.3f, %v, want %v,%v (%s)", c.code, c.lon, c.lat, got, err, c.e, c.n, c.source)
		}
		back, err := s.ToWGS84(orb.Point{c.e, c.n})
		if d := orbgeo.Distance(back, orb.Point{c.lon, c.lat}); err != nil || d > 0.02 {
			t.Errorf("EPSG:%d ToWGS84(%v, %v) = %.9f, %v, which is %.3f m off (%s)", c.code, c.e, c.n, back, err, d, c.source)
		}
	}
}

// The British grid and a shift from WGS72, as the EPSG's Guidance Note 7-2
// works them out (methods 9807 and 9606).
func TestGuidanceNote(t *testing.T) {
	e, n, lon, lat := crs.Transverse(6377563.396, 299.32496, -2, 49, 0.9996013, 400_000, -100_000, 0.5, 50.5)
	if math.Abs(e-577274.99) > 0.006 || math.Abs(n-69740.50) > 0.006 || math.Abs(lon-0.5) > 1e-12 || math.Abs(lat-50.5) > 1e-12 {
		t.Errorf("Transverse = %.3f,%.3f and back %v,%v, want 577274.99,69740.50 and 0.5,50.5", e, n, lon, lat)
	}
	from := [3]float64{3657660.66, 255768.55, 5201382.11}
	got, back := crs.PositionVector(0, 0, 4.5, 0, 0, 0.554, 0.219, from)
	for i, want := range [3]float64{3657660.78, 255778.43, 5201387.75} {
		if math.Abs(got[i]-want) > 0.006 || math.Abs(back[i]-from[i]) > 1e-6 {
			t.Errorf("PositionVector = %.3f and back %.3f, want %v", got, back, want)
		}
	}
}

// An origin off the equator moves the northings and nothing else.
func TestOriginOffTheEquator(t *testing.T) {
	text := func(lat0, fn float64) string {
		return fmt.Sprintf(`PROJCS["x",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",%v],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",%v],UNIT["metre",1]]`, lat0, fn)
	}
	plain, err := crs.ParseWKT(text(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	moved, err := crs.ParseWKT(text(40, 1000))
	if err != nil {
		t.Fatal(err)
	}
	origin, _ := plain.FromWGS84(orb.Point{9, 40})
	a, _ := plain.FromWGS84(orb.Point{11, 43})
	b, _ := moved.FromWGS84(orb.Point{11, 43})
	if math.Abs(a[0]-b[0]) > 1e-6 || math.Abs(a[1]-origin[1]+1000-b[1]) > 1e-6 {
		t.Errorf("FromWGS84 = %v with an origin at 40°, %v with one at the equator", b, a)
	}
	if plain.Code() != 32632 || moved.Code() != 0 || moved.String() != "x" {
		t.Errorf("Code = %d and %d (%s), want 32632 and none", plain.Code(), moved.Code(), moved)
	}
}

var all = []int{4326, 4258, 6706, 4265, 3857, 32631, 32632, 32633, 32634, 25832, 25833, 25834, 4670, 3064, 3065, 7791, 7792, 7793, 7794, 7795, 6707, 6708, 6709, 6875, 6876, 3003, 3004, 3035}

// There and back again is the same place to a micrometre, all over Italy, in
// every system; on Monte Mario the height that is dropped between two
// ellipsoids costs less than a millimetre.
func TestThereAndBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, code := range all {
		s := lookup(t, code)
		for range 2000 {
			p := orb.Point{6 + 13*r.Float64(), 35 + 12.5*r.Float64()}
			q, err := s.FromWGS84(p)
			if err != nil {
				t.Fatalf("EPSG:%d FromWGS84(%v) = %v", code, p, err)
			}
			back, err := s.ToWGS84(q)
			if err != nil {
				t.Fatalf("EPSG:%d ToWGS84(%v) = %v", code, q, err)
			}
			// On the border between two sets of parameters there is no way back to
			// the metre; it runs through the sea.
			limit := 1e-6
			if s.AccuracyM() == 4 {
				limit = 1e-3
			}
			if d := orbgeo.Distance(p, back); d > limit && !(d < 100 && s.AccuracyM() == 4 && onSetBorder(p)) {
				t.Fatalf("EPSG:%d there and back from %v is %v, %.6f m off", code, p, back, d)
			}
		}
	}
}

// onSetBorder is a generous guess at where the sets of Monte Mario meet.
func onSetBorder(p orb.Point) bool {
	near := func(a, b float64) bool { return math.Abs(a-b) < 0.01 }
	return near(p[0], 10.2) || near(p[1], 41.6) || near(p[0], 11) || near(p[1], 38.85) || (p[0] > 15.5 && p[0] < 15.75)
}

// The same numbers mean the same place whatever the twin is called, and the
// zones agree with each other where they meet.
func TestTwins(t *testing.T) {
	p := orb.Point{12, 43.5}
	for _, c := range []struct{ a, b int }{{7791, 6707}, {7792, 6708}, {7793, 6709}, {7794, 6875}, {7795, 6876}, {25832, 7791}, {25832, 3064}} {
		x, _ := lookup(t, c.a).FromWGS84(p)
		y, _ := lookup(t, c.b).FromWGS84(p)
		if x != y {
			t.Errorf("EPSG:%d and EPSG:%d put %v at %v and %v", c.a, c.b, p, x, y)
		}
	}
	wgs, _ := lookup(t, 32632).FromWGS84(p)
	etrs, _ := lookup(t, 25832).FromWGS84(p)
	if d := math.Hypot(wgs[0]-etrs[0], wgs[1]-etrs[1]); d > 0.001 {
		t.Errorf("the two ellipsoids of 1980 and 1984 differ by %v m, want less than a millimetre", d)
	}
	on12, _ := lookup(t, 7795).FromWGS84(orb.Point{12, 42})
	if math.Abs(on12[0]-3_000_000) > 1e-6 {
		t.Errorf("the central meridian of zone 12 lies at %v", on12[0])
	}
	italy, _ := lookup(t, 7794).FromWGS84(orb.Point{12, 42})
	if math.Abs(italy[0]-7_000_000) > 1e-6 || math.Abs(italy[1]/on12[1]-0.9985) > 1e-12 {
		t.Errorf("Italy zone has the central meridian at %v", italy)
	}
}

// The three sets of Monte Mario hold where they should, on both shores of the
// Strait of Messina too.
func TestMonteMarioSets(t *testing.T) {
	for _, c := range []struct {
		name     string
		lon, lat float64
		want     string
	}{
		{"Milano", 9.19, 45.46, "mainland"},
		{"Roma", 12.4964, 41.9028, "mainland"},
		{"Elba", 10.27, 42.78, "mainland"},
		{"Ponza", 12.96, 40.9, "mainland"},
		{"Reggio", 15.65, 38.11, "mainland"},
		{"Villa San Giovanni", 15.636, 38.22, "mainland"},
		{"Cannitello", 15.67, 38.235, "mainland"},
		{"Cagliari", 9.11, 39.22, "Sardegna"},
		{"La Maddalena", 9.41, 41.21, "Sardegna"},
		{"Messina", 15.55, 38.19, "Sicilia"},
		{"Torre Faro", 15.645, 38.265, "Sicilia"},
		{"Taormina", 15.29, 37.85, "Sicilia"},
		{"Lipari", 14.95, 38.47, "Sicilia"},
		{"Ustica", 13.17, 38.71, "Sicilia"},
		{"Lampedusa", 12.6, 35.5, "Sicilia"},
		{"Pantelleria", 11.95, 36.79, "Sicilia"},
	} {
		if got := crs.SetAt(c.lon, c.lat); got != c.want {
			t.Errorf("%s has the set of %s, want %s", c.name, got, c.want)
		}
	}
}

// Every vertex of every province has its island's set.
func TestMonteMarioSetsOfRealShores(t *testing.T) {
	f, err := os.Open(dataFile(t, "provinces.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	fc, err := geojson.UnmarshalFeatureCollection(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, province := range fc.Features {
		want := province.Properties.MustString("region")
		if want != "Sicilia" && want != "Sardegna" {
			want = "mainland"
		}
		polygons, ok := province.Geometry.(orb.MultiPolygon)
		if !ok {
			polygons = orb.MultiPolygon{province.Geometry.(orb.Polygon)}
		}
		for _, polygon := range polygons {
			for _, p := range polygon[0] {
				if got := crs.SetAt(p[0], p[1]); got != want {
					t.Fatalf("%v of %s has the set of %s", p, province.Properties["name"], got)
				}
			}
		}
	}
}

// dataFile finds a file of the real boundaries, or skips the test.
func dataFile(t testing.TB, name string) string {
	t.Helper()
	base := os.Getenv("SESTANTE_DATA")
	if base == "" {
		base = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(base, "territory", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no real boundaries at %s: set SESTANTE_DATA to their folder", path)
	}
	return path
}

func TestAccuracy(t *testing.T) {
	for code, want := range map[int]float64{4326: 0, 32632: 0, 3857: 0, 25832: 1, 7794: 1, 6706: 1, 3003: 4, 3004: 4, 4265: 4} {
		if got := lookup(t, code).AccuracyM(); got != want {
			t.Errorf("EPSG:%d AccuracyM = %v, want %v", code, got, want)
		}
	}
}

func TestOutside(t *testing.T) {
	nan := math.NaN()
	for _, code := range all {
		s := lookup(t, code)
		for _, p := range []orb.Point{{nan, 0}, {0, nan}, {math.Inf(1), 0}, {0, math.Inf(-1)}, {1e300, 1e300}} {
			if got, err := s.ToWGS84(p); err == nil && (s.Degrees() == (p[0] < 1e300) || math.IsNaN(got[0])) {
				t.Errorf("EPSG:%d ToWGS84(%v) = %v, want a refusal", code, p, got)
			}
		}
	}
	if _, err := lookup(t, 32632).ToWGS84(orb.Point{9e6, 5e6}); !errors.Is(err, crs.ErrOutside) {
		t.Errorf("ToWGS84 half round the earth = %v, want %v", err, crs.ErrOutside)
	}
	if _, err := lookup(t, 32632).FromWGS84(orb.Point{100, 45}); !errors.Is(err, crs.ErrOutside) {
		t.Errorf("FromWGS84 half round the earth = %v, want %v", err, crs.ErrOutside)
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]int{
		"EPSG:32632": 32632, "epsg:3003": 3003, " 25833 ": 25833, "urn:ogc:def:crs:EPSG::6707": 6707, "urn:ogc:def:crs:EPSG:9.8:4326": 4326,
		"urn:ogc:def:crs:OGC:1.3:CRS84": 4326, "urn:ogc:def:crs:OGC::CRS84": 4326, "CRS84": 4326, "OGC:CRS84": 4326,
		"http://www.opengis.net/def/crs/EPSG/0/7791": 7791, "http://www.opengis.net/def/crs/OGC/1.3/CRS84": 4326, "https://www.opengis.net/def/crs/EPSG/0/4258": 4258,
		"http://www.opengis.net/gml/srs/epsg.xml#3004": 3004,
	} {
		s, err := crs.Parse(text)
		if err != nil || s.Code() != want {
			t.Errorf("Parse(%q) = %v, %v, want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "EPSG:", "EPSG:99999", "EPSG:23032", "ESRI:4326", "ESRI:102100", "Roma 40", "EPSG:x", ":::", "urn:ogc:def:crs:IGNF::32632"} {
		if s, err := crs.Parse(text); !errors.Is(err, crs.ErrUnknown) {
			t.Errorf("Parse(%q) = %v, %v, want %v", text, s, err, crs.ErrUnknown)
		}
	}
}

const (
	esri32632  = `PROJCS["WGS_1984_UTM_Zone_32N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",9.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`
	esri3003   = `PROJCS["Monte_Mario_Italy_1",GEOGCS["GCS_Monte_Mario",DATUM["D_Monte_Mario",SPHEROID["International_1924",6378388.0,297.0]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",1500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",9.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`
	ogcRome2   = `PROJCS["Monte Mario (Rome) / Italy zone 2",GEOGCS["Monte Mario (Rome)",DATUM["Monte_Mario_Rome",SPHEROID["International 1924",6378388,297],TOWGS84[-104.1,-49.1,-9.9,0.971,-2.917,0.714,-11.68]],PRIMEM["Rome",12.4523333333333],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",2.5476666666667],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",2520000],PARAMETER["false_northing",0],UNIT["metre",1],AUTHORITY["EPSG","26592"]]`
	iso6707    = `PROJCRS["RDN2008 / UTM zone 32N (N-E)",BASEGEOGCRS["RDN2008",DATUM["Rete Dinamica Nazionale 2008",ELLIPSOID["GRS 1980",6378137,298.257222101,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",6706]],CONVERSION["UTM zone 32N",METHOD["Transverse Mercator",ID["EPSG",9807]],PARAMETER["Latitude of natural origin",0,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Longitude of natural origin",9,ANGLEUNIT["degree",0.0174532925199433]],PARAMETER["Scale factor at natural origin",0.9996,SCALEUNIT["unity",1]],PARAMETER["False easting",500000,LENGTHUNIT["metre",1]],PARAMETER["False northing",0,LENGTHUNIT["metre",1]]],CS[Cartesian,2],AXIS["northing (N)",north,ORDER[1],LENGTHUNIT["metre",1]],AXIS["easting (E)",east,ORDER[2],LENGTHUNIT["metre",1]],ID["EPSG",6707]]`
	gdal3857   = `PROJCS["WGS 84 / Pseudo-Mercator",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1],EXTENSION["PROJ4","+proj=merc +a=6378137"],AUTHORITY["EPSG","3857"]]`
	esriWGS84  = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
	esri3035   = `PROJCS["ETRS_1989_LAEA",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Lambert_Azimuthal_Equal_Area"],PARAMETER["False_Easting",4321000.0],PARAMETER["False_Northing",3210000.0],PARAMETER["Central_Meridian",10.0],PARAMETER["Latitude_Of_Origin",52.0],UNIT["Meter",1.0]]`
	ensemble   = `GEOGCRS["WGS 84",ENSEMBLE["World Geodetic System 1984 ensemble",MEMBER["World Geodetic System 1984 (Transit)"],ELLIPSOID["WGS 84",6378137,298.257223563,LENGTHUNIT["metre",1]],ENSEMBLEACCURACY[2.0]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],CS[ellipsoidal,2],AXIS["geodetic latitude (Lat)",north,ORDER[1],ANGLEUNIT["degree",0.0174532925199433]],AXIS["geodetic longitude (Lon)",east,ORDER[2],ANGLEUNIT["degree",0.0174532925199433]],ID["EPSG",4326]]`
	montemario = `GEOGCS["Monte Mario",DATUM["Monte_Mario",SPHEROID["International 1924",6378388,297]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]`
)

func TestParseWKT(t *testing.T) {
	swap := strings.NewReplacer
	for _, c := range []struct {
		name, text string
		want       int
		north      bool
	}{
		{"ESRI's UTM", esri32632, 32632, false},
		{"under another name", swap("WGS_1984_UTM_Zone_32N", "whatever").Replace(esri32632), 32632, false},
		{"round brackets", swap("[", "(", "]", ")").Replace(esri32632), 32632, false},
		{"with lines and spaces", swap(",", ",\n   ").Replace(esri32632), 32632, false},
		{"with a byte order mark", "\xef\xbb\xbf" + esri32632, 32632, false},
		{"the name of zone 32, the meridian of 33", swap("Central_Meridian\",9", "Central_Meridian\",15").Replace(esri32632), 32633, false},
		{"Gauss-Krüger is transverse Mercator", swap("Transverse_Mercator", "Gauss_Kruger").Replace(esri32632), 32632, false},
		{"Monte Mario", esri3003, 3003, false},
		{"Monte Mario from Rome", ogcRome2, 3004, false},
		{"RDN2008, northing first", iso6707, 6707, true},
		{"RDN2008, easting first", swap("northing (N)\",north", "easting (E)\",east").Replace(swap(`,ID["EPSG",6707]`, "").Replace(iso6707)), 7791, false},
		{"the frame before RDN2008", swap("GCS_WGS_1984", "GCS_IGM_1995", "D_WGS_1984", "D_IGM_1995", "298.257223563", "298.257222101").Replace(esri32632), 3064, false},
		{"bound to WGS84", "BOUNDCRS[SOURCECRS[" + esri3003 + "],TARGETCRS[" + esriWGS84 + "]]", 3003, false},
		{"with heights", `COMPD_CS["x",` + esri32632 + `,VERT_CS["h",VERT_DATUM["h",2005],UNIT["m",1]]]`, 32632, false},
		{"with heights, as ESRI writes them", esri32632 + `,VERTCS["EGM2008_Geoid",VDATUM["EGM2008_Geoid"],PARAMETER["Vertical_Shift",0.0],UNIT["Meter",1.0]]`, 32632, false},
		{"web Mercator of GDAL", gdal3857, 3857, false},
		{"degrees", esriWGS84, 4326, true},
		{"an ensemble", ensemble, 4326, true},
		{"degrees on Monte Mario", montemario, 4265, true},
		{"the square metres of Europe", esri3035, 3035, true},
		{"an unnamed datum that is WGS84's", swap(`DATUM["D_WGS_1984"`, `DATUM["unknown",TOWGS84[0,0,0,0,0,0,0]`).Replace(esri32632), 0, false},
		{"a city's own meridian", swap("Central_Meridian\",9.0", "Central_Meridian\",9.2").Replace(esri32632), 0, false},
	} {
		s, err := crs.ParseWKT(c.text)
		if err != nil || s.Code() != c.want || s.NorthFirst() != c.north {
			t.Errorf("%s: ParseWKT = %v, north first %v, %v, want %d", c.name, s, s.NorthFirst(), err, c.want)
		}
		if err == nil && c.want != 0 {
			a, _ := s.FromWGS84(orb.Point{11, 44})
			b, _ := lookup(t, c.want).FromWGS84(orb.Point{11, 44})
			if math.Hypot(a[0]-b[0], a[1]-b[1]) > 1e-6 {
				t.Errorf("%s: 11,44 lies at %v, want %v", c.name, a, b)
			}
		}
	}
}

func TestParseWKTRefuses(t *testing.T) {
	swap := func(from, to string) string { return strings.Replace(esri32632, from, to, 1) }
	for _, c := range []struct {
		name, text string
		want       error
		says       string
	}{
		{"nothing", "", crs.ErrMalformed, ""},
		{"a word", "[", crs.ErrMalformed, ""},
		{"cut", esri32632[:200], crs.ErrMalformed, "character"},
		{"more after it", esri32632 + "]", crs.ErrMalformed, "character"},
		{"deep", strings.Repeat("A[", 100) + strings.Repeat("]", 100), crs.ErrMalformed, ""},
		{"long", "A[" + strings.Repeat("x", 70_000) + "]", crs.ErrMalformed, "longer"},
		{"another datum", swap("D_WGS_1984", "D_European_1950"), crs.ErrUnknown, "D_European_1950"},
		{"another ellipsoid under the name", swap("298.257223563", "297.0"), crs.ErrUnknown, "ellipsoid"},
		{"feet", swap(`"Meter",1.0`, `"Foot",0.3048`), crs.ErrUnknown, "Foot"},
		{"gon", swap(`"Degree",0.0174532925199433`, `"Gon",0.0157079632679489`), crs.ErrUnknown, "Gon"},
		{"another projection", swap("Transverse_Mercator", "Cassini"), crs.ErrUnknown, "Cassini"},
		{"no projection", swap("PROJECTION", "PROJEKTION"), crs.ErrUnknown, "no projection"},
		{"no datum", swap("DATUM", "DATUMS"), crs.ErrUnknown, "no datum"},
		{"no ellipsoid", swap("SPHEROID", "SPHERE"), crs.ErrUnknown, "no ellipsoid"},
		{"a meridian that is a word", swap("Central_Meridian\",9.0", "Central_Meridian\",nine"), crs.ErrMalformed, "parameters"},
		{"a drawing", `LOCAL_CS["x",UNIT["metre",1]]`, crs.ErrUnknown, "LOCAL_CS"},
		{"another Mercator", strings.Replace(gdal3857, `"false_easting",0`, `"false_easting",5`, 1), crs.ErrUnknown, "Mercator"},
	} {
		s, err := crs.ParseWKT(c.text)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: ParseWKT = %v, %v, want %v that says %q", c.name, s, err, c.want, c.says)
		}
	}
}

// FuzzParse never panics, and what it understands maps places to finite
// numbers or refuses them.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"EPSG:32632", "urn:ogc:def:crs:EPSG::3003", esri32632, esri3003, ogcRome2, iso6707, gdal3857, ensemble, esri3035} {
		f.Add(text, 11.0, 44.0)
	}
	f.Fuzz(func(t *testing.T, text string, x, y float64) {
		s, err := crs.Parse(text)
		if err != nil {
			return
		}
		for _, p := range []orb.Point{{x, y}, {500_000, 5e6}} {
			for _, way := range []func(orb.Point) (orb.Point, error){s.ToWGS84, s.FromWGS84} {
				if got, err := way(p); err == nil && (math.IsNaN(got[0]-got[0]) || math.IsNaN(got[1]-got[1])) {
					t.Fatalf("%v of %v = %v", s, p, got)
				}
			}
		}
	})
}

// An import of four million vertices waits for this: under a microsecond each.
func BenchmarkToWGS84(b *testing.B) {
	for _, code := range []int{32632, 3003, 3035} {
		s := lookup(b, code)
		p, err := s.FromWGS84(orb.Point{11.3, 44.5})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(s.String(), func(b *testing.B) {
			for b.Loop() {
				if _, err := s.ToWGS84(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
