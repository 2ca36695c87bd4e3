package media

import "encoding/binary"

// outlinePNG walks the chunks of a PNG up to its end mark. Each chunk is a
// length, a name of four letters, that many bytes and a checksum, which is the
// decoder's business.
func outlinePNG(data []byte) outline {
	var o outline
	for at := len(pngMagic); at+12 <= len(data); {
		n := uint64(binary.BigEndian.Uint32(data[at:]))
		if n > uint64(len(data)-at-12) {
			return o
		}
		name, body := string(data[at+4:at+8]), data[at+8:at+8+int(n)]
		switch {
		case name == "IEND":
			o.complete = true
			return o
		case name == "eXIf" && o.exif == nil:
			o.exif = body
		}
		at += 12 + int(n)
	}
	return o
}
