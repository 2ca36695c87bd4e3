package fieldsync

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// A Mix is 128 bits, as four lanes of 32, that stand for one version of one
// record, or the sum of many, lane by lane modulo 2^32. Any language can make
// it with multiplications of 32 bits, and so can SQL:
// the schema has the same formula as generated columns.
type Mix [4]uint32

// The constants of the mix, odd and below 2^31, so that SQLite's signed
// integers of 64 bits never overflow. They are part of the protocol.
var (
	keyFactors = [2][5]uint32{
		{0x5bd1e995, 0x1b873593, 0x2c1b3c6d, 0x297a2d39, 0x7feb352d},
		{0x165667b1, 0x27d4eb2f, 0x45d9f3b3, 0x6c62272f, 0x3c6ef373},
	}
	laneFactors = [4][3]uint32{ // of the two keys and the version
		{0x2545f491, 0x61c88647, 0x1f83d9ab},
		{0x5be0cd19, 0x510e527f, 0x3a8f05c5},
		{0x428a2f99, 0x71374491, 0x12835b01},
		{0x243185bf, 0x550c7dc3, 0x2de92c6f},
	}
	roundFactors = [2]uint32{0x7feb352d, 0x46a1c68b}
)

// KeyOf returns the two hashes of an id that its mixes are made of. The first
// also says in which part of a drill-down the record is. The first sixteen
// bytes of an id and its length count; the ids of this program have fifteen.
func KeyOf(id string) (key [2]uint32) {
	var words [5]uint32
	words[0] = uint32(len(id))
	for i := range min(len(id), 16) {
		words[1+i/4] = words[1+i/4]<<8 | uint32(id[i])
	}
	for k := range key {
		for w, word := range words {
			key[k] += word * keyFactors[k][w]
		}
	}
	return key
}

// MixOf returns the mix of one version of a record.
func MixOf(id string, ver int64) (m Mix) {
	key := KeyOf(id)
	for i, f := range laneFactors {
		x := key[0]*f[0] + key[1]*f[1] + uint32(ver)*f[2]
		x = (x ^ x>>16) * roundFactors[0]
		m[i] = (x ^ x>>15) * roundFactors[1]
	}
	return m
}

// A Digest is what a side holds of one collection in one scope: how many
// records, and the sum of their mixes. The zero Digest is of nothing.
type Digest struct {
	N   int64
	Sum Mix
}

// Add counts one more record.
func (d *Digest) Add(m Mix) {
	d.N++
	for i := range m {
		d.Sum[i] += m[i]
	}
}

// Remove counts one record less.
func (d *Digest) Remove(m Mix) {
	d.N--
	for i := range m {
		d.Sum[i] -= m[i]
	}
}

// String returns the sum in 32 hexadecimal digits.
func (d Digest) String() string {
	return fmt.Sprintf("%08x%08x%08x%08x", d.Sum[0], d.Sum[1], d.Sum[2], d.Sum[3])
}

// parseSum reads what String wrote.
func parseSum(s string) (m Mix, err error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 16 {
		return m, errors.New("32 hexadecimal digits are needed")
	}
	for i := range m {
		m[i] = uint32(raw[4*i])<<24 | uint32(raw[4*i+1])<<16 | uint32(raw[4*i+2])<<8 | uint32(raw[4*i+3])
	}
	return m, nil
}

// A Digested is a digest with what it is of. On the wire it is
// [scope, "collection", n, "sum"].
type Digested struct {
	Scope int64
	Coll  string
	Digest
}

// MarshalJSON writes the four values.
func (h Digested) MarshalJSON() ([]byte, error) {
	return plainTuple(h.Scope, h.Coll, h.N, h.String())
}

// UnmarshalJSON reads the four values.
func (h *Digested) UnmarshalJSON(raw []byte) error {
	var sum string
	if err := tuple(raw, &h.Scope, &h.Coll, &h.N, &sum); err != nil {
		return err
	}
	var err error
	h.Sum, err = parseSum(sum)
	return err
}

// plainTuple writes a JSON array without escaping what HTML would need.
func plainTuple(parts ...any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(parts)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// tuple reads a JSON array of as many values as dst has.
func tuple(raw []byte, dst ...any) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	if len(parts) != len(dst) {
		return fmt.Errorf("%d values, %d are needed", len(parts), len(dst))
	}
	for i, p := range parts {
		if err := json.Unmarshal(p, dst[i]); err != nil {
			return err
		}
	}
	return nil
}
