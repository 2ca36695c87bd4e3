package config

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A given value is the text somebody wrote, and where.
type given struct {
	text   string
	list   []string // the items of a YAML list; nil when text is all there is
	origin string   // "--http", "SESTANTE_HTTP" or "sestante.yaml line 3"
}

// secret reports whether a key's text must stay out of messages.
func (k Key) secret() bool { return k.Type == SecretText }

// parse reads text as the key's type and checks it. The error is a fault that
// names the key and origin, and quotes the text unless it is a secret.
func (k Key) parse(text, origin string) (any, error) {
	return k.value(given{text: text, origin: origin})
}

func (k Key) value(g given) (any, error) {
	value, ok := k.convert(g)
	if !ok {
		return nil, k.refuse(g, k.Type.wrong())
	}
	if k.Check == nil || g.text == "" && g.list == nil && k.Default == "" {
		return value, nil // empty is what the key is by itself
	}
	if err := k.Check(value); err != nil {
		return nil, k.refuse(g, err.Error())
	}
	return value, nil
}

// refuse says what is wrong with a value, and where it was written.
func (k Key) refuse(g given, why string) error {
	if k.secret() {
		return ErrValue.In(k.Name).With("%s: %s", g.origin, why)
	}
	shown := g.text
	if g.list != nil {
		shown = strings.Join(g.list, ", ")
	}
	return ErrValue.In(k.Name).With("%s: %q is %s", g.origin, shown, why)
}

// wrong ends the sentence about a value that is not of the type.
func (t Type) wrong() string {
	switch t {
	case Bool:
		return "neither true nor false"
	case Seconds, Metres:
		return "not a number of " + string(t)
	case Number, Bytes, List:
		return "not a " + string(t)
	case Text, Path, SecretText, SecretFile:
		return "not one line of text"
	default:
		return "not a " + string(t)
	}
}

// convert reads the text as the key's type.
func (k Key) convert(g given) (any, bool) {
	if !k.secret() && strings.ContainsFunc(g.text, isControl) {
		return nil, false
	}
	text := strings.TrimSpace(g.text)
	if g.list != nil && k.Type != List {
		return nil, false
	}
	switch k.Type {
	case Bool:
		value, err := strconv.ParseBool(text)
		return value, err == nil && len(text) > 1 // true and false, not 1, 0, t, f
	case Number:
		value, err := strconv.Atoi(text)
		return value, err == nil
	case Bytes:
		return parseBytes(text)
	case Seconds:
		value, err := strconv.ParseInt(text, 10, 32)
		return time.Duration(value) * time.Second, err == nil
	case Metres:
		value, err := strconv.ParseFloat(text, 64)
		return value, err == nil && !math.IsNaN(value) && !math.IsInf(value, 0)
	case List:
		return splitList(g), true
	case SecretText:
		return Secret{text: strings.TrimRight(g.text, "\r\n")}, true
	case Text, Path, SecretFile:
		return text, true
	default:
		return nil, false
	}
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// units are the endings of a size. Those of a thousand are the SI's, those of
// 1,024 IEC's.
var units = []struct {
	ending string
	factor int64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"kB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"B", 1},
}

func parseBytes(text string) (int64, bool) {
	factor := int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(text, u.ending); ok {
			text, factor = strings.TrimSpace(rest), u.factor
			break
		}
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value < 0 || value > math.MaxInt64/factor {
		return 0, false
	}
	return value * factor, true
}

// splitList returns the items without the blanks around them, never nil.
func splitList(g given) []string {
	parts := g.list
	if parts == nil {
		parts = strings.Split(g.text, ",")
	}
	items := make([]string, 0, len(parts))
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			items = append(items, p)
		}
	}
	return items
}
