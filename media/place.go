package media

import (
	"math"
	"strings"
)

// maxErrorM is the largest horizontal error believed, in metres. Beyond it a
// camera is not measuring anything: the number is left out, the position stays.
const maxErrorM = 100_000

// readFix reads the position of EXIF 2.32, section 4.6.6: degrees without a
// sign, the hemisphere as a letter beside them.
func (c *claims) readFix(tags map[string]any) {
	rawLat, hasLat := tags["GPSLatitude"]
	rawLon, hasLon := tags["GPSLongitude"]
	if !hasLat && !hasLon {
		return
	}
	lat, okLat := number(rawLat)
	lon, okLon := number(rawLon)
	switch {
	case !okLat || !okLon || math.IsNaN(lat) || math.IsNaN(lon):
		c.note("gps position incomplete")
		return
	case lat < 0 || lon < 0 || lat > 90 || lon > 180:
		c.note("gps position out of range")
		return
	case lat == 0 || lon == 0:
		// A camera without a fix writes zeros, and imagemeta reads a value it
		// does not understand as zero. Nobody stands on either line exactly.
		c.note("gps position zero")
		return
	}
	lat, okLat = signed(lat, text(tags, "GPSLatitudeRef"), "N", "S")
	lon, okLon = signed(lon, text(tags, "GPSLongitudeRef"), "E", "W")
	if !okLat || !okLon {
		c.note("gps hemisphere unknown")
		return
	}
	if text(tags, "GPSStatus") == "V" {
		c.note("gps had no fix: position is an old one")
		return
	}
	c.fix = &Fix{Lon: lon, Lat: lat, AccuracyM: c.readError(tags)}
}

// signed applies the hemisphere. Its words may be written out ("North").
func signed(v float64, ref, plus, minus string) (float64, bool) {
	ref = strings.ToUpper(ref)
	switch {
	case strings.HasPrefix(ref, plus):
		return v, true
	case strings.HasPrefix(ref, minus):
		return -v, true
	}
	return 0, false
}

func (c *claims) readError(tags map[string]any) float64 {
	v, ok := tags["GPSHPositioningError"]
	if !ok {
		return 0
	}
	m, ok := number(v)
	if !ok || !(m > 0) || m > maxErrorM {
		c.note("gps positioning error implausible")
		return 0
	}
	return m
}
