package store

import (
	"context"
	"fmt"
	"time"

	"github.com/paulmach/orb"
	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/geo"
)

// AreasNear returns the areas of a kind that are valid at a moment and whose
// box touches a box (degrees), and those whose box touches the one around all of
// these, with their geometry: margin, in degrees, is how far from each other
// boxes may lie and still touch. An index holds the boxes, so that only the
// borders of these areas are read, however many there are.
func (s *Store) AreasNear(ctx context.Context, kind geo.Kind, box orb.Bound, margin float64, at time.Time) ([]geo.Area, error) {
	const valid = `kind = {:kind} AND validFrom <= {:at} AND (validTo = '' OR validTo > {:at})`
	const q = `
		WITH near AS MATERIALIZED (
			SELECT min(minLon) - {:margin} AS west, min(minLat) - {:margin} AS south, max(maxLon) + {:margin} AS east, max(maxLat) + {:margin} AS north
			FROM areas WHERE ` + valid + ` AND minLon <= {:east} AND maxLon >= {:west} AND minLat <= {:north} AND maxLat >= {:south})
		SELECT * FROM areas WHERE id IN (
			SELECT id FROM areas WHERE ` + valid + ` AND minLon <= (SELECT east FROM near) AND maxLon >= (SELECT west FROM near)
				AND minLat <= (SELECT north FROM near) AND maxLat >= (SELECT south FROM near))
		ORDER BY code, validFrom`
	var rows []areaRow
	err := s.rows(ctx, &rows, q, dbx.Params{
		"kind": kind, "at": stamp(at), "margin": margin,
		"west": box.Min.Lon() - margin, "south": box.Min.Lat() - margin, "east": box.Max.Lon() + margin, "north": box.Max.Lat() + margin,
	})
	if err != nil {
		return nil, fmt.Errorf("read the areas near a place: %w", err)
	}
	return areasOf(rows)
}
