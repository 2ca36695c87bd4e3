package nearby

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"
)

// A Kin says how the objects of two reports belong together.
type Kin string

// The ways two objects can belong together.
const (
	Unrelated Kin = ""
	Same      Kin = "same"    // the same kind of thing
	Sibling   Kin = "sibling" // two kinds under one heading
	Parent    Kin = "parent"  // one is the heading of the other
)

// A Catalogue says under which heading each object stands; "" is none.
type Catalogue map[Object]Object

// Kin returns how two objects belong together. What is not in the catalogue is
// only kin to itself.
func (c Catalogue) Kin(a, b Object) Kin {
	switch {
	case a == b:
		return Same
	case a == "" || b == "":
		return Unrelated
	case c[a] == b || c[b] == a:
		return Parent
	case c[a] != "" && c[a] == c[b]:
		return Sibling
	}
	return Unrelated
}

// Related returns every object that is kin to one, itself first, the others in
// the order of their names.
func (c Catalogue) Related(o Object) []Object {
	out := []Object{o}
	for other := range c {
		if other != o && c.Kin(o, other) != Unrelated {
			out = append(out, other)
		}
	}
	if heading := c[o]; heading != "" && !slices.Contains(out, heading) {
		out = append(out, heading)
	}
	slices.Sort(out[1:])
	return out
}

// A Case is a report with what it says: one that suggestions are looked for,
// or one that may be suggested.
type Case struct {
	Report
	Text   string   // title and description
	Photos []uint64 // difference hashes of its photos
}

// Rules say when two reports may be of the same thing.
type Rules struct {
	RadiusM    float64 // metres, how far such a thing is still the same one
	ClosedDays int     // days of 24 hours for which a closed report is still suggested
}

// AlikeBits is how many of the 64 bits of two photos' hashes may differ for
// them to look alike.
const AlikeBits = 8

// A Suggestion is a report that may be of the same thing as another, with what
// that rests on.
type Suggestion struct {
	ID     ID
	Score  float64 // from 0 to 1, to the sixth decimal
	Metres float64 // between the two positions
	ErrorM float64 // metres, of that distance: the accuracies of both together, 68 of 100 cases
	Hours  float64 // from its registration to the other's; negative when it came later
	Closed bool
	// ClosedHours is how long ago it closed, in hours.
	ClosedHours float64
	Kin         Kin
	Text        float64 // likeness of the words from 0 to 1; -1 when one of the two says nothing
	PhotoBits   int     // of 64 that differ between the two likest photos; -1 when one of the two has none
}

// AlikePhotos reports whether photos of both look alike.
func (s Suggestion) AlikePhotos() bool { return s.PhotoBits >= 0 && s.PhotoBits <= AlikeBits }

