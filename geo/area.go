package geo

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// An AreaID is the identifier of an area: a record id of 15 characters of
// a-z0-9, made anywhere.
type AreaID string

// A Kind is the level of an area in the hierarchy of the territory.
type Kind string

// The kinds of area, from the widest to the narrowest. Districts and overlays
// own reports; an overlay lies over the districts and owns only what its
// selector names.
const (
	MacroArea    Kind = "macro_area"
	Pole         Kind = "pole"
	District     Kind = "district"
	Overlay      Kind = "overlay"
	Province     Kind = "province"
	Municipality Kind = "municipality"
	Zone         Kind = "zone"
)

// Kinds returns every kind, from the widest to the narrowest.
func Kinds() []Kind {
	return []Kind{MacroArea, Pole, District, Overlay, Province, Municipality, Zone}
}

// Owns reports whether areas of this kind own reports: districts and overlays.
func (k Kind) Owns() bool { return k == District || k == Overlay }

// depth is how far down the hierarchy a kind stands, or -1 when it is none.
func (k Kind) depth() int {
	switch k {
	case MacroArea:
		return 0
	case Pole:
		return 1
	case District, Overlay:
		return 2
	case Province:
		return 3
	case Municipality:
		return 4
	case Zone:
		return 5
	}
	return -1
}

// A Source says where an area comes from.
type Source string

// The sources of an area.
const (
	FromSeed          Source = "seed"          // as the founding documents print it
	FromReconstructed Source = "reconstructed" // inferred by us; an administrator confirms it
	FromISTAT         Source = "istat"         // official boundaries
	FromAdmin         Source = "admin"         // drawn or imported by an administrator
)

// A Selector says which reports an area is for. A list that is empty asks
// nothing; a list that is not must hold the report's own value.
type Selector struct {
	SiteTypes   []string `json:"siteTypes,omitempty"`
	ObjectTypes []string `json:"objectTypes,omitempty"`
	Orgs        []string `json:"orgs,omitempty"`
}

// Specificity is the number of lists that ask something, 0 to 3.
func (s Selector) Specificity() int {
	n := 0
	for _, list := range [][]string{s.SiteTypes, s.ObjectTypes, s.Orgs} {
		if len(list) > 0 {
			n++
		}
	}
	return n
}

// Admits reports whether a report of this site type, object type and
// organisation is one of those the selector is for.
func (s Selector) Admits(siteType, objectType, org string) bool {
	return asks(s.SiteTypes, siteType) && asks(s.ObjectTypes, objectType) && asks(s.Orgs, org)
}

func asks(list []string, value string) bool {
	return len(list) == 0 || slices.Contains(list, value)
}

// why names the lists that admitted a report, such as "selector:siteType=cs".
func (s Selector) why(siteType, objectType, org string) string {
	var said []string
	if len(s.SiteTypes) > 0 {
		said = append(said, "siteType="+siteType)
	}
	if len(s.ObjectTypes) > 0 {
		said = append(said, "objectType="+objectType)
	}
	if len(s.Orgs) > 0 {
		said = append(said, "org="+org)
	}
	if said == nil {
		return "inside"
	}
	return "selector:" + strings.Join(said, ",")
}

// An Area is one named piece of territory in one of its versions. Geometry is
// WGS84 lon,lat with closed rings, shells counter-clockwise and holes
// clockwise (RFC 7946). Bound and AreaM2 follow from the geometry: Measure
// fills them.
type Area struct {
	ID     AreaID
	Code   string // unique among areas of one kind that are valid on one day
	Name   string
	Kind   Kind
	Parent AreaID // empty means none

	Geometry orb.MultiPolygon
	Bound    orb.Bound // degrees
	AreaM2   float64   // square metres on the sphere that orb uses (radius 6,378,137 m)

	ValidFrom time.Time // first moment of validity; zero means always
	ValidTo   time.Time // first moment after it; zero means no end

	Source   Source
	Priority int // among equals the higher number wins; overlays usually have a low one
	Selector Selector
	Remark   string // what was inferred or assumed, for the person who confirms it
}

