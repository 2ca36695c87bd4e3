module github.com/sestante/sestante/bench/peers

go 1.26.0

require (
	github.com/golang/geo v0.0.0-20200730024412-e86565bf3f35
	github.com/paulmach/orb v0.14.0
	github.com/ringsaturn/tzf v1.0.2
	github.com/sestante/sestante v0.0.0
	github.com/tidwall/geojson v1.4.5
	github.com/tidwall/rtree v1.10.0
)

require (
	github.com/mitchellh/mapstructure v1.5.0 // indirect
	github.com/ringsaturn/tzf-rel-lite v0.0.2025-b2 // indirect
	github.com/tidwall/geoindex v1.7.0 // indirect
	github.com/tidwall/gjson v1.12.1 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.0 // indirect
	github.com/tidwall/sjson v1.2.4 // indirect
	github.com/twpayne/go-polyline v1.1.1 // indirect
	go.mongodb.org/mongo-driver/v2 v2.5.0 // indirect
	google.golang.org/protobuf v1.36.9 // indirect
)

replace github.com/sestante/sestante => ../..
