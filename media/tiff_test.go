package media_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"
)

// field is one EXIF tag as it lies in a file, little-endian: these tests must
// be able to write what no sound program writes.
type field struct {
	tag, typ uint16
	value    []byte
}

var le = binary.LittleEndian

func word(tag, v uint16) field { return field{tag, 3, le.AppendUint16(nil, v)} }

func words(tag uint16, s string) field { return field{tag, 2, append([]byte(s), 0)} }

// ratios takes numerator and denominator in turn.
func ratios(tag uint16, parts ...uint32) field {
	f := field{tag: tag, typ: 5}
	for _, p := range parts {
		f.value = le.AppendUint32(f.value, p)
	}
	return f
}

// Tags of EXIF 2.32.
const (
	tagOrientation = 0x0112
	tagTaken       = 0x9003
	tagOffset      = 0x9011
	tagLatRef      = 1
	tagLat         = 2
	tagLonRef      = 3
	tagLon         = 4
	tagGPSTime     = 7
	tagGPSStatus   = 9
	tagGPSDate     = 0x1d
	tagGPSError    = 0x1f
)

// tiff lays out three directories and a fourth, of interoperability, whose
// tags 1 and 2 look like a latitude to a careless reader.
func tiff(main, exif, gps []field) []byte {
	interop := []field{words(1, "R98"), {2, 7, []byte("0100")}}
	atExif := 8 + room(main) + 24
	atInterop := atExif + room(exif) + 12
	atGPS := atInterop + room(interop)
	main = append(slices.Clip(main), pointer(0x8769, atExif), pointer(0x8825, atGPS))
	exif = append(slices.Clip(exif), pointer(0xa005, atInterop))
	out := []byte("II*\x00\x08\x00\x00\x00")
	for _, dir := range [][]field{main, exif, interop, gps} {
		out = appendDirectory(out, dir)
	}
	return out
}

func pointer(tag uint16, at int) field { return field{tag, 4, le.AppendUint32(nil, uint32(at))} }

func room(dir []field) int {
	n := 2 + 12*len(dir) + 4
	for _, f := range dir {
		if len(f.value) > 4 {
			n += len(f.value)
		}
	}
	return n
}

func appendDirectory(out []byte, dir []field) []byte {
	size := map[uint16]int{3: 2, 4: 4, 5: 8, 9: 4, 10: 8, 11: 4, 12: 8}
	far := len(out) + 2 + 12*len(dir) + 4
	var values []byte
	out = le.AppendUint16(out, uint16(len(dir)))
	for _, f := range dir {
		out = le.AppendUint16(le.AppendUint16(out, f.tag), f.typ)
		out = le.AppendUint32(out, uint32(len(f.value)/max(size[f.typ], 1)))
		if len(f.value) > 4 {
			out = le.AppendUint32(out, uint32(far+len(values)))
			values = append(values, f.value...)
			continue
		}
		out = append(append(out, f.value...), make([]byte, 4-len(f.value))...)
	}
	return append(append(out, 0, 0, 0, 0), values...)
}

// picture is a small sharp-edged image: left half dark, right half light.
func picture(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = 255
		if i%4 != 3 && i/4%w < w/2 {
			m.Pix[i] = uint8(i / 4 / w * 7)
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// app wraps a payload into a JPEG segment.
func app(marker byte, payload string) []byte {
	out := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(payload)+2))
	return append(out, payload...)
}

// after inserts bytes into a file at an offset.
func after(data []byte, at int, insert ...byte) []byte {
	return append(append(bytes.Clone(data[:at]), insert...), data[at:]...)
}

// withEXIF puts a TIFF stream into a JPEG, as its first segment.
func withEXIF(t testing.TB, stream []byte) []byte {
	t.Helper()
	return after(asJPEG(t, picture(40, 30)), 2, app(0xe1, "Exif\x00\x00"+string(stream))...)
}
