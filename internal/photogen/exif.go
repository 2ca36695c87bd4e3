package photogen

import (
	"encoding/binary"
	"math"
)

// Types of a TIFF value (TIFF 6.0, section 2).
const (
	typeByte     = 1
	typeASCII    = 2
	typeShort    = 3
	typeLong     = 4
	typeRational = 5
	typeUndef    = 7
)

// entry is one tag of a directory, its value already in big-endian bytes.
type entry struct {
	tag, typ uint16
	count    uint32
	value    []byte
}

// app1 returns the EXIF segment of a scene: EXIF 2.32, big-endian, with the
// directories IFD0, Exif and, where there is a position, GPS.
func app1(s Scene) []byte {
	main := []entry{short(0x0112, uint16(max(s.Orientation, 1))), ascii(0x0131, "photogen")}
	exif := []entry{undef(0x9000, "0232")}
	var gps []entry
	if !s.TakenAt.IsZero() {
		wall := s.TakenAt.Format("2006:01:02 15:04:05")
		main = append(main, ascii(0x0132, wall))
		exif = append(exif, ascii(0x9003, wall), ascii(0x9011, s.TakenAt.Format("-07:00")))
	}
	if s.Lon != 0 || s.Lat != 0 {
		gps = position(s)
	}
	return segment(directories(main, exif, gps))
}

func position(s Scene) []entry {
	ns, ew := "N", "E"
	if s.Lat < 0 {
		ns = "S"
	}
	if s.Lon < 0 {
		ew = "W"
	}
	out := []entry{
		{0x0000, typeByte, 4, []byte{2, 3, 0, 0}},
		ascii(0x0001, ns), sexagesimal(0x0002, s.Lat),
		ascii(0x0003, ew), sexagesimal(0x0004, s.Lon),
	}
	utc := s.TakenAt.UTC()
	if !s.TakenAt.IsZero() {
		h, m, sec := utc.Clock()
		out = append(out, rational(0x0007, [2]uint32{uint32(h), 1}, [2]uint32{uint32(m), 1}, [2]uint32{uint32(sec), 1}))
		out = append(out, ascii(0x001d, utc.Format("2006:01:02")))
	}
	if s.AccuracyM > 0 {
		out = append(out, rational(0x001f, [2]uint32{uint32(math.Round(s.AccuracyM * 100)), 100}))
	}
	return out
}

// sexagesimal writes degrees, minutes and ten-thousandths of a second: 3 mm.
func sexagesimal(tag uint16, degrees float64) entry {
	total := uint64(math.Round(math.Abs(degrees) * 3600 * 10_000))
	return rational(tag,
		[2]uint32{uint32(total / 36_000_000), 1},
		[2]uint32{uint32(total / 600_000 % 60), 1},
		[2]uint32{uint32(total % 600_000), 10_000})
}

func short(tag, v uint16) entry {
	return entry{tag, typeShort, 1, binary.BigEndian.AppendUint16(nil, v)}
}

func ascii(tag uint16, s string) entry {
	return entry{tag, typeASCII, uint32(len(s) + 1), append([]byte(s), 0)}
}

func undef(tag uint16, s string) entry {
	return entry{tag, typeUndef, uint32(len(s)), []byte(s)}
}

func rational(tag uint16, values ...[2]uint32) entry {
	e := entry{tag: tag, typ: typeRational, count: uint32(len(values))}
	for _, v := range values {
		e.value = binary.BigEndian.AppendUint32(e.value, v[0])
		e.value = binary.BigEndian.AppendUint32(e.value, v[1])
	}
	return e
}

// directories lays out a TIFF stream: header, IFD0, Exif, GPS, one after the
// other, each followed by the values that do not fit into its entries.
func directories(main, exif, gps []entry) []byte {
	pointers := 1
	if gps != nil {
		pointers = 2
	}
	atExif := 8 + size(main) + 12*pointers
	main = append(main, pointer(0x8769, atExif))
	if gps != nil {
		main = append(main, pointer(0x8825, atExif+size(exif)))
	}
	out := []byte("MM\x00*\x00\x00\x00\x08")
	out = appendDirectory(out, main)
	out = appendDirectory(out, exif)
	if gps != nil {
		out = appendDirectory(out, gps)
	}
	return out
}

func pointer(tag uint16, offset int) entry {
	return entry{tag, typeLong, 1, binary.BigEndian.AppendUint32(nil, uint32(offset))}
}

// size returns the bytes a directory takes, with its values.
func size(dir []entry) int {
	n := 2 + 12*len(dir) + 4
	for _, e := range dir {
		if len(e.value) > 4 {
			n += len(e.value) + len(e.value)%2
		}
	}
	return n
}

func appendDirectory(out []byte, dir []entry) []byte {
	far := len(out) + 2 + 12*len(dir) + 4
	var values []byte
	out = binary.BigEndian.AppendUint16(out, uint16(len(dir)))
	for _, e := range dir {
		out = binary.BigEndian.AppendUint16(out, e.tag)
		out = binary.BigEndian.AppendUint16(out, e.typ)
		out = binary.BigEndian.AppendUint32(out, e.count)
		if len(e.value) <= 4 {
			out = append(out, e.value...)
			out = append(out, make([]byte, 4-len(e.value))...)
			continue
		}
		out = binary.BigEndian.AppendUint32(out, uint32(far+len(values)))
		values = append(values, e.value...)
		values = append(values, make([]byte, len(e.value)%2)...) // values begin at even offsets
	}
	out = append(out, 0, 0, 0, 0) // no directory follows
	return append(out, values...)
}

func segment(tiff []byte) []byte {
	out := []byte{0xff, 0xe1}
	out = binary.BigEndian.AppendUint16(out, uint16(2+6+len(tiff)))
	out = append(out, "Exif\x00\x00"...)
	return append(out, tiff...)
}
