package media_test

import (
	"math"
	"testing"
	"time"

	"github.com/sestante/sestante/media"
)

// gps returns a sound position, 43.5 N 11.25 E, with fields replaced by tag.
func gps(instead ...field) []field {
	out := []field{
		words(tagLatRef, "N"), ratios(tagLat, 43, 1, 30, 1, 0, 1),
		words(tagLonRef, "E"), ratios(tagLon, 11, 1, 15, 1, 0, 1),
	}
next:
	for _, f := range instead {
		for i := range out {
			if out[i].tag == f.tag {
				out[i] = f
				continue next
			}
		}
		out = append(out, f)
	}
	return out
}

func inspectEXIF(t *testing.T, stream []byte) media.Photo {
	t.Helper()
	return inspect(t, "a photo with EXIF", withEXIF(t, stream))
}

func TestFix(t *testing.T) {
	const zero, out, part, half = "gps position zero", "gps position out of range", "gps position incomplete", "gps hemisphere unknown"
	cases := []struct {
		name     string
		dir      []field
		lon, lat float64 // 0, 0: no fix
		accuracy float64
		note     string
	}{
		{"sound", gps(), 11.25, 43.5, 0, ""},
		{"south and west", gps(words(tagLatRef, "S"), words(tagLonRef, "W")), -11.25, -43.5, 0, ""},
		{"refs written out", gps(words(tagLatRef, "south"), words(tagLonRef, "East")), 11.25, -43.5, 0, ""},
		{"decimal minutes", gps(ratios(tagLat, 43, 1, 302_550, 10_000, 0, 1)), 11.25, 43.50425, 0, ""},
		{"accuracy", gps(ratios(tagGPSError, 475, 100)), 11.25, 43.5, 4.75, ""},
		{"poles and the line of dates", gps(ratios(tagLat, 90, 1, 0, 1, 0, 1), ratios(tagLon, 180, 1, 0, 1, 0, 1)), 180, 90, 0, ""},

		{"no directory", nil, 0, 0, 0, ""},
		{"500 degrees", gps(ratios(tagLat, 500, 1, 0, 1, 0, 1)), 0, 0, 0, out},
		{"just beyond the pole", gps(ratios(tagLat, 90, 1, 0, 1, 1, 1000)), 0, 0, 0, out},
		{"181 degrees", gps(ratios(tagLon, 181, 1, 0, 1, 0, 1)), 0, 0, 0, out},
		{"signed and negative", gps(field{tagLat, 12, le.AppendUint64(nil, math.Float64bits(-43.5))}), 0, 0, 0, out},
		{"zeros", gps(ratios(tagLat, 0, 1, 0, 1, 0, 1), ratios(tagLon, 0, 1, 0, 1, 0, 1)), 0, 0, 0, zero},
		{"denominators of zero", gps(ratios(tagLat, 0, 0, 0, 0, 0, 0), ratios(tagLon, 0, 0, 0, 0, 0, 0)), 0, 0, 0, zero},
		{"one denominator of zero", gps(ratios(tagLat, 43, 0, 0, 0, 0, 0)), 0, 0, 0, zero},
		{"not a number", gps(field{tagLat, 12, le.AppendUint64(nil, math.Float64bits(math.NaN()))}), 0, 0, 0, "exif unreadable after some point; " + zero},
		{"endless", gps(field{tagLat, 12, le.AppendUint64(nil, math.Float64bits(math.Inf(1)))}), 0, 0, 0, "exif unreadable after some point; " + zero},
		{"words for a number", gps(words(tagLat, "forty-three")), 0, 0, 0, "exif unreadable after some point; " + zero},
		{"two parts", gps(ratios(tagLat, 43, 1, 30, 1)), 0, 0, 0, "exif unreadable after some point; " + zero},
		{"latitude alone", gps()[:2], 0, 0, 0, part},
		{"longitude alone", gps()[2:], 0, 0, 0, part},
		{"no hemisphere", []field{gps()[1], gps()[3]}, 0, 0, 0, half},
		{"hemisphere X", gps(words(tagLatRef, "X")), 0, 0, 0, half},
		{"hemispheres swapped", gps(words(tagLatRef, "E"), words(tagLonRef, "N")), 0, 0, 0, half},
		{"no fix", gps(words(tagGPSStatus, "V")), 0, 0, 0, "gps had no fix: position is an old one"},
		{"a fix", gps(words(tagGPSStatus, "A")), 11.25, 43.5, 0, ""},
		{"accuracy 0/0", gps(ratios(tagGPSError, 0, 0)), 11.25, 43.5, 0, "gps positioning error implausible"},
		{"accuracy 0", gps(ratios(tagGPSError, 0, 1)), 11.25, 43.5, 0, "gps positioning error implausible"},
		{"accuracy of a continent", gps(ratios(tagGPSError, 4_000_000, 1)), 11.25, 43.5, 0, "gps positioning error implausible"},
	}
	for _, c := range cases {
		p := inspectEXIF(t, tiff(nil, nil, c.dir))
		if p.EXIFNote != c.note {
			t.Errorf("%s: EXIFNote = %q, want %q", c.name, p.EXIFNote, c.note)
		}
		if c.lon == 0 && c.lat == 0 {
			if p.GPS != nil {
				t.Errorf("%s: GPS = %+v, want none", c.name, *p.GPS)
			}
			continue
		}
		if p.GPS == nil || math.Abs(p.GPS.Lon-c.lon) > 1e-9 || math.Abs(p.GPS.Lat-c.lat) > 1e-9 || p.GPS.AccuracyM != c.accuracy {
			t.Errorf("%s: GPS = %+v, want %v, %v within %v m", c.name, p.GPS, c.lon, c.lat, c.accuracy)
		}
	}
}

