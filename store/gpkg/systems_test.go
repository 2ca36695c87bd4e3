package gpkg_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo/format"
	"github.com/sestante/sestante/store/gpkg"
)

// TestDecodeSystems reads a square of ten kilometres in metres of UTM zone 32,
// whose west side is the meridian of 9°, however the file names the system.
func TestDecodeSystems(t *testing.T) {
	const zone32 = `PROJCS["WGS 84 / UTM zone 32N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1]]`
	metres := orb.MultiPolygon{{{{500000, 5e6}, {510000, 5e6}, {510000, 5.01e6}, {500000, 5.01e6}, {500000, 5e6}}}}
	body, err := wkb.Marshal(metres, binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	in := func(srs string, id uint32) []byte {
		head := binary.LittleEndian.AppendUint32([]byte{'G', 'P', 0, 1}, id)
		return made(t, `DELETE FROM areas WHERE fid = 2`, `INSERT INTO gpkg_spatial_ref_sys VALUES `+srs,
			`UPDATE areas SET geom = x'`+hex.EncodeToString(append(head, body...))+`'`,
			`UPDATE gpkg_geometry_columns SET srs_id = `+srs[strings.Index(srs, ",")+1:strings.Index(srs, ", '")])
	}
	for _, c := range []struct {
		name string
		file []byte
		crs  string
		want *fault.Error // nil: it is read
	}{
		{"a number of EPSG", in(`('x',32632, 'EPSG', 32632, 'whatever', '')`, 32632), "", nil},
		{"a number of EPSG under another", in(`('x',7, 'epsg', 32632, 'whatever', '')`, 7), "", nil},
		{"a definition", in(`('x',100001, 'NONE', 100001, '`+zone32+`', '')`, 100001), "", nil},
		{"what the caller says, when the file does not", in(`('x',100002, 'NONE', 100002, 'undefined', '')`, 100002), "EPSG:32632", nil},
		{"nothing", in(`('x',100003, 'NONE', 100003, 'undefined', '')`, 100003), "", gpkg.ErrSRS},
	} {
		got, err := decode(t, c.file, format.Options{CRS: c.crs})
		if c.want != nil {
			if !errors.Is(err, c.want) {
				t.Errorf("%s: Decode = %v, want %s", c.name, err, c.want.Code)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: Decode = %v", c.name, err)
			continue
		}
		// On its central meridian the projection has no longitude to get wrong;
		// 5,000 km of grid are 5,002,000.8 m of meridian, which is latitude 45.153.
		p := got.Collection.Features[0].Geometry[0][0][0]
		if math.Abs(p[0]-9) > 1e-9 || math.Abs(p[1]-45.153) > 1e-3 || got.CRS != "EPSG:32632" {
			t.Errorf("%s: the corner is at %v in %s, want 9, 45.153", c.name, p, got.CRS)
		}
	}
}