// The faults of an area that cannot be kept.
var (
	ErrAreaCode     = fault.Define(fault.Invalid, "geo.area_code", "The area has no code.", "L'area non ha un codice.")
	ErrAreaKind     = fault.Define(fault.Invalid, "geo.area_kind", "The area is of no known kind.", "Il tipo di area non esiste.")
	ErrAreaValidity = fault.Define(fault.Invalid, "geo.area_validity", "The area ends before it begins.", "L'area finisce prima di cominciare.")
	ErrAreaSource   = fault.Define(fault.Invalid, "geo.area_source", "The area comes from no known source.", "La provenienza dell'area non è fra quelle previste.")
	ErrAreaSelector = fault.Define(fault.Invalid, "geo.area_selector", "An overlay needs a selector, or it would take every report.", "Un'area sovrapposta ha bisogno di un selettore, altrimenti prenderebbe ogni segnalazione.")
	ErrAreaTwice    = fault.Define(fault.Invalid, "geo.area_twice", "Two areas have the same identifier, or the same kind and code on the same days.", "Due aree hanno lo stesso identificativo, oppure lo stesso tipo e codice negli stessi giorni.")
)

// Measure returns the area with Bound and AreaM2 computed from its geometry.
func (a Area) Measure() Area {
	a.Bound = a.Geometry.Bound()
	a.AreaM2 = ellipsoidM2(a.Geometry)
	return a
}

// Reroutes reports whether places may have another owner when an area becomes
// another: its border, its selector or its priority differs.
func (a Area) Reroutes(fresh Area) bool {
	return !a.Geometry.Equal(fresh.Geometry) || !a.Selector.equal(fresh.Selector) || a.Priority != fresh.Priority
}

// ValidAt reports whether the area is valid at that moment: from ValidFrom on,
// and before ValidTo. The zero moment asks whether the area has no end.
func (a Area) ValidAt(at time.Time) bool {
	if at.IsZero() {
		return a.ValidTo.IsZero()
	}
	return !at.Before(a.ValidFrom) && (a.ValidTo.IsZero() || at.Before(a.ValidTo))
}

// Validate returns the first reason why the area cannot be kept, or nil: a
// missing code, an unknown kind or source, an end before its beginning, an
// overlay without a selector, words that cannot be shown (see CheckWords), or
// one of the faults of a geometry. It checks everything that Decode checks,
// self-intersections too. A geometry that goes over the 180th meridian may be
// kept when it can be cut there, as NewIndex does.
func (a Area) Validate() error {
	if err := a.validateLabels(); err != nil {
		return err
	}
	if err := a.CheckWords(); err != nil {
		return err
	}
	if problem := checkGeometry(a.Geometry); problem != nil {
		return problem.fault().In("geometry")
	}
	return nil
}

func (a Area) validateLabels() error {
	switch {
	case strings.TrimSpace(a.Code) == "":
		return ErrAreaCode.In("code")
	case a.Kind.depth() < 0:
		return ErrAreaKind.In("kind").With("%s: %q", a.Code, a.Kind)
	case a.Source != "" && !slices.Contains([]Source{FromSeed, FromReconstructed, FromISTAT, FromAdmin}, a.Source):
		return ErrAreaSource.In("source").With("%s: %q", a.Code, a.Source)
	case !a.ValidTo.IsZero() && !a.ValidFrom.Before(a.ValidTo):
		return ErrAreaValidity.In("validTo").With("%s", a.Code)
	case a.Kind == Overlay && a.Selector.Specificity() == 0:
		return ErrAreaSelector.In("selector").With("%s", a.Code)
	}
	return nil
}

// SeedID returns the identifier that an area of shipped data has on every
// machine: the first 15 characters of a base32 hash of its kind and code, so
// that seeding twice changes nothing.
func SeedID(kind Kind, code string) AreaID {
	sum := sha256.Sum256([]byte(string(kind) + "|" + code))
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
	return AreaID(strings.ToLower(text[:15]))
}

// compareAreas orders areas by kind from the widest, then code, then
// beginning, then identifier: an order that no map or file decides.
func compareAreas(a, b Area) int {
	return cmp.Or(
		cmp.Compare(a.Kind.depth(), b.Kind.depth()),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Code, b.Code),
		a.ValidFrom.Compare(b.ValidFrom),
		cmp.Compare(a.ID, b.ID),
	)
}
