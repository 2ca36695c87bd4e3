package cluster_test

import (
	"errors"
	"testing"

	"github.com/sestante/sestante/fault"
)

// wantFault expects a fault about a field.
func wantFault(t *testing.T, what string, err, want error, field string) {
	t.Helper()
	if !errors.Is(err, want) || fault.Of(err).Field != field {
		t.Errorf("%s: %v, want %v in %s", what, err, want, field)
	}
}
