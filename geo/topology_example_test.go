package geo_test

import (
	"fmt"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
)

// Two districts should meet at 11° east, but the eastern one begins four metres
// too late at the middle of its border.
func ExampleSurvey() {
	west := geo.Area{Code: "W", Kind: geo.District, Geometry: orb.MultiPolygon{{{{10, 44}, {11, 44}, {11, 45}, {10, 45}, {10, 44}}}}}
	east := geo.Area{Code: "E", Kind: geo.District, Geometry: orb.MultiPolygon{{{{11, 44}, {12, 44}, {12, 45}, {11, 45}, {11.00005, 44.5}, {11, 44}}}}}
	for _, f := range geo.Survey([]geo.Area{west, east}, geo.SurveyOptions{}).Findings {
		fmt.Println(f.Severity, f.Kind, f.Areas)
		fmt.Println(f.Text)
	}

	areas, changes, _ := geo.Snap([]geo.Area{west, east}, 5)
	fmt.Println(len(geo.Survey(areas, geo.SurveyOptions{}).Findings), "findings after snapping;", changes[0].Code, "got", changes[0].Added, "point")
	// Output:
	// warning gap [E W]
	// Between E and W there are 220935 m² (mean width 2.0 m) near 11.000012,44.250000 that nobody covers: make their borders meet.
	// 0 findings after snapping; W got 1 point
}

// A border moves, and a district is split.
func ExampleCompare() {
	box := func(code string, west, east float64) geo.Area {
		return geo.Area{Code: code, Kind: geo.District, Geometry: orb.MultiPolygon{{{{west, 44}, {east, 44}, {east, 45}, {west, 45}, {west, 44}}}}}
	}
	old := []geo.Area{box("W", 10, 11), box("E", 11, 12)}
	fresh := []geo.Area{box("W", 10, 11.1), box("E", 11.1, 11.5), box("N", 11.5, 12)}
	for _, t := range geo.Compare(old, fresh).Transfers {
		fmt.Printf("%s to %s: %.0f km²\n", t.From, t.To, t.AreaM2/1e6)
	}
	// Output:
	// E to N: 4419 km²
	// E to W: 884 km²
}
