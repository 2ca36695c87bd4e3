package desk

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo/cluster"
	"github.com/sestante/sestante/report"
)

// What can go wrong when somebody asks for hot spots.
var (
	ErrNoHotspots = fault.Define(fault.NotFound, "hotspots.none",
		"There are no hot spots here for you.", "Qui non ci sono punti caldi per te.")
	ErrHotspotDetector = fault.Define(fault.Invalid, "hotspots.detector",
		"A detector is cluster, trend or excess.", "Un rilevatore è cluster, trend o excess.")
	ErrHotspotWindow = fault.Define(fault.Invalid, "hotspots.window",
		"This window of time cannot be looked at.", "Questo intervallo di tempo non si può esaminare.")
	ErrHotspotValue = fault.Define(fault.Invalid, "hotspots.value",
		"This value is out of its range.", "Questo valore è fuori dal suo intervallo.")
	ErrHotspotSize = fault.Define(fault.Invalid, "hotspots.size",
		"There are too many reports in this window. Ask for a shorter one, for one district or for one object.",
		"In questo intervallo ci sono troppe segnalazioni. Chiedi un intervallo più breve, un solo distretto o un solo oggetto.")
)

// A HotspotDetector is a way to find hot spots.
type HotspotDetector string

// The detectors.
const (
	DetectCluster HotspotDetector = "cluster" // reports of one object close together, or opened again at one place
	DetectTrend   HotspotDetector = "trend"   // days above the same weekday of eight weeks, by object and district
	DetectExcess  HotspotDetector = "excess"  // cells with more than their history expects at those hours of the week
)

// The defaults and bounds of what can be asked.
const (
	clusterDays, clusterEpsM, clusterMinPts            = 90, 100, 4
	trendDays, trendMinPts                             = 7, 5
	excessDays, excessCellM, excessHours, excessMinPts = 7, 1000, 24, 5
	excessQ                                            = 0.05

	maxClusterDays, maxOtherDays = 400, 92
	maxEpsM, minCellM            = 10_000, 50 // metres
	maxSightings                 = 1_000_000
	maxHotspots                  = 500
	maxHotspotReports            = 500 // named in one
)

// A HotspotQuery says what is looked for; zero values take the defaults of the
// detector.
type HotspotQuery struct {
	Detector    HotspotDetector
	From, To    time.Time // registered from the one, before the other; zero: up to now, 90 days for clusters, 7 for others
	ObjectTypes []string  // ids or codes
	Districts   []string  // ids or codes
	EpsM        float64
	Hours       int
	MinPts      int
	Q           float64
}

// A hotspotCache keeps the last answers, until something changes. Finding them
// may take a second and some memory, so one is made at a time.
type hotspotCache struct {
	once sync.Once
	turn chan struct{} // whose place is taken may read and write what is below

	state string // of the database the answers are of
	kept  map[string]Hotspots
	named int // reports in the kept answers, and one for each
}

// enter waits for its turn, or until ctx ends. Call leave after it.
func (c *hotspotCache) enter(ctx context.Context) error {
	c.once.Do(func() { c.turn = make(chan struct{}, 1) })
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *hotspotCache) leave() { <-c.turn }

// keptReports is how many reports the kept answers may name together: about
// twenty megabytes.
const keptReports = 200_000

// keep remembers an answer, and forgets the others when they become too many.
func (c *hotspotCache) keep(key string, found Hotspots) {
	named := 1
	for _, s := range found.Hotspots {
		named += len(s.Reports)
	}
	if c.named += named; c.named > keptReports {
		c.kept, c.named = map[string]Hotspots{}, named
	}
	c.kept[key] = found
}

// Hotspots finds where reports lie closer together than they should, among
// those the caller looks after: all for an administrator and a service manager,
// those of their districts, or all where they have none, for a coordinator, the
// second level and an auditor. It is made anew when anything has
// changed. The errors are ErrSignIn, ErrNoHotspots, ErrHotspotDetector,
// ErrHotspotWindow, ErrHotspotValue, ErrHotspotSize and ErrUnknownObject.
func (d *Desk) Hotspots(ctx context.Context, who report.Actor, q HotspotQuery) (Hotspots, error) {
	sees, err := overseenBy(who)
	if err != nil {
		return Hotspots{}, err
	}
	if err := q.fill(d.now(), d.zone()); err != nil {
		return Hotspots{}, err
	}
	r, err := d.routes(ctx)
	if err != nil {
		return Hotspots{}, err
	}
	search := hotspotSearch{HotspotQuery: q, desk: d, sees: sees, areas: r.index, zone: d.zone()}
	if err := search.resolve(ctx); err != nil {
		return Hotspots{}, err
	}
	head, err := d.store.Head(ctx)
	if err != nil {
		return Hotspots{}, err
	}
	state := fmt.Sprint(head.Epoch, " ", head.Seq, " ", r.stamp)

	cache := &d.hotspots
	if err := cache.enter(ctx); err != nil {
		return Hotspots{}, fmt.Errorf("wait for other hot spots: %w", err)
	}
	defer cache.leave()
	if cache.state != state {
		cache.state, cache.kept, cache.named = state, map[string]Hotspots{}, 0
	}
	key := search.key()
	if kept, ok := cache.kept[key]; ok {
		return kept, nil
	}
	found, err := search.run(ctx)
	if err == nil {
		cache.keep(key, found)
	}
	return found, err
}

// zone is whose days and hours are counted.
func (d *Desk) zone() *time.Location {
	if d.cfg.Policy.Location == nil {
		return time.UTC
	}
	return d.cfg.Policy.Location
}

