package sestante

import (
	_ "firebase.google.com/go/v4/messaging"
	_ "github.com/bep/imagemeta"
	_ "github.com/disintegration/imaging"
	_ "github.com/paulmach/orb/geojson"
	_ "github.com/peterstace/simplefeatures/geom"
	_ "github.com/pocketbase/pocketbase"
	_ "github.com/pocketbase/pocketbase/plugins/migratecmd"
	_ "github.com/pocketbase/pocketbase/tests"
	_ "github.com/spf13/viper"
	_ "golang.org/x/time/rate"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "go.yaml.in/yaml/v3"
	_ "github.com/klauspost/compress/zstd"
)
