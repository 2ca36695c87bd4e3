package geo

import (
	"fmt"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"github.com/sestante/sestante/fault"
)

// An Outcome says how a place found, or did not find, its owner.
type Outcome string

// The outcomes of a question.
const (
	Inside     Outcome = "inside"      // the owner contains the place
	Border     Outcome = "border"      // the place is exactly on the owner's border; the rule of borders chose
	Uncertain  Outcome = "uncertain"   // inside, but another owner is nearer than the accuracy
	Nearest    Outcome = "nearest"     // outside every area, given to the nearest within the tolerance
	InHole     Outcome = "hole"        // in a hole of the territory, such as San Marino: no owner
	Outside    Outcome = "outside"     // beyond the tolerance: no owner
	NoPosition Outcome = "no_position" // not a number, or not on the earth: no owner
	NullIsland Outcome = "null_island" // 0,0 is what a device sends when it knows nothing: no owner
)

// A Query is one question: who owns this place, on that day, for a report of
// this kind? Empty strings mean unknown: only areas that ask nothing of that
// kind then match.
type Query struct {
	Lon float64 // degrees WGS84
	Lat float64 // degrees WGS84

	AccuracyM  float64 // metres of the position; 0, negative or NaN mean unknown
	BufferM    float64 // metres that count as accuracy when it is unknown or smaller; default 0
	ToleranceM float64 // metres outside that still go to the nearest; 0 means DefaultToleranceM, negative none

	At         time.Time // the day whose areas are asked; zero means those without an end
	SiteType   string
	ObjectType string
	Org        string
}

// DefaultToleranceM is how far outside every area, in metres, a place may lie
// and still go to the nearest: piers, beaches and coarse coastlines.
const DefaultToleranceM = 500

// A Match is one area in an answer.
type Match struct {
	Area      AreaID  `json:"area"`
	Code      string  `json:"code"`
	Name      string  `json:"name"`
	Kind      Kind    `json:"kind"`
	Priority  int     `json:"priority"`
	Why       string  `json:"why"`                 // inside, selector:siteType=cs, near
	DistanceM float64 `json:"distanceM,omitempty"` // metres to its border; 0 when it contains the place
}

// An Answer says who owns a place and why: enough for a person to check it by
// hand. It holds no position, so it may be logged and kept.
type Answer struct {
	Outcome   Outcome `json:"outcome"`
	Owner     *Match  `json:"owner,omitempty"` // nil when nobody owns the place
	Matches   []Match `json:"matches"`         // every area that contains the place and admits the report, best first
	Near      []Match `json:"near,omitempty"`  // other possible owners, nearest first
	Uncertain bool    `json:"uncertain"`       // the owner could be one of Near

	DistanceM  float64   `json:"distanceM,omitempty"`  // to the owner when Nearest, to the nearest of Near when Uncertain
	AccuracyM  float64   `json:"accuracyM,omitempty"`  // what was used: at most 50,000
	ToleranceM float64   `json:"toleranceM,omitempty"` // what was used
	AreaSet    string    `json:"areaSet,omitempty"`    // SetVersion of the index that answered
	At         time.Time `json:"at,omitzero"`
}

// The faults of a position.
var (
	ErrNoPosition = fault.Define(fault.Invalid, "geo.no_position", "The position is not on the earth: longitude goes from -180 to 180, latitude from -90 to 90.", "La posizione non è sulla terra: la longitudine va da -180 a 180, la latitudine da -90 a 90.")
	ErrNullIsland = fault.Define(fault.Invalid, "geo.null_island", "The position is 0,0, which is what a device sends when it knows none.", "La posizione è 0,0, quella che un dispositivo manda quando non ne conosce nessuna.")
)

