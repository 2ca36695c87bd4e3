package fieldsync

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/sestante/sestante/report"
)

// A Cursor is everything the server needs to know about what a device has, so
// that the pull itself keeps no state. It travels sealed: base64url of eight
// bytes of HMAC-SHA-256 and compact JSON.
type Cursor struct {
	Epoch  string          `json:"e"`
	User   report.PersonID `json:"u"`
	Seq    int64           `json:"q"` // delivered up to here, in every scope that is not being filled
	Grants int64           `json:"g"` // the grants as they were at this number
	Prio   []int           `json:"p,omitempty"`
	Fills  []FillState     `json:"f,omitempty"`
}

// A FillState is a scope on its way: everything in it up to Upto is sent in
// the order of the log, and After is sent already.
type FillState struct {
	Scope int64 `json:"s"`
	Upto  int64 `json:"t"`
	After int64 `json:"a"`
	Again bool  `json:"r,omitempty"` // the device holds it already, in richer bodies
}

// maxCursor bounds what is decoded; a person in a thousand districts stays
// under it.
const maxCursor = 64 << 10

// Seal writes a cursor for the wire.
func (c Cursor) Seal(key []byte) (string, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("write the cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(sign(key, body), body...)), nil
}

// OpenCursor reads a cursor of that person. A cursor that is not ours, was
// changed, or is somebody else's is ErrCursor.
func OpenCursor(key []byte, who report.PersonID, sealed string) (Cursor, error) {
	if len(sealed) > maxCursor {
		return Cursor{}, ErrCursor.In("cur")
	}
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < 8 || !hmac.Equal(raw[:8], sign(key, raw[8:])) {
		return Cursor{}, ErrCursor.In("cur")
	}
	var c Cursor
	if err := json.Unmarshal(raw[8:], &c); err != nil || c.User != who {
		return Cursor{}, ErrCursor.In("cur")
	}
	return c, nil
}

func sign(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("sync.cursor\x00"))
	h.Write(body)
	return h.Sum(nil)[:8]
}
