package fieldsync

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// BodyHash is the first 128 bits of the SHA-256 of a body's bytes, in hex.
func BodyHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// Canonical returns a mutation without its hash in the canonical form of RFC
// 8785, so that every client hashes the same bytes. What is no JSON object, or
// has a number beyond what a double holds, is an error.
func Canonical(raw []byte) ([]byte, error) {
	v, err := decodeAny(raw)
	if err != nil {
		return nil, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("read the mutation: it is no object")
	}
	delete(fields, "h")
	return appendValue(nil, fields)
}

// Chain returns the hash of a mutation in canonical form that follows another:
// the first 128 bits of SHA-256(canonical ‖ previous), in hex. The previous of
// the first is empty.
func Chain(canonical []byte, previous string) string {
	h := sha256.New()
	h.Write(canonical)
	h.Write([]byte(previous))
	return hex.EncodeToString(h.Sum(nil)[:16])
}
