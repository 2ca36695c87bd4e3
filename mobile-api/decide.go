package mobileapi

import (
	"context"
	"strconv"

	"github.com/sestante/sestante/desk"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// What pushes leave behind for people to decide about: values that lost,
// changes that were refused, changes that wait for an operator, and what
// devices were found to hold wrongly. Who may see and decide what is the desk's to say.

// A Conflicts is a list of values that lost, the newest first.
type Conflicts struct {
	Conflicts []fieldsync.Conflict `json:"conflicts"`
}

func (a *API) conflicts(ctx context.Context, r *request) (Conflicts, error) {
	limit, err := r.limit()
	if err != nil {
		return Conflicts{}, err
	}
	state := r.query.Get("state")
	if err := oneOf("state", state, words(string(fieldsync.ConflictOpen), string(fieldsync.ConflictDecided))); err != nil {
		return Conflicts{}, err
	}
	all, err := a.cfg.Sync.Conflicts(ctx, r.who, store.ConflictFilter{
		Person: report.PersonID(r.query.Get("person")), Device: r.query.Get("device"), Coll: r.query.Get("collection"),
		Record: r.query.Get("record"), State: fieldsync.ConflictState(state), Limit: limit,
	})
	return Conflicts{some(all)}, err
}

// A Choice says which value of a conflict is to stand.
type Choice struct {
	Keep string `json:"keep"` // mine, of the device, or theirs, that stood
}

func (a *API) resolveConflict(ctx context.Context, r *request) (answer, error) {
	var c Choice
	if err := r.body.decode(&c); err != nil {
		return answer{}, err
	}
	return answer{}, a.cfg.Sync.ResolveConflict(ctx, r.who, r.path("id"), fieldsync.Side(c.Keep))
}

// A Letters is a list of changes that were refused, the newest first.
type Letters struct {
	Letters []fieldsync.Letter `json:"letters"`
}

func (a *API) letters(ctx context.Context, r *request) (Letters, error) {
	limit, err := r.limit()
	if err != nil {
		return Letters{}, err
	}
	state := r.query.Get("state")
	if err := oneOf("state", state, words(string(fieldsync.LetterOpen), string(fieldsync.LetterFixed), string(fieldsync.LetterDismissed))); err != nil {
		return Letters{}, err
	}
	all, err := a.cfg.Sync.DeadLetters(ctx, r.who, store.LetterFilter{
		Person: report.PersonID(r.query.Get("person")), Device: r.query.Get("device"), State: fieldsync.LetterState(state), Limit: limit,
	})
	return Letters{some(all)}, err
}

func (a *API) dismissLetter(ctx context.Context, r *request) (answer, error) {
	return answer{}, a.cfg.Sync.DismissLetter(ctx, r.who, r.path("id"))
}

// A Quarantined is a list of changes that wait for an operator, the oldest
// first.
type Quarantined struct {
	Mutations []store.Quarantine `json:"mutations"`
}

func (a *API) quarantined(ctx context.Context, r *request) (Quarantined, error) {
	limit, err := r.limit()
	if err != nil {
		return Quarantined{}, err
	}
	all, err := a.cfg.Sync.Quarantined(ctx, r.who, r.query.Get("device"), limit)
	return Quarantined{some(all)}, err
}

// A Released is how the changes ended that were let out of quarantine, or given
// up there.
type Released struct {
	Results []fieldsync.Result `json:"results"`
}

// quarantine returns the handler of a decision about a change in quarantine.
func quarantine(decide func(ctx context.Context, who report.Actor, device string, mid int64) ([]fieldsync.Result, error)) handler {
	return func(ctx context.Context, r *request) (answer, error) {
		mid, err := strconv.ParseInt(r.path("mid"), 10, 64)
		if err != nil || mid < 1 {
			return answer{}, ErrValue.In("mid").With("a whole number from 1")
		}
		res, err := decide(ctx, r.who, r.path("id"), mid)
		return answer{body: Released{some(res)}}, err
	}
}

// A Divergences is a list of what devices were found to hold wrongly, the last
// first.
type Divergences struct {
	Divergences []desk.Divergence `json:"divergences"`
}

func (a *API) divergences(ctx context.Context, r *request) (Divergences, error) {
	limit, err := r.limit()
	if err != nil {
		return Divergences{}, err
	}
	all, err := a.cfg.Sync.Divergences(ctx, r.who, r.query.Get("device"), limit)
	return Divergences{some(all)}, err
}