func TestOrientationTag(t *testing.T) {
	const note = "orientation outside 1 to 8"
	cases := []struct {
		name string
		tag  field
		want int
		note string
	}{
		{"upright", word(tagOrientation, 1), 1, ""},
		{"on its side", word(tagOrientation, 6), 6, ""},
		{"as a long", field{tagOrientation, 4, le.AppendUint32(nil, 8)}, 8, ""},
		{"zero", word(tagOrientation, 0), 1, note},
		{"99", word(tagOrientation, 99), 1, note},
		{"a word", words(tagOrientation, "up"), 1, note},
		{"two values", field{tagOrientation, 3, []byte{6, 0, 6, 0}}, 1, note},
	}
	for _, c := range cases {
		p := inspectEXIF(t, tiff([]field{c.tag}, nil, nil))
		if p.Orientation != c.want || p.EXIFNote != c.note {
			t.Errorf("%s: orientation %d, note %q, want %d, %q", c.name, p.Orientation, p.EXIFNote, c.want, c.note)
		}
		if sideways := p.Height == 40; sideways != (c.want >= 5) {
			t.Errorf("%s: %d x %d of 40 x 30", c.name, p.Width, p.Height)
		}
	}
}

func TestTaken(t *testing.T) {
	const noDate, noOffset, otherDay = "date taken implausible", "time offset implausible", "gps time is of another day"
	clock := func(h, m, s uint32) field { return ratios(tagGPSTime, h, 1, m, 1, s, 1) }
	cases := []struct {
		name          string
		exif, gps     []field
		local, offset string
		at            string // RFC 3339, or empty
		note          string
	}{
		{"wall clock", []field{words(tagTaken, "2026:05:04 18:32:07")}, nil, "2026-05-04T18:32:07", "", "", ""},
		{"with offset", []field{words(tagTaken, "2026:05:04 18:32:07"), words(tagOffset, "+02:00")}, nil, "2026-05-04T18:32:07", "+02:00", "2026-05-04T16:32:07Z", ""},
		{"offset west", []field{words(tagTaken, "2026:05:04 18:32:07"), words(tagOffset, "-09:30")}, nil, "2026-05-04T18:32:07", "-09:30", "2026-05-05T04:02:07Z", ""},
		{"offset Z", []field{words(tagTaken, "2026:05:04 18:32:07"), words(tagOffset, "Z")}, nil, "2026-05-04T18:32:07", "+00:00", "2026-05-04T18:32:07Z", ""},
		{"gps time", []field{words(tagTaken, "2026:05:04 18:32:07")}, []field{clock(16, 32, 5), words(tagGPSDate, "2026:05:04")}, "2026-05-04T18:32:07", "", "2026-05-04T16:32:05Z", ""},
		{"gps time alone", nil, []field{clock(16, 32, 5), words(tagGPSDate, "2026:05:04")}, "", "", "2026-05-04T16:32:05Z", ""},
		{"gps fraction", nil, []field{ratios(tagGPSTime, 4, 1, 9, 1, 599, 100), words(tagGPSDate, "2026:05:04")}, "", "", "2026-05-04T04:09:05Z", ""},
		{"gps time without date", nil, []field{clock(16, 32, 5)}, "", "", "", ""},
		{"offset before gps time", []field{words(tagTaken, "2026:05:04 18:32:07"), words(tagOffset, "+02:00")}, []field{clock(1, 0, 0), words(tagGPSDate, "2020:01:01")}, "2026-05-04T18:32:07", "+02:00", "2026-05-04T16:32:07Z", ""},

		{"year 0", []field{words(tagTaken, "0000:01:01 00:00:00")}, nil, "", "", "", noDate},
		{"all zeros", []field{words(tagTaken, "0000:00:00 00:00:00")}, nil, "", "", "", ""},
		{"blanks", []field{words(tagTaken, "    :  :     :  :  ")}, nil, "", "", "", ""},
		{"before EXIF", []field{words(tagTaken, "1980:01:01 00:00:00")}, nil, "", "", "", noDate},
		{"year 2100", []field{words(tagTaken, "2100:01:01 00:00:00")}, nil, "", "", "", noDate},
		{"month 13", []field{words(tagTaken, "2026:13:04 18:32:07")}, nil, "", "", "", noDate},
		{"31 February", []field{words(tagTaken, "2026:02:31 18:32:07")}, nil, "", "", "", noDate},
		{"hour 25", []field{words(tagTaken, "2026:05:04 25:32:07")}, nil, "", "", "", noDate},
		{"prose", []field{words(tagTaken, "yesterday")}, nil, "", "", "", noDate},
		{"a number for a date", []field{word(tagTaken, 2026)}, nil, "", "", "", ""},
		{"offset of a day", []field{words(tagTaken, "2026:05:04 18:32:07"), words(tagOffset, "+23:00")}, nil, "2026-05-04T18:32:07", "", "", noOffset},
		{"offset in prose", []field{words(tagTaken, "2026:05:04 18:32:07"), words(tagOffset, "CEST")}, nil, "2026-05-04T18:32:07", "", "", noOffset},
		{"blank offset", []field{words(tagTaken, "2026:05:04 18:32:07"), words(tagOffset, "   :  ")}, nil, "2026-05-04T18:32:07", "", "", ""},
		{"gps of yesterday", []field{words(tagTaken, "2026:05:04 18:32:07")}, []field{clock(16, 32, 5), words(tagGPSDate, "2026:05:03")}, "2026-05-04T18:32:07", "", "", otherDay},
		{"gps hour 99", nil, []field{clock(99, 0, 0), words(tagGPSDate, "2026:05:04")}, "", "", "", "gps time implausible"},
		{"gps clock of one part", nil, []field{ratios(tagGPSTime, 4, 1), words(tagGPSDate, "2026:05:04")}, "", "", "", ""},
	}
	for _, c := range cases {
		p := inspectEXIF(t, tiff(nil, c.exif, c.gps))
		at := ""
		if !p.TakenAt.IsZero() {
			at = p.TakenAt.Format(time.RFC3339Nano)
		}
		if p.TakenLocal != c.local || p.TakenOffset != c.offset || at != c.at || p.EXIFNote != c.note {
			t.Errorf("%s: %q %q %q note %q, want %q %q %q note %q", c.name,
				p.TakenLocal, p.TakenOffset, at, p.EXIFNote, c.local, c.offset, c.at, c.note)
		}
	}
}

// TestBrokenEXIF: whatever the stream is, the photo is taken.
func TestBrokenEXIF(t *testing.T) {
	sound := tiff([]field{word(tagOrientation, 6)}, []field{words(tagTaken, "2026:05:04 18:32:07")}, gps())
	for at := range sound {
		inspectEXIF(t, sound[:at])
		spoilt := append([]byte(nil), sound...)
		spoilt[at] ^= 0xff
		p := inspectEXIF(t, spoilt)
		if p.Orientation < 1 || p.Orientation > 8 || p.GPS != nil && (math.Abs(p.GPS.Lat) > 90 || math.Abs(p.GPS.Lon) > 180) {
			t.Errorf("byte %d spoilt: %+v", at, p)
		}
	}
	const unreadable = "exif unreadable after some point"
	if p := inspectEXIF(t, []byte("not a TIFF stream at all")); p.EXIFNote != unreadable || p.Orientation != 1 {
		t.Errorf("prose for EXIF: %+v", p)
	}
}