// Rank returns the cases that may be of the same thing as the subject, the
// likeliest first, ties by distance and then by id: the same whatever the
// order of the cases. The score is
//
//	1 - (1 - place · time · kin) (1 - 0.3 words) (1 - photos)
//
//	place  = exp(-d² / 2(σ₁² + σ₂² + r²)): d the distance, r half the radius,
//	         σ = accuracy / 1.51, which is the deviation along one axis when
//	         68 of 100 positions lie within the accuracy (Rayleigh)
//	time   = 2^(-t / h), h the days for which closed reports count; t the time
//	         since it closed, or, while it is open, between the two: then at
//	         least 1/2, for what is open is still there
//	kin    = 1 for the same object, 0.6 for a sibling, the heading or one under it
//	words  = Jaccard's index of the trigrams, from 0.3, where unrelated texts
//	         of one language end, stretched to 1
//	photos = 1 - bits/16 when at most 8 of 64 bits differ, or else 0: other
//	         photos of the same thing are the rule
//
// A case is left out when it is farther than √(radius² + 4(σ₁² + σ₂²)), of an
// unrelated object, closed for longer than the rules say, or without a
// position. An unknown accuracy counts as 10 m, none as more than 100 m.
func (r Rules) Rank(now time.Time, subject Case, others []Case, c Catalogue) []Suggestion {
	if checkPlace(subject.Lon, subject.Lat) != nil {
		return nil
	}
	words := trigrams(subject.Text)
	var out []Suggestion
	for _, o := range others {
		if s, ok := r.weigh(now, subject, o, c); ok {
			s.Text = likeness(words, trigrams(o.Text))
			s.PhotoBits = nearest(subject.Photos, o.Photos)
			s.Score = score(s.Score, s.Text, s.PhotoBits)
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Metres, b.Metres), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// Reach returns how far from a subject of that accuracy a report may lie and
// still be suggested, whatever its own accuracy, in metres.
func (r Rules) Reach(accuracyM float64) float64 { return r.reach(variance(accuracyM), variance(worst)) }

// reach takes the variances of both positions along one axis.
func (r Rules) reach(v1, v2 float64) float64 {
	radius := r.radius()
	return math.Sqrt(radius*radius + 4*(v1+v2))
}

func (r Rules) radius() float64 {
	if !(r.RadiusM > 0) {
		return 0
	}
	return min(r.RadiusM, MostM/2)
}

// weigh fills in place, time and kin; the score is their product.
func (r Rules) weigh(now time.Time, subject, o Case, c Catalogue) (Suggestion, bool) {
	s := Suggestion{ID: o.ID, Kin: c.Kin(subject.Object, o.Object), Closed: !o.Closed.IsZero()}
	if s.Kin == Unrelated || o.ID == subject.ID || checkPlace(o.Lon, o.Lat) != nil {
		return s, false
	}
	v1, v2 := variance(subject.AccuracyM), variance(o.AccuracyM)
	s.Metres = Metres(subject.Lon, subject.Lat, o.Lon, o.Lat)
	s.ErrorM = math.Sqrt(v1+v2) * perDeviation
	if s.Metres > r.reach(v1, v2) {
		return s, false
	}
	halfLife := 24 * float64(max(r.ClosedDays, 1))
	s.Hours = subject.Registered.Sub(o.Registered).Hours()
	fresh := max(0.5, math.Exp2(-math.Abs(s.Hours)/halfLife))
	if s.Closed {
		s.ClosedHours = now.Sub(o.Closed).Hours()
		if s.ClosedHours > 24*float64(r.ClosedDays) {
			return s, false
		}
		fresh = math.Exp2(-max(0, s.ClosedHours) / halfLife)
	}
	half := r.radius() / 2
	place := math.Exp(-s.Metres * s.Metres / (2 * (v1 + v2 + half*half)))
	if s.Kin != Same {
		place *= 0.6
	}
	s.Score = place * fresh
	return s, true
}

// score adds words and photos to place, time and kin.
func score(base, text float64, photoBits int) float64 {
	left := 1 - base
	if text > 0.3 {
		left *= 1 - 0.3*(text-0.3)/0.7
	}
	if photoBits >= 0 && photoBits <= AlikeBits {
		left *= float64(photoBits) / 16
	}
	return math.Round((1-left)*1e6) / 1e6
}

// What an accuracy says: the radius that holds 68 of 100 positions is 1.51
// deviations along one axis, as 1 - exp(-1.51²/2) = 0.68.
const (
	perDeviation = 1.5096
	unknown      = 10.0  // metres
	worst        = 100.0 // metres
)

func variance(accuracyM float64) float64 {
	a := accuracy(accuracyM)
	if a == 0 {
		a = unknown
	}
	return (a / perDeviation) * (a / perDeviation)
}

// accuracy returns an accuracy in its bounds; what is none is unknown.
func accuracy(metres float64) float64 {
	if !(metres > 0) {
		return 0
	}
	return min(metres, worst)
}

// nearest returns how many bits the two likest hashes differ in, or -1.
func nearest(a, b []uint64) int {
	least := -1
	for _, x := range a {
		for _, y := range b {
			if n := bits.OnesCount64(x ^ y); least < 0 || n < least {
				least = n
			}
		}
	}
	return least
}