// CheckPosition returns ErrNoPosition for numbers that are no place on the
// earth, ErrNullIsland for 0,0, and nil otherwise.
func CheckPosition(lon, lat float64) error {
	switch {
	case !onEarth(orb.Point{lon, lat}): // also NaN
		return ErrNoPosition.In("point")
	case lon == 0 && lat == 0:
		return ErrNullIsland.In("point")
	}
	return nil
}

// Codes returns the codes of all matches, best first.
func (a Answer) Codes() []string {
	out := make([]string, len(a.Matches))
	for i, m := range a.Matches {
		out[i] = m.Code
	}
	return out
}

// Reason says in one English sentence why the answer is what it is.
func (a Answer) Reason() string { return a.Say("en") }

// Say is Reason for a person who reads lang, "it" or "en".
func (a Answer) Say(lang string) string {
	said := phrases["en"]
	if strings.HasPrefix(strings.ToLower(lang), "it") {
		said = phrases["it"]
	}
	owner, why := "", ""
	if a.Owner != nil {
		owner = a.Owner.Name + " (" + a.Owner.Code + ")"
		if selector, ok := strings.CutPrefix(a.Owner.Why, "selector:"); ok {
			why = fmt.Sprintf(said["selector"], selector)
		}
	}
	sentence := said[string(a.Outcome)]
	switch a.Outcome {
	case Inside, Border:
		return fmt.Sprintf(sentence, owner, why)
	case Nearest:
		sentence = fmt.Sprintf(sentence, owner, a.DistanceM, why)
		if a.Uncertain {
			sentence += fmt.Sprintf(said["also"], nearCodes(a.Near))
		}
		return sentence
	case Uncertain:
		if a.AccuracyM >= maxReachM {
			sentence = said["far"]
		}
		return fmt.Sprintf(sentence, owner, why, nearCodes(a.Near), a.DistanceM, a.AccuracyM)
	case Outside:
		return fmt.Sprintf(sentence, a.ToleranceM)
	case InHole, NoPosition, NullIsland:
	}
	return sentence
}

func nearCodes(near []Match) string {
	codes := make([]string, len(near))
	for i, m := range near {
		codes[i] = m.Code
	}
	return strings.Join(codes, ", ")
}

// phrases are constant; Go has no constant maps.
var phrases = map[string]map[string]string{
	"en": {
		"inside":      "Inside %s%s.",
		"border":      "Exactly on the border of %s%s: an area owns its left and lower borders.",
		"uncertain":   "Inside %s%s, but %s is %.0f m away and the position is accurate to %.0f m.",
		"far":         "Inside %s%s, but %s is %.0f m away and the position is no better than to %.0f m: farther areas were not looked at.",
		"nearest":     "Outside every area; the nearest is %s, %.0f m away%s.",
		"hole":        "In a hole of the territory, which belongs to nobody here.",
		"outside":     "Outside every area, and none is within %.0f m.",
		"no_position": "The position is not on the earth.",
		"null_island": "The position is 0,0: the device knew none.",
		"selector":    ", chosen by %s",
		"also":        " It could also be %s.",
	},
	"it": {
		"inside":      "Dentro %s%s.",
		"border":      "Esattamente sul confine di %s%s: a un'area appartengono i suoi bordi sinistro e inferiore.",
		"uncertain":   "Dentro %s%s, ma %s è a %.0f m e la posizione è precisa entro %.0f m.",
		"far":         "Dentro %s%s, ma %s è a %.0f m e la posizione è precisa non meglio che entro %.0f m: oltre non si è guardato.",
		"nearest":     "Fuori da ogni area; la più vicina è %s, a %.0f m%s.",
		"hole":        "In un buco del territorio, che qui non appartiene a nessuno.",
		"outside":     "Fuori da ogni area, e nessuna è entro %.0f m.",
		"no_position": "La posizione non è sulla terra.",
		"null_island": "La posizione è 0,0: il dispositivo non ne conosceva nessuna.",
		"selector":    ", scelto per %s",
		"also":        " Potrebbe essere anche %s.",
	},
}
