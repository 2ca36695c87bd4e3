package media

import (
	"strings"
	"time"
)

const (
	exifTime  = "2006:01:02 15:04:05"
	localTime = "2006-01-02T15:04:05"
)

// A year outside these is a camera whose clock was never set: EXIF is of 1995.
const (
	firstYear = 1995
	lastYear  = 2099
)

// readTaken reads when the photo was taken: the camera's wall clock, its
// offset if it gives one, and the moment if that is known for certain.
func (c *claims) readTaken(tags map[string]any) {
	local, hasLocal := c.readLocal(tags)
	if hasLocal {
		c.local = local.Format(localTime)
	}
	if zone, ok := c.readOffset(tags); ok && hasLocal {
		c.at = time.Date(local.Year(), local.Month(), local.Day(),
			local.Hour(), local.Minute(), local.Second(), 0, zone).UTC()
		return
	}
	at, ok := c.readSatelliteTime(tags)
	if !ok {
		return
	}
	// Clocks on earth run from UTC-12 to UTC+14. A difference beyond them, and
	// an hour for a camera set by hand, is a fix left over from another day.
	if ahead := local.Sub(at); hasLocal && (ahead < -13*time.Hour || ahead > 15*time.Hour) {
		c.note("gps time is of another day")
		return
	}
	c.at = at
}

// readLocal returns the wall clock as if it were UTC.
func (c *claims) readLocal(tags map[string]any) (time.Time, bool) {
	s := text(tags, "DateTimeOriginal")
	if strings.Trim(s, "0: ") == "" { // absent, blank, or all zeros: a camera that knows it does not know
		return time.Time{}, false
	}
	t, err := time.Parse(exifTime, s)
	if err != nil || !plausible(t) {
		c.note("date taken implausible")
		return time.Time{}, false
	}
	return t.Truncate(time.Second), true
}

func plausible(t time.Time) bool { return t.Year() >= firstYear && t.Year() <= lastYear }

// readOffset reads "+02:00". Offsets in use run from -12:00 to +14:00.
func (c *claims) readOffset(tags map[string]any) (*time.Location, bool) {
	s := text(tags, "OffsetTimeOriginal")
	if strings.Trim(s, ": ") == "" {
		return nil, false
	}
	t, err := time.Parse("-07:00", s)
	if s == "Z" {
		t, err, s = time.Time{}, nil, "+00:00"
	}
	_, sec := t.Zone()
	if err != nil || sec < -12*3600 || sec > 14*3600 {
		c.note("time offset implausible")
		return nil, false
	}
	c.offset = s
	return time.FixedZone("", sec), true
}

// readSatelliteTime reads the UTC date and time of the GPS. A fraction of a
// second is cut off: no photo needs it.
func (c *claims) readSatelliteTime(tags map[string]any) (time.Time, bool) {
	day, clock := text(tags, "GPSDateStamp"), text(tags, "GPSTimeStamp")
	if day == "" || clock == "" {
		return time.Time{}, false
	}
	clock, _, _ = strings.Cut(clock, ".")
	t, err := time.Parse(exifTime, day+" "+clock)
	if err != nil || !plausible(t) {
		c.note("gps time implausible")
		return time.Time{}, false
	}
	return t.UTC(), true
}
