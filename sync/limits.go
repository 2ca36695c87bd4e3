package fieldsync

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/sestante/sestante/fault"
)

// Limits bound one request. The zero value of a field takes its default.
type Limits struct {
	Muts      int   // mutations in a push; 500
	PushBytes int64 // of a push; 1 MB
	PullBytes int64 // of a pull, when the device does not ask for less; 4 MB
	PageRows  int   // lines between two resume points; 1000
}

// Or returns the limits with the defaults filled in.
func (l Limits) Or() Limits {
	if l.Muts <= 0 {
		l.Muts = 500
	}
	if l.PushBytes <= 0 {
		l.PushBytes = 1 << 20
	}
	if l.PullBytes <= 0 {
		l.PullBytes = 4 << 20
	}
	if l.PageRows <= 0 {
		l.PageRows = 1000
	}
	return l
}

// idLength is the length of every id made on a device.
const idLength = 15

// validID reports whether id is 15 characters of a-z0-9.
func validID(id string) bool {
	if len(id) != idLength {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// DecodePush reads the envelope of a push. An envelope that cannot be read is
// ErrBody, one that is too large ErrTooLarge; a mutation that cannot be read
// is no matter of the envelope.
func DecodePush(data []byte, limits Limits) (PushRequest, error) {
	limits = limits.Or()
	var req PushRequest
	if int64(len(data)) > limits.PushBytes {
		return req, ErrTooLarge.With("%d bytes, at most %d", len(data), limits.PushBytes)
	}
	if err := decode(data, &req); err != nil {
		return req, err
	}
	if err := version(req.V, req.Device); err != nil {
		return req, err
	}
	if len(req.Muts) > limits.Muts {
		return req, ErrTooLarge.In("muts").With("%d changes, at most %d", len(req.Muts), limits.Muts)
	}
	req.App, req.Schema = clip(req.App), clip(req.Schema)
	if req.Pull != nil {
		if req.Pull.Device == "" {
			req.Pull.Device = req.Device
		}
		if req.Pull.V == 0 {
			req.Pull.V = req.V
		}
		if req.Pull.Device != req.Device {
			return req, ErrBody.In("pull.did")
		}
	}
	return req, nil
}

// clip shortens what a device says of itself, for the operators' lists.
func clip(s string) string {
	const most = 100 // bytes
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "")
}

// DecodePull reads a pull request, or fails with ErrBody.
func DecodePull(data []byte) (PullRequest, error) {
	var req PullRequest
	if err := decode(data, &req); err != nil {
		return req, err
	}
	req.Schema = clip(req.Schema)
	return req, version(req.V, req.Device)
}

func decode(data []byte, dst any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(dst); err != nil {
		return fmt.Errorf("%w: %w", ErrBody, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) { // More would let a bracket pass
		return ErrBody.With("something follows it")
	}
	return nil
}

func version(v int, device string) error {
	if v != Version {
		return ErrBody.In("v").With("this server speaks version %d", Version)
	}
	if !validID(device) {
		return ErrBody.In("did").With("15 characters of a-z and 0-9")
	}
	return nil
}

// readMutation reads one mutation. What cannot be read is an error that wraps
// ErrMalformed; its number is returned when at least that can be read.
func readMutation(raw json.RawMessage) (Mutation, error) {
	var m Mutation
	if err := json.Unmarshal(raw, &m); err != nil {
		var only struct {
			Mid int64 `json:"mid"`
		}
		// A wrong type elsewhere leaves what was read before it.
		_ = json.Unmarshal(raw, &only)
		return Mutation{Mid: only.Mid}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if m.Pos != nil && !m.Pos.onEarth() {
		m.Pos = nil // a broken fix is no reason to refuse what was done
	}
	var bad *fault.Error
	switch {
	case m.Mid < 1:
		bad = ErrMalformed.In("mid")
	case len(m.Tx) > 100:
		bad = ErrMalformed.In("tx")
	case m.Call != "" && !validID(m.Call):
		bad = ErrMalformed.In("call")
	case m.Op == OpCall && m.Name == "":
		bad = ErrMalformed.In("name")
	case m.Known() && !validID(m.ID):
		bad = ErrMalformed.In("id")
	case (m.Op == OpAdd || m.Op == OpSets) && m.Field == "":
		bad = ErrMalformed.In("f")
	case m.Op == OpPatch && len(m.Set) == 0:
		bad = ErrMalformed.In("set")
	case m.Op == OpPatch && m.unsaid() != "":
		bad = ErrMalformed.In(fmt.Sprintf("set.%.40s", m.unsaid())).With("t is missing")
	default:
		return m, nil
	}
	return m, bad
}

func (p Pos) onEarth() bool { return math.Abs(p.Lon) <= 180 && math.Abs(p.Lat) <= 90 }

// unsaid returns a field that a patch names without a word of what it is to
// become, or "". To empty it is to say null.
func (m Mutation) unsaid() string {
	for name, s := range m.Set {
		if s.To == nil {
			return name
		}
	}
	return ""
}

// Known reports whether the engine knows the operation.
func (m Mutation) Known() bool {
	switch m.Op {
	case OpCall, OpCreate, OpPatch, OpAdd, OpSets, OpDelete:
		return true
	default:
		return false
	}
}

// Mids returns the numbers of the first and the last mutation of a push that
// have one, 0 when there is none.
func (r PushRequest) Mids() (first, last int64) {
	number := func(raw json.RawMessage) int64 {
		var m struct {
			Mid int64 `json:"mid"`
		}
		_ = json.Unmarshal(raw, &m)
		return max(m.Mid, 0)
	}
	for i := 0; i < len(r.Muts) && first == 0; i++ {
		first = number(r.Muts[i])
	}
	if first == 0 {
		return 0, 0
	}
	for i := len(r.Muts) - 1; i >= 0 && last == 0; i-- {
		last = number(r.Muts[i])
	}
	return first, min(max(first, last), first+int64(len(r.Muts)))
}

// Groups parts a push into pushes of one atomic group each, which may be
// carried out one by one. The rest of the request stays with each.
func (r PushRequest) Groups() []PushRequest {
	var out []PushRequest
	items := make([]item, len(r.Muts))
	for i, raw := range r.Muts {
		items[i] = readItem(raw)
	}
	for at := 0; at < len(items); {
		n := 1
		if items[at].m.Mid >= 1 {
			n = group(items[at:])
		}
		one := r
		one.Muts = r.Muts[at : at+n]
		out = append(out, one)
		at += n
	}
	return out
}
