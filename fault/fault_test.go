package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/sestante/sestante/fault"
)

var errRing = fault.Define(fault.Invalid, "test.ring", "The ring is open.", "L'anello è aperto.")

func TestErrors(t *testing.T) {
	wrapped := fmt.Errorf("import: %w", errRing.In("features[3]").With("starts at %d", 7))
	if !errors.Is(wrapped, errRing) {
		t.Error("a copy is not the fault it was made from")
	}
	if errors.Is(wrapped, fault.ErrUnknown) {
		t.Error("a ring fault is taken for an unknown one")
	}
	got := fault.Of(wrapped)
	if got.Field != "features[3]" || got.Error() != "features[3]: The ring is open (starts at 7)." {
		t.Errorf("Of = %q at %q", got.Error(), got.Field)
	}
	if got.Say("it-IT") != "L'anello è aperto (starts at 7)." || got.Say("de") != "The ring is open (starts at 7)." {
		t.Errorf("Say = %q and %q", got.Say("it-IT"), got.Say("de"))
	}
	if errRing.Field != "" || errRing.Detail != "" {
		t.Error("In and With changed the defined fault")
	}
	if fault.Of(errors.New("disk on fire")) != fault.ErrUnknown {
		t.Error("an undefined error has a fault of its own")
	}
}

func TestDefineTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second test.ring was accepted")
		}
	}()
	fault.Define(fault.Invalid, "test.ring", "again", "di nuovo")
}

func TestAllSorted(t *testing.T) {
	codes := fault.All()
	for i := 1; i < len(codes); i++ {
		if codes[i-1].Code >= codes[i].Code {
			t.Errorf("%s before %s", codes[i-1].Code, codes[i].Code)
		}
	}
	if len(codes) < 2 {
		t.Errorf("All = %d faults", len(codes))
	}
}
