package desk

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/geo/tile"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// ErrMapLoading answers a question for a tile while the map is still being
// read, which takes some seconds after a start with very many reports.
var ErrMapLoading = fault.Define(fault.Busy, "tile.loading",
	"The map is being prepared. Try again in a few seconds.",
	"La mappa è in preparazione. Riprova fra qualche secondo.")

// How long somebody waits while another brings the map up to date: for a map
// that is a little old, and for none at all.
const (
	patienceOld  = 200 * time.Millisecond
	patienceNone = 2 * time.Second
)

// mapBatch is how many changes of the map are taken in at once: it bounds what
// reading all of it holds.
const mapBatch = 1 << 16

// A liveMap holds the open reports in memory, in the order in which tiles are
// cut. It follows the log of changes, which whoever asks for a tile looks at
// first: so nobody sees a map older than the answer to their own last call. The
// zero value is ready.
type liveMap struct {
	turn  chan struct{} // holds one token, unless somebody brings it up to date
	once  sync.Once
	now   atomic.Pointer[mapNow]
	see   viewers
	tiles tileCache
	areas areaMaps

	// Of whoever has the turn.
	life    int
	keeper  tile.Keeper
	classes words[facts]
	objects words[string]
	people  words[report.PersonID]
}

// A mapNow is the map of one moment. It never changes.
type mapNow struct {
	life    int            // how often all of it was read
	head    fieldsync.Head // of the log
	set     *tile.Set
	classes []facts // what the classes of points stand for
	objects []string
	people  []report.PersonID
}

// facts are what the right to read a report depends on, but for who made it and
// who works on it.
type facts struct {
	org, responsible, reporterOrg report.OrgID
	district                      report.AreaID
	helpdesk, public              bool
}

func factsOf(r report.Report) facts {
	return facts{
		org: r.Org, responsible: r.ResponsibleOrg, reporterOrg: r.ReporterOrg, district: r.District,
		helpdesk: r.Kind == report.KindHelpdesk, public: r.Public(),
	}
}

// report returns a report of which nothing but the facts is known.
func (f facts) report() report.Report {
	r := report.Report{Org: f.org, ResponsibleOrg: f.responsible, ReporterOrg: f.reporterOrg, District: f.district, Version: 1}
	if f.helpdesk {
		r.Kind = report.KindHelpdesk
	}
	if f.public {
		r.Visibility, r.ConsentPublish = report.VisiblePublic, true
	}
	return r
}

// words numbers what is seen, from 0 in the order of its coming.
type words[T comparable] struct {
	list []T
	at   map[T]int
}

func (w *words[T]) number(word T) int {
	n, ok := w.at[word]
	if !ok {
		if w.at == nil {
			w.at = map[T]int{}
		}
		n = len(w.list)
		w.at[word] = n
		w.list = append(w.list, word)
	}
	return n
}

// FollowMap brings the map of open reports up to date: it reads all of them the
// first time, and then what changed. Whoever asks for a tile does the same; a
// loop that calls it now and then keeps the first of them from waiting.
func (d *Desk) FollowMap(ctx context.Context) error {
	_, err := d.mapNow(ctx)
	return err
}

// mapNow returns the map as it is now, or one that is a moment old while
// somebody else brings it up to date. The error is ErrMapLoading while there is
// none.
func (d *Desk) mapNow(ctx context.Context) (*mapNow, error) {
	m := &d.live
	m.once.Do(func() {
		m.turn = make(chan struct{}, 1)
		m.turn <- struct{}{}
	})
	head, err := d.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	now := m.now.Load()
	if now != nil && now.head == head {
		return now, nil
	}
	patience := patienceNone
	if now != nil {
		patience = patienceOld
	}
	wait, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-m.turn:
	case <-wait.Done():
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if now == nil {
			return nil, ErrMapLoading
		}
		return now, nil
	}
	defer func() { m.turn <- struct{}{} }()
	return m.follow(ctx, d.store)
}