// An oversight is some of what somebody looks after: the reports of an
// organisation, or of every one, in some districts, or in all.
type oversight struct {
	org       report.OrgID
	districts []report.AreaID // nil: all
}

func (o oversight) covers(org report.OrgID, district report.AreaID) bool {
	if o.org != "" && org != "" && o.org != org {
		return false
	}
	return o.districts == nil || slices.Contains(o.districts, district)
}

// Problems are the second level's to find the causes of, with the service
// manager (domain 2.9); coordinators plan what is done about them, and auditors
// read what all of them do.
var problemRoles = []report.Role{report.RoleCoordinator, report.RoleL2, report.RoleAuditor}

// overseenBy returns what somebody looks after. The errors are ErrSignIn and
// ErrNoHotspots.
func overseenBy(who report.Actor) ([]oversight, error) {
	var all []oversight
	for _, g := range who.Grants {
		switch {
		case slices.Contains(wipers, g.Role): // administrators and service managers
			all = append(all, oversight{org: g.Org})
		case slices.Contains(problemRoles, g.Role) && len(g.Districts) == 0: // a coordinator without an area has all of it
			all = append(all, oversight{org: g.Org})
		case slices.Contains(problemRoles, g.Role):
			all = append(all, oversight{g.Org, g.Districts})
		}
	}
	switch {
	case len(all) > 0:
		return all, nil
	case who.ID == "":
		return nil, ErrSignIn
	default:
		return nil, ErrNoHotspots
	}
}

// fill checks what is asked and puts the defaults where nothing is.
func (q *HotspotQuery) fill(now time.Time, zone *time.Location) error {
	days, most := 0, 0
	switch q.Detector {
	case "", DetectCluster:
		q.Detector, days, most = DetectCluster, clusterDays, maxClusterDays
		q.EpsM, q.Hours, q.MinPts, q.Q = orElse(q.EpsM, clusterEpsM), orElse(q.Hours, clusterDays*24), orElse(q.MinPts, clusterMinPts), 0
	case DetectTrend:
		days, most = trendDays, maxOtherDays
		q.EpsM, q.Hours, q.MinPts = 0, 0, orElse(q.MinPts, trendMinPts)
	case DetectExcess:
		days, most = excessDays, maxOtherDays
		q.EpsM, q.Hours, q.MinPts, q.Q = orElse(q.EpsM, excessCellM), orElse(q.Hours, excessHours), orElse(q.MinPts, excessMinPts), orElse(q.Q, excessQ)
	default:
		return ErrHotspotDetector.In("detector")
	}
	if q.To.IsZero() {
		q.To = now.Truncate(time.Minute).Add(time.Minute) // with what has just come
	}
	if q.From.IsZero() {
		q.From = q.To.AddDate(0, 0, -days)
		if q.Detector != DetectCluster { // whole days of the clock
			local := q.From.In(zone)
			q.From = time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
		}
	}
	if !q.From.Before(q.To) {
		return ErrHotspotWindow.In("to").With("after from")
	}
	if q.To.Sub(q.From) > time.Duration(most+1)*24*time.Hour {
		return ErrHotspotWindow.In("from").With("at most %d days before to", most)
	}
	if year := q.From.Year(); year < 1970 || q.To.Year() > 9999 {
		return ErrHotspotWindow.In("from").With("from 1970 to 9999")
	}
	return q.checkValues()
}

func (q *HotspotQuery) checkValues() error {
	switch {
	case q.Detector == DetectCluster && !(q.EpsM >= cluster.MinEpsM && q.EpsM <= maxEpsM):
		return ErrHotspotValue.In("epsM").With("metres, from %d to %d", cluster.MinEpsM, maxEpsM)
	case q.Detector == DetectExcess && !(q.EpsM >= minCellM && q.EpsM <= maxEpsM):
		return ErrHotspotValue.In("epsM").With("the side of a cell in metres, from %d to %d", minCellM, maxEpsM)
	case q.Detector == DetectCluster && (q.Hours < 1 || q.Hours > maxClusterDays*24):
		return ErrHotspotValue.In("hours").With("from 1 to %d", maxClusterDays*24)
	case q.Detector == DetectExcess && (q.Hours < 1 || q.Hours > cluster.Week):
		return ErrHotspotValue.In("hours").With("from 1 to %d", cluster.Week)
	case q.MinPts < 2 || q.MinPts > 100_000:
		return ErrHotspotValue.In("minPts").With("from 2 to 100,000")
	case math.IsNaN(q.Q) || q.Q < 0 || q.Q >= 1 || (q.Q == 0 && q.Detector == DetectExcess):
		return ErrHotspotValue.In("q").With("more than 0 and less than 1")
	}
	return nil
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// key is the same for the same question of somebody with the same oversight.
func (s *hotspotSearch) key() string {
	return fmt.Sprint(s.Detector, s.From.Unix(), s.To.Unix(), s.EpsM, s.Hours, s.MinPts, s.Q, s.sees,
		strings.Join(s.objectTypes, ","), " ", s.districts)
}

// HotspotMoment reads one end of a window: a moment as RFC 3339 has it, or a
// day of the installation's time zone, which stands for its start, and at the
// end of a window for its end. An empty text is the zero time. The error is
// ErrHotspotWindow.
func (d *Desk) HotspotMoment(text string, end bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, d.zone()); err == nil {
		if end {
			day = day.AddDate(0, 0, 1)
		}
		return day, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, ErrHotspotWindow.With("a day such as 2026-01-31, or a moment such as 2026-01-31T08:00:00Z")
	}
	return at, nil
}
