package crs_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo/crs"
)

// TestJudge asks PROJ, by way of PostGIS, about places all over Italy in every
// system: make geo-judge. Of Monte Mario only the mainland is judged: elsewhere
// what PROJ does without being told the region is some set, not the region's.
func TestJudge(t *testing.T) {
	dsn := os.Getenv("GEO_JUDGE")
	if dsn == "" {
		t.Skip("No judge: set GEO_JUDGE to the connection string of a database with PostGIS.")
	}
	var asked []orb.Point
	for lon := 6.7; lon < 18.6; lon += 0.19 {
		for lat := 35.6; lat < 47.1; lat += 0.23 {
			asked = append(asked, orb.Point{lon, lat})
		}
	}
	for _, code := range []int{3857, 32632, 32633, 25832, 25833, 7791, 7792, 6707, 6708, 6875, 6876, 3064, 3065, 3035, 3003, 3004} {
		s, err := crs.Lookup(code)
		if err != nil {
			t.Fatalf("EPSG:%d: %v", code, err)
		}
		var script bytes.Buffer
		script.WriteString("CREATE TEMP TABLE place (n int, e float8, n2 float8);\nCOPY place FROM STDIN;\n")
		for i, p := range asked {
			q, err := s.FromWGS84(p)
			if err != nil {
				t.Fatalf("%s: FromWGS84(%v): %v", s, p, err)
			}
			fmt.Fprintf(&script, "%d\t%.17g\t%.17g\n", i, q[0], q[1])
		}
		fmt.Fprintf(&script, "\\.\nSELECT ST_X(g), ST_Y(g) FROM (SELECT n, ST_Transform(ST_SetSRID(ST_MakePoint(e, n2), %d), 4326) AS g FROM place) AS t ORDER BY n;\n", code)
		cmd := exec.CommandContext(t.Context(), "psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", dsn)
		cmd.Stdin, cmd.Stderr = &script, os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: psql: %v", s, err)
			continue
		}
		worst, at, judged := 0.0, orb.Point{}, 0
		for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			var q orb.Point
			if _, err := fmt.Sscanf(line, "%g|%g", &q[0], &q[1]); err != nil {
				t.Fatalf("psql says %q", line)
			}
			p := asked[i]
			if (code == 3003 || code == 3004) && !mainland(p) {
				continue
			}
			judged++
			d := math.Hypot((p[0]-q[0])*math.Cos(p[1]*math.Pi/180), p[1]-q[1]) * 111_320
			if d > worst {
				worst, at = d, p
			}
		}
		t.Logf("%s: %d places, at most %.6f m apart", s, judged, worst)
		if judged < 100 || worst > 0.002 {
			t.Errorf("%s: %v is %.6f m from where the judge has it (%d judged)", s, at, worst, judged)
		}
	}
}

// mainland reports whether a place is on the mainland for certain.
func mainland(p orb.Point) bool { return p[1] > 41.5 && p[1] < 46.5 && p[0] > 11 && p[0] < 13 }
