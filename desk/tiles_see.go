package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo/tile"
	"github.com/sestante/sestante/report"
)

// ErrMapEnded answers a question for tiles of reports that have ended.
var ErrMapEnded = fault.Define(fault.Invalid, "tile.ended",
	"Map tiles hold open reports. Ask for the ended ones by their list, or by map/reports.",
	"I riquadri della mappa contengono le segnalazioni aperte. Per quelle concluse usa l'elenco o map/reports.")

// A TileQuery narrows the reports of a tile; empty fields do not narrow.
type TileQuery struct {
	States      []report.State // open ones; of reports whose state the caller may not know, whole phases count
	Priorities  []int          // 1 to 4; narrows to reports whose priority the caller may know
	ObjectTypes []string       // ids or codes
	Districts   []string       // ids or codes
	From, To    time.Time      // registered from the one, before the other, which is later
}

// How much somebody sees of a report on the map.
const (
	sightPublic   tile.Sight = 1 // how far it has come
	sightReporter tile.Sight = 2 // and its state
	sightWork     tile.Sight = 3 // and its priority, its plan and who works on it
)

// onlyReports are the roles of people who report and do not work on reports.
var onlyReports = []report.Role{report.RoleCitizen, report.RoleAccredited}

// works reports whether the map of somebody is that of their work. Others see
// what they reported and what anybody may know.
func works(who report.Actor) bool {
	return slices.ContainsFunc(who.Grants, func(g report.Grant) bool { return !slices.Contains(onlyReports, g.Role) })
}

// sightOf says how much of a report somebody sees on the map, by the one rule
// of who may read it.
func sightOf(who report.Actor, r report.Report) tile.Sight {
	audience, ok := report.MayRead(who, r)
	if !ok {
		return 0
	}
	switch audience {
	case report.AudiencePublic:
		if works(who) {
			return 0 // as on map/reports
		}
		return sightPublic
	case report.AudienceReporter:
		return sightReporter
	case report.AudienceField, report.AudienceStaff:
		return sightWork
	default:
		return 0
	}
}

// A viewer is what somebody sees of the map of one moment.
type viewer struct {
	now   *mapNow
	key   string       // who it is, and in which roles
	sight []tile.Sight // by class
	own   []tile.Own   // of which they see more than of the class
	sees  [16]byte     // the same for all who see the same
}

// viewers keeps what people see, because a screen asks for many tiles at once.
type viewers struct {
	mu   sync.Mutex
	kept map[string]*viewer
}

// keptViewers bounds how many people's are kept.
const keptViewers = 512

func (v *viewers) get(key string) *viewer {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.kept[key]
}

func (v *viewers) put(w *viewer) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.kept == nil || len(v.kept) >= keptViewers {
		v.kept = map[string]*viewer{}
	}
	v.kept[w.key] = w
}

func (v *viewers) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kept = nil
}

// viewer returns what somebody sees of the map as it is now.
func (d *Desk) viewer(ctx context.Context, who report.Actor) (*viewer, error) {
	now, err := d.mapNow(ctx)
	if err != nil {
		return nil, err
	}
	key := viewerKey(who)
	old := d.live.see.get(key)
	if old != nil && old.now == now {
		return old, nil
	}
	v := &viewer{now: now, key: key}
	if old != nil && old.now.life == now.life {
		v.sight = slices.Clone(old.sight) // classes are only ever added
	}
	for _, f := range now.classes[len(v.sight):] {
		v.sight = append(v.sight, sightOf(who, f.report()))
	}
	if who.ID != "" {
		if v.own, err = d.own(ctx, who, v); err != nil {
			return nil, err
		}
	}
	h := sha256.New()
	for _, s := range v.sight {
		h.Write([]byte{byte(s)})
	}
	for _, o := range v.own {
		h.Write(append(o.ID[:], byte(o.Sight)))
	}
	copy(v.sees[:], h.Sum(nil))
	d.live.see.put(v)
	return v, nil
}

