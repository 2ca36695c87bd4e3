package config

import (
	"fmt"
	"io"
	"log/slog"
)

// hidden is what a secret looks like to everyone who prints it.
const hidden = "[secret]"

// A Secret is text that must not be printed. However it is formatted, logged
// or encoded it reads "[secret]", so that a Config may be; only Reveal gives
// the text away. The zero value is no secret at all.
type Secret struct{ text string }

// Reveal returns the text itself.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s.text == "" }

// Format writes "[secret]" (or nothing, for no secret) for every verb.
func (s Secret) Format(f fmt.State, _ rune) {
	if !s.IsZero() {
		_, _ = io.WriteString(f, hidden)
	}
}

// MarshalText encodes "[secret]", in JSON and in YAML too.
func (s Secret) MarshalText() ([]byte, error) { return fmt.Append(nil, s), nil }

// LogValue logs "[secret]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }
