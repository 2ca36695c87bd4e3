package areagen_test

import (
	"testing"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/internal/areagen"
)

// There are as many as Italy has, each is a valid area, and they are the same
// every time.
func TestMunicipalities(t *testing.T) {
	areas, err := areagen.Municipalities(geo.Municipality)
	if err != nil {
		t.Fatal(err)
	}
	if len(areas) < 7_000 || len(areas) > 9_000 {
		t.Errorf("%d municipalities, want about 7,900", len(areas))
	}
	vertices := 0
	for i, a := range areas {
		vertices += len(a.Geometry[0][0])
		if i%100 == 0 {
			if err := a.Validate(); err != nil {
				t.Errorf("%s: %v", a.Code, err)
			}
		}
	}
	t.Logf("%d areas, %d vertices", len(areas), vertices)
	again := areagen.Lattice(geo.Zone, 3, orb.Bound{Max: orb.Point{1, 1}}, nil)
	for i, a := range areagen.Lattice(geo.Zone, 3, orb.Bound{Max: orb.Point{1, 1}}, nil) {
		if !orb.Equal(a.Geometry, again[i].Geometry) {
			t.Errorf("%s is another one the second time", a.Code)
		}
	}
}