// viewerKey tells people apart by all that sightOf looks at.
func viewerKey(who report.Actor) string {
	if who.ID == "" {
		return ""
	}
	var key strings.Builder
	key.WriteString(string(who.ID))
	for _, g := range who.Grants {
		_, _ = fmt.Fprintf(&key, "|%s/%s", g.Role, g.Org)
		for _, id := range g.Districts {
			key.WriteByte(',')
			key.WriteString(string(id))
		}
	}
	return key.String()
}

// own returns the points of which somebody sees more than others because they
// made the report or work on it.
func (d *Desk) own(ctx context.Context, who report.Actor, v *viewer) ([]tile.Own, error) {
	mine, err := d.store.Mine(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	var own []tile.Own
	for _, m := range mine {
		id, _ := tile.ParseID(string(m.ID))
		p, ok := v.now.set.Find(tile.KeyOf(m.Point.Lon, m.Point.Lat), id)
		if !ok {
			continue
		}
		r := v.now.classes[p.Class].report()
		r.Reporter, r.Assignee = m.Reporter, m.Assignee
		if sight := sightOf(who, r); sight > v.sight[p.Class] {
			own = append(own, tile.Own{Point: p, Sight: sight})
		}
	}
	slices.SortFunc(own, func(a, b tile.Own) int { return cmp.Compare(a.Key, b.Key) })
	return own, nil
}

// tileQuery turns what somebody asks for into what the set is asked.
func (d *Desk) tileQuery(ctx context.Context, v *viewer, q TileQuery) (tile.Query, error) {
	out := tile.Query{
		Sight: v.sight, Own: v.own, Coarse: stateBits(wholePhases(q.States)),
		KnowsStates: 1<<sightReporter | 1<<sightWork, KnowsPriorities: 1 << sightWork,
	}
	if i := slices.IndexFunc(q.States, func(s report.State) bool { return !s.Open() }); i >= 0 {
		return out, ErrMapEnded.In("status").With("%s", q.States[i])
	}
	out.States = stateBits(q.States)
	for _, p := range q.Priorities {
		out.Priorities |= 1 << min(max(p, 0), tile.Priorities-1)
	}
	if !q.From.IsZero() {
		out.From = uint32(min(max(q.From.Unix(), 0), 1<<32-1))
	}
	if !q.To.IsZero() {
		out.To = uint32(min(max(q.To.Unix(), 1), 1<<32-1))
	}
	if err := d.tileObjects(ctx, v, &out, q.ObjectTypes); err != nil {
		return out, err
	}
	return out, d.tileDistricts(ctx, v, &out, q.Districts)
}

func stateBits(states []report.State) uint32 {
	var set uint32
	for _, s := range states {
		set |= 1 << slices.Index(report.States, s)
	}
	return set
}

// tileObjects keeps only some kinds of things.
func (d *Desk) tileObjects(ctx context.Context, v *viewer, out *tile.Query, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	out.Objects = map[uint16]bool{}
	for _, key := range keys {
		o, ok, err := d.store.ObjectType(ctx, key)
		if err != nil {
			return err
		}
		if n := slices.Index(v.now.objects, o.ID); ok && n >= 0 {
			out.Objects[uint16(min(n, 1<<16-1))] = true
		}
	}
	return nil
}

// tileDistricts takes away what lies in other districts.
func (d *Desk) tileDistricts(ctx context.Context, v *viewer, out *tile.Query, keys []string) error {
	ids, err := d.districts(ctx, keys)
	if err != nil || len(keys) == 0 {
		return err
	}
	out.Sight = slices.Clone(v.sight)
	for class, f := range v.now.classes {
		if !slices.Contains(ids, f.district) {
			out.Sight[class] = 0
		}
	}
	out.Own = slices.DeleteFunc(slices.Clone(v.own), func(o tile.Own) bool { return !slices.Contains(ids, v.now.classes[o.Class].district) })
	return nil
}
