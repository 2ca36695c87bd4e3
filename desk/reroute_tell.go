package desk

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/notify"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
)

// tellRerouted tells everybody concerned of all that moved, in one notice each,
// and ends the re-routing, all of it or none.
func (d *Desk) tellRerouted(ctx context.Context, run store.Rerouting) (store.Rerouting, error) {
	r, err := d.routes(ctx)
	if err != nil {
		return run, err
	}
	next := run
	next.State, next.EndedAt = store.ReroutingDone, d.now()
	return d.advance(ctx, run, next, func(tx *store.Store, next *store.Rerouting) error {
		groups, err := tx.MoveGroups(ctx, run.ID)
		if err != nil {
			return err
		}
		digest := &digest{d: d, tx: tx, r: r, told: map[report.PersonID]map[flow]int{}, flows: map[flow]int{}}
		for _, g := range groups {
			if err := digest.add(ctx, g); err != nil {
				return err
			}
		}
		if err := digest.share(ctx); err != nil {
			return err
		}
		next.Flows = flowsOf(digest.flows)
		if next.Told, err = digest.send(ctx, run); err != nil {
			return err
		}
		return tx.DropMoves(ctx, run.ID)
	})
}

// A flow is from one area to another, by what they are called: versions of one
// area are one.
type flow struct{ from, to string }

// A digest is what each person will be told of.
type digest struct {
	d    *Desk
	tx   *store.Store
	r    *router
	told map[report.PersonID]map[flow]int
	sure map[report.AreaID][]report.PersonID // leads by district

	flows map[flow]int // of all
}

// add notes a group of moves for those whose work it was or is.
func (g *digest) add(ctx context.Context, m store.MoveGroup) error {
	way := flow{g.r.code(m.From), g.r.code(m.To)}
	if way.from == way.to && m.FromOrg == m.ToOrg {
		return nil // as sure as not before, or back where it was
	}
	g.flows[way] += m.Reports
	g.tell(m.Assignee, way, m.Reports)
	for _, org := range slices.Compact([]report.OrgID{m.FromOrg, m.ToOrg}) {
		if org == "" || m.FromOrg == m.ToOrg {
			continue
		}
		people, err := g.tx.PeopleWith(ctx, []report.Role{report.RolePartnerUser}, "", org, g.d.now())
		if err != nil {
			return err
		}
		for _, p := range people {
			g.tell(p, way, m.Reports)
		}
	}
	for _, district := range []report.AreaID{m.From, m.To} {
		people, err := g.leads(ctx, district)
		if err != nil {
			return err
		}
		for _, p := range people {
			g.whole(p, way)
		}
	}
	return nil
}

// leads returns who leads a district.
func (g *digest) leads(ctx context.Context, district report.AreaID) ([]report.PersonID, error) {
	if district == "" {
		return nil, nil
	}
	if people, ok := g.sure[district]; ok {
		return people, nil
	}
	people, err := g.tx.PeopleWith(ctx, []report.Role{report.RoleDistrictLead}, district, "", g.d.now())
	if err != nil {
		return nil, err
	}
	if g.sure == nil {
		g.sure = map[report.AreaID][]report.PersonID{}
	}
	g.sure[district] = people
	return people, nil
}

// share tells those who are concerned by every move: the coordinators, and the
// second level when something belongs nowhere now.
func (g *digest) share(ctx context.Context) error {
	coordinators, err := g.tx.PeopleWith(ctx, []report.Role{report.RoleCoordinator}, "", "", g.d.now())
	if err != nil {
		return err
	}
	second, err := g.tx.PeopleWith(ctx, []report.Role{report.RoleL2}, "", "", g.d.now())
	if err != nil {
		return err
	}
	for way := range g.flows {
		for _, p := range coordinators {
			g.whole(p, way)
		}
		if way.to != "" {
			continue
		}
		for _, p := range second {
			g.whole(p, way)
		}
	}
	return nil
}

// everything stands for all reports of a flow.
const everything = -1

func (g *digest) tell(p report.PersonID, way flow, n int) {
	if p == "" || p == report.System {
		return
	}
	if g.told[p] == nil {
		g.told[p] = map[flow]int{}
	}
	if g.told[p][way] != everything {
		g.told[p][way] += n
	}
}

func (g *digest) whole(p report.PersonID, way flow) {
	g.tell(p, way, 0)
	if p != "" {
		g.told[p][way] = everything
	}
}

// send enqueues one notice for each person and returns how many are new.
func (g *digest) send(ctx context.Context, run store.Rerouting) (int, error) {
	org, err := g.tx.ContactPoint(ctx)
	if err != nil {
		return 0, err
	}
	var notices []notify.Notice
	for _, p := range slices.Sorted(maps.Keys(g.told)) {
		n, err := notify.New(g.d.now(), notify.Event{
			Cause: notify.Rerouted, Person: notify.PersonID(p), Run: run.ID, Org: notify.OrgID(org),
			Params: notify.Params{Moved: g.moved(g.told[p])}, Zone: g.d.cfg.Policy.Location,
		})
		if err != nil {
			return 0, err
		}
		notices = append(notices, n)
	}
	return g.tx.Enqueue(ctx, g.d.now(), notices)
}

// moved sums up what one person is told.
func (g *digest) moved(ways map[flow]int) *notify.Moved {
	out := &notify.Moved{}
	own := map[flow]int{}
	for way, n := range ways {
		if n == everything {
			n = g.flows[way]
		}
		own[way] = n
		out.Count += n
	}
	most := flowsOf(own)[0]
	out.From, out.To, out.Most = g.r.name(most.From), g.r.name(most.To), most.Reports
	return out
}

// flowsOf lists flows, the widest first, then by code.
func flowsOf(flows map[flow]int) []store.Flow {
	out := []store.Flow{}
	for way, n := range flows {
		out = append(out, store.Flow{From: way.from, To: way.to, Reports: n})
	}
	slices.SortFunc(out, func(a, b store.Flow) int {
		return cmp.Or(cmp.Compare(b.Reports, a.Reports), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}

// code names an area in whichever version: districts by their code alone, and
// an overlay that has the code of a district by its kind too. The empty
// identifier has no code.
func (r *router) code(id report.AreaID) string {
	a, ok := r.index.ByID(geo.AreaID(id))
	switch {
	case !ok:
		return string(id) // it was deleted
	case a.Kind == geo.District:
		return a.Code
	default:
		return string(a.Kind) + ":" + a.Code
	}
}

// name is what people call the area of a code.
func (r *router) name(code string) string {
	name := code
	for _, a := range r.index.Areas() {
		if r.code(report.AreaID(a.ID)) == code {
			name = a.Name // the last version's
		}
	}
	return name
}
