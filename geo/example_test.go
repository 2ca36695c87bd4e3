package geo_test

import (
	"fmt"
	"strings"

	"github.com/sestante/sestante/geo"
)

func ExampleIndex_Locate() {
	table, err := geo.ItalyDistricts()
	if err != nil {
		fmt.Println(err)
		return
	}
	provinces, err := geo.ItalyProvinces()
	if err != nil {
		fmt.Println(err)
		return
	}
	districts, _, err := geo.Dissolve(table, provinces, "code")
	if err != nil {
		fmt.Println(err)
		return
	}
	index, err := geo.NewIndex(districts)
	if err != nil {
		fmt.Println(err)
		return
	}
	duomo := geo.Query{Lon: 9.1919, Lat: 45.4641}
	fmt.Println(index.Locate(duomo).Reason())
	duomo.SiteType = "cs" // a sorting centre
	fmt.Println(index.Locate(duomo).Reason())
	fmt.Println(index.Locate(geo.Query{Lon: 12.4473, Lat: 43.9362}).Say("it")) // San Marino
	// Output:
	// Inside Lombardia CENTRO (NO7).
	// Inside Centri Smistamento NO (NO8), chosen by siteType=cs.
	// In un buco del territorio, che qui non appartiene a nessuno.
}

func ExampleDissolve() {
	table, err := geo.ItalyDistricts()
	if err != nil {
		fmt.Println(err)
		return
	}
	provinces, err := geo.ItalyProvinces()
	if err != nil {
		fmt.Println(err)
		return
	}
	districts, warnings, err := geo.Dissolve(table, provinces, "code")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range districts[:2] {
		fmt.Printf("%s %s, %.0f km²\n", d.Code, d.Name, d.AreaM2/1e6)
	}
	fmt.Println(len(districts), "districts;", warnings[0].Text)
	// Output:
	// NO1 Liguria, 5492 km²
	// NO2 Piemonte NORD, 11195 km²
	// 27 districts; CI counts as SU.
}

func ExampleDecode() {
	const file = `{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{"code":"A1"},"geometry":{"type":"Polygon","coordinates":[[[10,44],[11,44],[11,45],[10,44]]]}},
		{"type":"Feature","properties":{"code":"A2"},"geometry":{"type":"Polygon","coordinates":[[[10,44],[11,45],[11,44],[10,45],[10,44]]]}}]}`
	_, err := geo.Decode(strings.NewReader(file), geo.Limits{Code: "code"})
	fmt.Println(err)
	// Output:
	// decoding boundaries: features[1]: The border crosses or touches itself: move the points near the place shown (A2, at 10.500000,44.500000).
}
