// Package photogen draws photos that nobody took: a street with a pothole, a
// fallen tree, a dead workstation, each a little different by its seed, and
// writes them as a phone would, with orientation, time and position in EXIF.
// Demonstrations, simulations and tests use them, so that no picture of a real
// place or person is needed.
//
// It refuses to look real on a second glance, and to read a clock: everything
// comes from the Scene. The same Scene gives the same bytes on one kind of
// processor.
package photogen

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"time"
)

// A Kind is what the photo is about.
type Kind string

// The kinds of scene.
const (
	Pothole     Kind = "pothole"
	FallenTree  Kind = "fallen_tree"
	StreetLamp  Kind = "street_lamp"  // one of the row stays dark
	Flood       Kind = "flood"        // water over the road
	Rubbish     Kind = "rubbish"      // an overflowing bin
	Workstation Kind = "workstation"  // a computer that does not start
	CashMachine Kind = "cash_machine" // out of service
)

// Kinds lists every kind, outdoors first.
var Kinds = []Kind{Pothole, FallenTree, StreetLamp, Flood, Rubbish, Workstation, CashMachine}

// Scene is one photo to be drawn.
type Scene struct {
	Kind Kind
	Seed uint64 // the same kind with another seed is another place

	// Width and Height are upright, in pixels, between 64 and 8192; both zero
	// means 1280 x 960.
	Width, Height int

	// Lon and Lat are WGS84 degrees. Both exactly zero: no position is written.
	Lon, Lat float64
	// AccuracyM is the horizontal error to claim, in metres; 0 claims none.
	AccuracyM float64
	// TakenAt gives the wall clock and the offset of its location, and the
	// light of the scene. Zero: no time is written, and it is noon.
	TakenAt time.Time
	// Orientation is the value of the EXIF tag, 1 to 8; 0 means 1. The pixels
	// are stored so that a viewer who obeys the tag sees the scene upright.
	Orientation int
	// Corners paints the four upright corners red, green, blue and yellow,
	// clockwise from the top left, each a sixteenth of the shorter side: for
	// tests that ask which way is up.
	Corners bool
}

// JPEG draws s and returns it as a camera would save it. Its error says which
// field of s is out of range.
func JPEG(s Scene) ([]byte, error) {
	m, err := Draw(s)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, stored(m, s.Orientation), &jpeg.Options{Quality: 88}); err != nil {
		return nil, fmt.Errorf("drawing a %s: %w", s.Kind, err)
	}
	// The encoder writes no application segment: ours goes right after SOI.
	out := append([]byte{0xff, 0xd8}, app1(s)...)
	return append(out, b.Bytes()[2:]...), nil
}

// Draw returns the scene upright and without EXIF.
func Draw(s Scene) (*image.RGBA, error) {
	if s.Width == 0 && s.Height == 0 {
		s.Width, s.Height = 1280, 960
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	c := newCanvas(s.Width, s.Height, rand.New(rand.NewPCG(s.Seed, uint64(len(s.Kind)))))
	light := lightAt(s.TakenAt)
	switch s.Kind {
	case Workstation:
		c.office()
		light = lamplit
	case CashMachine:
		c.cashMachine()
	default:
		c.outdoors(s.Kind, light)
	}
	c.develop(light)
	if s.Corners {
		c.corners()
	}
	return c.img, nil
}

func (s Scene) check() error {
	outside := func(name string, v, low, high float64) error {
		if v >= low && v <= high {
			return nil
		}
		return fmt.Errorf("scene: %s is %v, outside %v to %v", name, v, low, high)
	}
	known := false
	for _, k := range Kinds {
		known = known || k == s.Kind
	}
	if !known {
		return fmt.Errorf("scene: kind %q is not one of %v", s.Kind, Kinds)
	}
	for _, err := range []error{
		outside("width", float64(s.Width), 64, 8192),
		outside("height", float64(s.Height), 64, 8192),
		outside("lon", s.Lon, -180, 180),
		outside("lat", s.Lat, -90, 90),
		outside("accuracy", s.AccuracyM, 0, 100_000),
		outside("orientation", float64(s.Orientation), 0, 8),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}
