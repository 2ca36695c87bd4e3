package geo_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"

	"github.com/sestante/sestante/geo"
)

// TestJudge asks PostGIS, which shares no line with us, about the same places:
// make geo-judge. It reads GEO_JUDGE, the connection string of a database with
// PostGIS, and starts and keeps nothing there: its tables are temporary.
//
// PostGIS has borders belong to both neighbours, so where it names two it must
// name ours among them.
func TestJudge(t *testing.T) {
	dsn := os.Getenv("GEO_JUDGE")
	if dsn == "" {
		t.Skip("No judge: set GEO_JUDGE to the connection string of a database with PostGIS.")
	}
	for name, areas := range map[string]func(testing.TB) []geo.Area{
		"shipped districts": shippedDistricts, "districts": realDistricts, "provinces": realProvinces, "municipalities of Milan": realMunicipalities,
	} {
		t.Run(name, func(t *testing.T) { judge(t, dsn, partition(areas(t))) })
	}
}

func judge(t *testing.T, dsn string, areas []geo.Area) {
	t.Helper()
	x := newIndex(t, areas)
	areas = x.Areas()
	points := spread(20_000)
	points = append(points, nearBorders(areas, 20_000)...)
	vertices, middles := innerPoints(areas)
	points = append(append(points, vertices...), middles...)
	var script bytes.Buffer
	script.WriteString("CREATE TEMP TABLE area (n int, g geometry);\nCREATE TEMP TABLE place (n int, g geometry);\n")
	script.WriteString("COPY area FROM STDIN;\n")
	for i, a := range areas {
		fmt.Fprintf(&script, "%d\t%s\n", i, wkt.MarshalString(a.Geometry))
	}
	script.WriteString("\\.\nCOPY place FROM STDIN;\n")
	for i, p := range points {
		fmt.Fprintf(&script, "%d\tPOINT(%s %s)\n", i, exactText(p[0]), exactText(p[1]))
	}
	script.WriteString("\\.\nCREATE INDEX ON area USING gist (g);\nANALYZE area;\n")
	script.WriteString("SELECT p.n, string_agg(a.n::text, ' ') FROM place p JOIN area a ON ST_Intersects(a.g, p.g) GROUP BY p.n;\n")
	cmd := exec.CommandContext(t.Context(), "psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", dsn)
	cmd.Stdin = &script
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("psql: %v", err)
	}
	judged := make([][]string, len(points))
	for line := range strings.Lines(string(out)) {
		n, owners, _ := strings.Cut(strings.TrimSpace(line), "|")
		i, err := strconv.Atoi(n)
		if err != nil {
			t.Fatalf("psql says %q", line)
		}
		judged[i] = strings.Fields(owners)
	}
	l := x.Layer(areas[0].Kind, time.Time{})
	differ, beside := 0, 0
	for i, p := range points {
		got := l.OwnerNumber(p[0], p[1])
		switch {
		case got < 0 && len(judged[i]) == 0, slices.Contains(judged[i], strconv.Itoa(got)):
		case onBorder(l, p): // where the judge reckons in floating point, or has the right and the top in
			beside++
		default:
			differ++
			t.Errorf("Owner(%v) = %d, the judge says %v", p, got, judged[i])
		}
		if differ > 20 {
			t.FailNow()
		}
	}
	t.Logf("%d places judged, %d differ; of %d a micrometre from a border the judge says otherwise", len(points), differ, beside)
}

func exactText(v float64) string { return strconv.FormatFloat(v, 'g', 17, 64) }

func onBorder(l *geo.Layer, p orb.Point) bool {
	_, metres, near := l.Nearest(p[0], p[1], 1)
	return near && metres < 1e-6
}
