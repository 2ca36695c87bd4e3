package gpkg

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sestante/sestante/geo"
)

// wgs84 is the number of EPSG:4326, longitude first as a GeoPackage has it.
const wgs84 = 4326

// maxRows bounds the tables that describe layers. Some programs copy the whole
// of EPSG's list into each file.
const maxRows = 20_000

// A layer is one table of features.
type layer struct {
	table  string // as the file spells it
	column string // with the geometry
	srs    int64
	crs    string // "EPSG:32632", or the definition as WKT; empty when the file does not know
	key    string // the column with the integer primary key; empty for none
	values []column
}

// A column is one property of the features.
type column struct {
	name    string
	boolean bool
}

// layers reads which layers the file has, in the order of its table of
// contents. Names are compared as SQLite does, without case.
func (s *source) layers(ctx context.Context) ([]layer, error) {
	for _, needed := range []string{"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} {
		if err := s.must(needed, ErrNotGeoPackage.WithIn("there is no table %s", "manca la tabella %s", needed)); err != nil {
			return nil, err
		}
	}
	features := []string{}
	err := s.each(ctx, `SELECT +table_name, +data_type FROM main.gpkg_contents NOT INDEXED`, maxRows, func(row []any) error {
		if text(row[1]) == "features" {
			features = append(features, strings.ToLower(text(row[0])))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []layer
	err = s.each(ctx, `SELECT +table_name, +column_name, +srs_id FROM main.gpkg_geometry_columns NOT INDEXED`, maxRows, func(row []any) error {
		name := text(row[0])
		if !slices.Contains(features, strings.ToLower(name)) {
			return nil
		}
		srs, _ := row[2].(int64)
		out = append(out, layer{table: name, column: text(row[1]), srs: srs})
		return nil
	})
	slices.SortStableFunc(out, func(a, b layer) int {
		return slices.Index(features, strings.ToLower(a.table)) - slices.Index(features, strings.ToLower(b.table))
	})
	return out, err
}

// must returns otherwise when there is no such table, and ErrTable when it is
// computed.
func (s *source) must(table string, otherwise error) error {
	ordinary, ok := s.tables[strings.ToLower(table)]
	switch {
	case !ok:
		return otherwise
	case !ordinary:
		return ErrTable.With("%s", shown(table))
	}
	return nil
}

// choose returns the layer that is meant: the one that is named, or the only
// one there is.
func choose(all []layer, name string) (layer, error) {
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = shown(l.table)
		if name != "" && strings.EqualFold(l.table, name) {
			return l, nil
		}
	}
	if len(all) == 1 && name == "" {
		return all[0], nil
	}
	const most = 20
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	if len(all) == 0 {
		return layer{}, geo.ErrLayer.In("layer").WithIn("it holds no layer of features", "non contiene livelli di elementi")
	}
	return layer{}, geo.ErrLayer.In("layer").WithIn("it holds %s", "contiene %s", strings.Join(names, ", "))
}

// complete finds out about the columns and the coordinate system of a layer.
func (s *source) complete(ctx context.Context, l *layer) error {
	if err := s.must(l.table, ErrDamaged.WithIn("the table of layer %s is missing", "manca la tabella del livello %s", shown(l.table))); err != nil {
		return err
	}
	geometry, keys := false, 0
	err := s.each(ctx, `PRAGMA main.table_xinfo(`+quoted(l.table)+`)`, maxRows, func(row []any) error {
		name, declared := text(row[1]), strings.ToUpper(text(row[2]))
		pk, _ := row[5].(int64)
		if hidden, _ := row[6].(int64); hidden != 0 {
			return nil // generated: it would be computed for us
		}
		if strings.EqualFold(name, l.column) {
			l.column, geometry = name, true
			return nil
		}
		if pk > 0 {
			keys++
			if declared == "INTEGER" {
				l.key = name
			}
		}
		l.values = append(l.values, column{name, declared == "BOOLEAN"})
		return nil
	})
	if err != nil {
		return err
	}
	if keys != 1 {
		l.key = ""
	}
	if !geometry {
		return ErrDamaged.WithIn("layer %s has no column %s", "il livello %s non ha la colonna %s", shown(l.table), shown(l.column))
	}
	return s.system(ctx, l)
}

// system finds the coordinate system of a layer: by the number that EPSG gave
// it, or else by its definition. The numbers 0 and -1 stand for unknown ones.
func (s *source) system(ctx context.Context, l *layer) error {
	return s.each(ctx, `SELECT +srs_id, +organization, +organization_coordsys_id, +definition FROM main.gpkg_spatial_ref_sys NOT INDEXED`, maxRows, func(row []any) error {
		if id, ok := row[0].(int64); !ok || id != l.srs {
			return nil
		}
		code, _ := row[2].(int64)
		switch definition := text(row[3]); {
		case l.srs <= 0 || strings.EqualFold(definition, "undefined"):
		case strings.EqualFold(text(row[1]), "EPSG") && code > 0:
			l.crs = "EPSG:" + strconv.FormatInt(code, 10)
		default:
			l.crs = definition
		}
		return nil
	})
}

// text returns a value that is text, and "" for any other.
func text(v any) string {
	t, _ := v.(string)
	return t
}

// quoted makes an identifier of a name.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// shown makes a name that a stranger chose fit for a message.
func shown(name string) string {
	if r := []rune(name); len(r) > 60 {
		name = string(r[:60]) + "…"
	}
	return strings.Trim(strconv.QuoteToGraphic(name), `"`)
}