// follow reads what changed. Only who has the turn calls it.
func (m *liveMap) follow(ctx context.Context, s *store.Store) (*mapNow, error) {
	var head fieldsync.Head
	err := s.Snapshot(ctx, func(view *store.Store) error {
		var err error
		if head, err = view.Head(ctx); err != nil {
			return err
		}
		now := m.now.Load()
		if now != nil && now.head == head {
			return nil // somebody else has done it meanwhile
		}
		if now != nil && now.head.Epoch == head.Epoch && now.head.Seq <= head.Seq {
			return m.take(func(fn func(report.Report) error) error { return view.OnMapSince(ctx, now.head.Seq, fn) })
		}
		// The first time, or after a restore: what the log says is of another past.
		m.keeper, m.classes, m.objects, m.people = tile.Keeper{}, words[facts]{}, words[string]{}, words[report.PersonID]{}
		m.life++
		m.see.forget()
		return m.take(func(fn func(report.Report) error) error { return view.OnMap(ctx, fn) })
	})
	if err != nil { // what was taken in is taken in again the next time
		return nil, fmt.Errorf("bring the map up to date: %w", err)
	}
	now := &mapNow{
		life: m.life, head: head, set: m.keeper.Set(),
		classes: m.classes.list, objects: m.objects.list, people: m.people.list,
	}
	m.now.Store(now)
	return now, nil
}

// take applies what read brings.
func (m *liveMap) take(read func(func(report.Report) error) error) error {
	var changes []tile.Change
	err := read(func(r report.Report) error {
		if c, ok := m.change(r); ok {
			changes = append(changes, c)
		}
		if len(changes) == mapBatch {
			m.keeper.Apply(changes)
			changes = changes[:0]
		}
		return nil
	})
	if err != nil {
		return err
	}
	m.keeper.Apply(changes)
	return nil
}

// change turns a report into a change of the map: it is gone when it is not
// open or nowhere. It returns false for one whose id no report can have.
func (m *liveMap) change(r report.Report) (tile.Change, bool) {
	id, ok := tile.ParseID(string(r.ID))
	if !ok || !r.State.Open() || r.PointSource == "" || geo.CheckPosition(r.Point.Lon, r.Point.Lat) != nil {
		return tile.Change{Point: tile.Point{ID: id}, Gone: true}, ok
	}
	return tile.Change{Point: tile.Point{
		Key: tile.KeyOf(r.Point.Lon, r.Point.Lat), ID: id, Code: r.Code,
		Class:    tile.Class(m.classes.number(factsOf(r))),
		State:    uint8(slices.Index(report.States, r.State)),
		Priority: uint8(min(max(r.Priority, 0), tile.Priorities-1)),
		Flags:    flagsOf(r),
		Object:   uint16(min(m.objects.number(r.ObjectType), 1<<16-1)),
		Person:   uint32(m.people.number(r.Assignee)),
		Due:      dayNumber(r.PlannedCloseDate),
		At:       uint32(min(max(r.RegisteredAt.Unix(), 0), 1<<32-1)),
	}}, true
}

// The bits of a point's flags: whether the report is blocking, whether its
// planned day was told, how it was routed and how far it was escalated.
const (
	flagBlocking = 1 << 0
	flagTold     = 1 << 1
	flagRouting  = 2 // where the number begins, of 3 bits
	flagLevel    = 5 // of 8 bits
)

var routings = []report.Routing{"", report.RoutePending, report.Routed, report.RouteUncertain, report.RouteNearest, report.RouteUnroutable}

func flagsOf(r report.Report) uint16 {
	flags := uint16(max(slices.Index(routings, r.Routing), 0))<<flagRouting | uint16(min(max(r.EscalationLevel, 0), 255))<<flagLevel
	if r.Blocking {
		flags |= flagBlocking
	}
	if r.PlanState == report.PlanCommunicated {
		flags |= flagTold
	}
	return flags
}

// dayZero is the day before the first that a point can have.
var dayZero = time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)

// dayNumber counts days from 1, or is 0 for no day.
func dayNumber(day report.Date) uint16 {
	at, err := time.Parse(time.DateOnly, string(day))
	if err != nil {
		return 0
	}
	return uint16(min(max(at.Sub(dayZero)/(24*time.Hour), 0), 1<<16-1))
}

func dayOf(number uint16) string {
	if number == 0 {
		return ""
	}
	return dayZero.AddDate(0, 0, int(number)).Format(time.DateOnly)
}
