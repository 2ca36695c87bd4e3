package geo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"math"
	"slices"
	"strconv"
	"time"
)

// SetVersion names a set of areas: two sets with the same name answer every
// question alike. It is a hash of everything that routing reads (identifiers,
// codes, kinds, validity, priority, selectors and geometry to the last bit),
// whatever the order of the areas, as 16 hexadecimal digits. Names and remarks
// do not change it.
func SetVersion(areas []Area) string {
	sums := make([]string, len(areas))
	for i, a := range areas {
		sums[i] = areaSum(a)
	}
	return combineSums(sums)
}

// combineSums is the version of a set whose areas have these sums.
func combineSums(sums []string) string {
	sums = slices.Sorted(slices.Values(sums))
	h := sha256.New()
	for _, s := range sums {
		h.Write([]byte(s))
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func areaSum(a Area) string {
	h := sha256.New()
	day := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	// Errors cannot happen: a hash takes everything and these are plain strings.
	_ = json.NewEncoder(h).Encode([]any{a.ID, a.Code, a.Kind, day(a.ValidFrom), day(a.ValidTo), a.Priority, a.Selector})
	for _, polygon := range a.Geometry {
		write(h, "polygon", len(polygon))
		for _, ring := range polygon {
			write(h, "ring", len(ring))
			buf := make([]byte, 0, 16*len(ring))
			for _, p := range ring {
				buf = appendBits(appendBits(buf, p[0]), p[1])
			}
			h.Write(buf)
		}
	}
	return string(h.Sum(nil))
}

func write(h hash.Hash, what string, n int) {
	h.Write([]byte(what + strconv.Itoa(n)))
}

func appendBits(buf []byte, v float64) []byte {
	bits := math.Float64bits(v + 0)
	for shift := 56; shift >= 0; shift -= 8 {
		buf = append(buf, byte(bits>>shift))
	}
	return buf
}
