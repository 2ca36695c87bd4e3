package fieldsync

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/gowebpki/jcs"
)

// BodyHash is the first 128 bits of the SHA-256 of a body's bytes, in hex.
func BodyHash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// Canonical returns a mutation without its hash in the canonical form of RFC
// 8785, so that every client hashes the same bytes.
func Canonical(raw []byte) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, fmt.Errorf("read the mutation: %w", err)
	}
	delete(fields, "h")
	plain, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("write the mutation: %w", err)
	}
	out, err := jcs.Transform(plain)
	if err != nil {
		return nil, fmt.Errorf("canonical form: %w", err)
	}
	return out, nil
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
