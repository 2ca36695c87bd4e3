package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sestante/sestante/fault"
)

// What can be wrong with a call before anything is asked of the report.
var (
	ErrCall = fault.Define(fault.Invalid, "report.call", "There is no call of that name.", "Non esiste una chiamata con questo nome.")
	ErrArgs = fault.Define(fault.Invalid, "report.args", "The arguments of the call are not well formed.", "Gli argomenti della chiamata non sono validi.")
)

// maxArgs bounds the bytes of a call's arguments: the longest legal text, in
// the longest encoding, with room to spare.
const maxArgs = 64 << 10

type arguments interface{ check(*check) }

// Decode reads the arguments of the call strictly and returns the action that
// the call asks for with its arguments, one of the Args types. Unknown,
// repeated or differently spelled keys, wrong types, text that is too long or
// not UTF-8 and ids of another form are refused with ErrArgs and the name of
// the field; an unknown call is ErrCall.
func Decode(c Call) (Action, any, error) {
	do := Action("")
	for _, n := range Actions {
		if n.Call == c.Name && c.Name != "" {
			do = n.Do
			break
		}
	}
	if do == "" {
		return "", nil, fmt.Errorf("decoding a call: %w", ErrCall.In("name"))
	}
	args, err := decodeArgs(do, c.Args)
	if err != nil {
		return do, nil, fmt.Errorf("decoding %s: %w", c.Name, err)
	}
	if v, ok := args.(VerifyArgs); ok && !*v.OK {
		do = VerifyKO
	}
	if p, ok := args.(PlanArgs); ok && do == Reprogram && p.Reason == "" {
		return do, nil, fmt.Errorf("decoding %s: %w", c.Name, ErrArgs.In("reason").With("it is required"))
	}
	return do, args, nil
}

func decodeArgs(do Action, raw json.RawMessage) (any, error) {
	switch do {
	case Submit:
		return strict[SubmitArgs](raw)
	case Dispatch:
		return strict[DispatchArgs](raw)
	case Transfer:
		return strict[TransferArgs](raw)
	case Bounce:
		return strict[BounceArgs](raw)
	case Program, Reprogram:
		return strict[PlanArgs](raw)
	case Suspend:
		return strict[SuspendArgs](raw)
	case Resolve:
		return strict[ResolveArgs](raw)
	case VerifyOK, VerifyKO:
		return strict[VerifyArgs](raw)
	case Reopen:
		return strict[ReasonArgs](raw)
	case Reject:
		return strict[RejectArgs](raw)
	case LinkDuplicate:
		return strict[LinkArgs](raw)
	case Cancel:
		return strict[CancelArgs](raw)
	default:
		return decodeMore(do, raw)
	}
}

func decodeMore(do Action, raw json.RawMessage) (any, error) {
	switch do {
	case Comment:
		return strict[CommentArgs](raw)
	case Photo:
		return strict[PhotoArgs](raw)
	case Relocate:
		return strict[RelocateArgs](raw)
	case Reroute:
		return strict[RerouteArgs](raw)
	case Recategorise:
		return strict[RecategoriseArgs](raw)
	case Reprioritise:
		return strict[ReprioritiseArgs](raw)
	case Reassign:
		return strict[ReassignArgs](raw)
	case Escalate:
		return strict[EscalateArgs](raw)
	case Interest:
		return strict[NoArgs](raw)
	default:
		return strict[NoteArgs](raw)
	}
}

// strict decodes raw into a T and checks it. Nothing at all counts as {}.
func strict[T arguments](raw json.RawMessage) (T, error) {
	var v T
	if len(raw) == 0 || string(raw) == "null" {
		raw = json.RawMessage("{}")
	}
	if len(raw) > maxArgs {
		return v, ErrArgs.With("%d bytes, at most %d", len(raw), maxArgs)
	}
	if !utf8.Valid(raw) {
		return v, ErrArgs.With("not UTF-8")
	}
	if err := checkKeys(raw, reflect.TypeFor[T]()); err != nil {
		return v, err
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, argsFault(err)
	}
	var c check
	v.check(&c)
	return v, c.done()
}

func argsFault(err error) error {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return ErrArgs.In(t.Field).With("a %s is not expected here", strings.Fields(t.Value + " ?")[0])
	}
	return ErrArgs.With("not the JSON of an object, or a value of another form")
}

// checkKeys refuses what encoding/json would let pass: keys of another case,
// repeated keys and trailing data, beside unknown ones. It looks at the object
// and at the objects in it that have fields of their own.
func checkKeys(raw []byte, t reflect.Type) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return ErrArgs.With("not a JSON object")
	}
	var seen []string
	for d.More() {
		tok, err := d.Token()
		key, ok := tok.(string)
		if err != nil || !ok {
			return ErrArgs.With("not the JSON of an object")
		}
		field, known := fieldOf(t, key)
		if !known || slices.Contains(seen, key) {
			return ErrArgs.In(shown(key)).With("unknown or repeated")
		}
		seen = append(seen, key)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return ErrArgs.In(key).With("not the JSON of a value")
		}
		if field == reflect.TypeFor[*Point]() && len(value) > 0 && value[0] == '{' {
			if err := checkKeys(value, field.Elem()); err != nil {
				return err
			}
		}
	}
	if _, err := d.Token(); err != nil {
		return ErrArgs.With("not the JSON of an object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrArgs.With("something follows the object")
	}
	if t == reflect.TypeFor[Point]() && len(seen) < t.NumField() {
		return ErrArgs.In("point").With("lon and lat are both required")
	}
	return nil
}

func fieldOf(t reflect.Type, key string) (reflect.Type, bool) {
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name == key {
			return f.Type, true
		}
	}
	return nil, false
}

// shown shortens a key that a stranger chose, for the message.
func shown(key string) string {
	r := []rune(key)
	return string(r[:min(len(r), 40)])
}
