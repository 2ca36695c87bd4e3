package media

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"github.com/bep/imagemeta"
)

// The directories of EXIF a tag is accepted from. The name of a tag is not
// enough: imagemeta reports tags 1 and 2 of the interoperability directory
// under the names of the GPS latitude.
const (
	dirMain = "IFD0"
	dirExif = "IFD0/ExifIFDP"
	dirGPS  = "IFD0/GPSInfoIFD"
)

// accepted lists the tags we read; the camera, its lens and its owner are not
// among them.
var accepted = map[string]string{
	"Orientation":          dirMain,
	"DateTimeOriginal":     dirExif,
	"OffsetTimeOriginal":   dirExif,
	"GPSLatitudeRef":       dirGPS,
	"GPSLatitude":          dirGPS,
	"GPSLongitudeRef":      dirGPS,
	"GPSLongitude":         dirGPS,
	"GPSTimeStamp":         dirGPS,
	"GPSDateStamp":         dirGPS,
	"GPSStatus":            dirGPS,
	"GPSHPositioningError": dirGPS,
}

const (
	// maxEXIF is the room a JPEG has for EXIF, in bytes. A PNG has more, and
	// gets no more: the tags come first, thumbnails and maker notes follow.
	maxEXIF = 1 << 16
	// maxTag is far more than any value we read is long, in bytes.
	maxTag = 256
	// maxTags is the number of tags looked at, ours or not.
	maxTags = 4000
)

// claims is what a photo says about itself, as far as it can be believed.
type claims struct {
	orientation   int
	local, offset string
	at            time.Time
	fix           *Fix
	notes         []string
}

func (c *claims) note(text string) { c.notes = append(c.notes, text) }

// readEXIF never fails: what cannot be read is noted and left out.
func readEXIF(tiff []byte) claims {
	c := claims{orientation: 1}
	if len(tiff) == 0 {
		return c
	}
	tags, err := readTags(tiff[:min(len(tiff), maxEXIF)])
	if err != nil {
		c.note("exif unreadable after some point")
	}
	c.readOrientation(tags)
	c.readFix(tags)
	c.readTaken(tags)
	return c
}

// readTags returns the accepted tags of a TIFF stream by name. Its error means
// that there may have been more.
//
// imagemeta's own Timeout must stay unset: when it fires, the decoder goes on
// in its goroutine with a reader that is already back in a pool, and reads
// into the next photo. The work is bounded by maxEXIF and maxTags instead. Nor
// are its helpers for dates and positions called: they guess the server's zone
// and answer 0,0 for an absent position.
func readTags(tiff []byte) (map[string]any, error) {
	tags := map[string]any{}
	broken := false
	_, err := imagemeta.Decode(imagemeta.Options{
		R:            bytes.NewReader(tiff),
		ImageFormat:  imagemeta.TIFF,
		Sources:      imagemeta.EXIF,
		LimitNumTags: maxTags,
		LimitTagSize: maxTag,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool {
			return accepted[t.Tag] == t.Namespace
		},
		HandleTag: func(t imagemeta.TagInfo) error {
			if _, twice := tags[t.Tag]; !twice {
				tags[t.Tag] = t.Value
			}
			return nil
		},
		Warnf: func(string, ...any) { broken = true },
	})
	if err == nil && broken {
		err = errors.New("a tag has a value of the wrong shape")
	}
	return tags, err
}

func (c *claims) readOrientation(tags map[string]any) {
	v, ok := tags["Orientation"]
	if !ok {
		return
	}
	o, ok := whole(v)
	if !ok || o < 1 || o > 8 {
		c.note("orientation outside 1 to 8")
		return
	}
	c.orientation = o
}

// whole returns v as an int if it is one of the whole numbers EXIF has.
func whole(v any) (int, bool) {
	switch n := v.(type) {
	case uint8:
		return int(n), true
	case uint16:
		return int(n), true
	case uint32:
		return int(n), true
	case int32:
		return int(n), true
	}
	return 0, false
}

// text returns a tag's text without padding, or "" when it has none.
func text(tags map[string]any, name string) string {
	s, ok := tags[name].(string)
	if !ok {
		return ""
	}
	return strings.Trim(s, " \x00")
}

// number returns a tag's value as a float64 if it is a number; whether it is a
// sensible one is for the caller to say.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case float32:
		return float64(n), true
	case interface{ Float64() float64 }:
		return n.Float64(), true
	}
	i, ok := whole(v)
	return float64(i), ok
}
