package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/geo"
	"github.com/sestante/sestante/report"
)

// ErrNoImport answers for an import that is not there, or not for who asks.
var ErrNoImport = fault.Define(fault.NotFound, "area.import_none",
	"There is no such import, or it is not for you.", "L'importazione non esiste o non è per te.")

// The states of an import of areas.
const (
	ImportReading    = "reading"    // the file is decoded
	ImportChecking   = "checking"   // what would change is worked out
	ImportPreviewed  = "previewed"  // a person decides
	ImportCommitting = "committing" // it is put in force
	ImportDone       = "done"
	ImportRefused    = "refused" // nothing of it was kept
)

// An AreaImport is one import of areas as it is kept. What is JSON in it is the
// desk's to read.
type AreaImport struct {
	ID        string
	State     string
	Name      string // of the file
	Size      int64  // of the file, bytes
	Options   json.RawMessage
	Person    report.PersonID
	Worker    string // the process that works on it; empty when none does
	Done      int64  // of Total, in the present state
	Total     int64
	Problems  json.RawMessage
	Notes     json.RawMessage
	Preview   json.RawMessage
	Stamp     string // AreaStamp of the areas the preview is about
	Changes   json.RawMessage
	Reverts   string // id of the import that this one undoes
	CreatedAt time.Time
	UpdatedAt time.Time
}

type areaImportRow struct {
	ID        string `db:"id"`
	State     string `db:"state"`
	Name      string `db:"name"`
	Size      int64  `db:"size"`
	Options   object `db:"options"`
	Person    string `db:"person"`
	Worker    string `db:"worker"`
	Done      int64  `db:"done"`
	Total     int64  `db:"total"`
	Problems  object `db:"problems"`
	Notes     object `db:"notes"`
	Preview   object `db:"preview"`
	Stamp     string `db:"stamp"`
	Changes   object `db:"changes"`
	Reverts   string `db:"reverts"`
	CreatedAt stamp  `db:"createdAt"`
	UpdatedAt stamp  `db:"updatedAt"`
}

func (r areaImportRow) imported() AreaImport {
	return AreaImport{
		ID: r.ID, State: r.State, Name: r.Name, Size: r.Size, Options: json.RawMessage(r.Options), Person: report.PersonID(r.Person),
		Worker: r.Worker, Done: r.Done, Total: r.Total, Problems: json.RawMessage(r.Problems), Notes: json.RawMessage(r.Notes),
		Preview: json.RawMessage(r.Preview), Stamp: r.Stamp, Changes: json.RawMessage(r.Changes), Reverts: r.Reverts,
		CreatedAt: time.Time(r.CreatedAt), UpdatedAt: time.Time(r.UpdatedAt),
	}
}

func (i AreaImport) params() dbx.Params {
	text := func(raw json.RawMessage) string {
		if len(raw) == 0 {
			return "null"
		}
		return string(raw)
	}
	return dbx.Params{
		"id": i.ID, "state": i.State, "name": i.Name, "size": i.Size, "options": text(i.Options), "person": i.Person, "worker": i.Worker,
		"done": i.Done, "total": i.Total, "problems": text(i.Problems), "notes": text(i.Notes), "preview": text(i.Preview), "stamp": i.Stamp,
		"changes": text(i.Changes), "reverts": i.Reverts, "createdAt": stamp(i.CreatedAt), "updatedAt": stamp(i.UpdatedAt),
	}
}

// InsertAreaImport adds an import.
func (s *Store) InsertAreaImport(ctx context.Context, i AreaImport) error {
	const q = `
		INSERT INTO _area_imports (id, seq, state, name, size, options, person, worker, done, total, problems, notes, preview, stamp,
			changes, reverts, createdAt, updatedAt)
		VALUES ({:id}, (SELECT COALESCE(MAX(seq), 0) + 1 FROM _area_imports), {:state}, {:name}, {:size}, {:options}, {:person}, {:worker},
			{:done}, {:total}, {:problems}, {:notes}, {:preview}, {:stamp}, {:changes}, {:reverts}, {:createdAt}, {:updatedAt})`
	if err := s.exec(ctx, q, i.params()); err != nil {
		return fmt.Errorf("insert import %s: %w", i.ID, err)
	}
	return nil
}

// UpdateAreaImport replaces an import that is in one of the states from. It
// returns false when it is not, or is no more.
func (s *Store) UpdateAreaImport(ctx context.Context, i AreaImport, from ...string) (bool, error) {
	const q = `
		UPDATE _area_imports SET state = {:state}, size = {:size}, worker = {:worker}, done = {:done}, total = {:total},
			problems = {:problems}, notes = {:notes}, preview = {:preview}, stamp = {:stamp}, changes = {:changes}, updatedAt = {:updatedAt}
		WHERE id = {:id} AND state IN (SELECT value FROM json_each({:from}))`
	p := i.params()
	p["from"] = list(from)
	n, err := s.change(ctx, q, p)
	if err != nil {
		return false, fmt.Errorf("update import %s: %w", i.ID, err)
	}
	return n == 1, nil
}

// AreaImport returns one import, or ErrNoImport.
func (s *Store) AreaImport(ctx context.Context, id string) (AreaImport, error) {
	var row areaImportRow
	ok, err := s.row(ctx, &row, `SELECT * FROM _area_imports WHERE id = {:id}`, dbx.Params{"id": id})
	if err != nil {
		return AreaImport{}, fmt.Errorf("read import %s: %w", id, err)
	}
	if !ok {
		return AreaImport{}, fmt.Errorf("read import %s: %w", id, ErrNoImport)
	}
	return row.imported(), nil
}

// AreaImports returns imports, the newest first, at most so many; those in
// some states only, when states are named.
func (s *Store) AreaImports(ctx context.Context, limit int, states ...string) ([]AreaImport, error) {
	const q = `
		SELECT * FROM _area_imports WHERE {:all} OR state IN (SELECT value FROM json_each({:states}))
		ORDER BY seq DESC LIMIT {:limit}`
	var rows []areaImportRow
	if err := s.rows(ctx, &rows, q, dbx.Params{"all": len(states) == 0, "states": list(states), "limit": limit}); err != nil {
		return nil, fmt.Errorf("read the imports: %w", err)
	}
	out := make([]AreaImport, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.imported())
	}
	return out, nil
}

// DeleteAreaImport forgets an import in one of the states. It returns false
// when it is in another, or is no more.
func (s *Store) DeleteAreaImport(ctx context.Context, id string, from ...string) (bool, error) {
	const q = `DELETE FROM _area_imports WHERE id = {:id} AND state IN (SELECT value FROM json_each({:from}))`
	n, err := s.change(ctx, q, dbx.Params{"id": id, "from": list(from)})
	return n == 1, err
}

// KeepImportRows notes which versions an import put in force and which it ended.
func (s *Store) KeepImportRows(ctx context.Context, id string, added, ended []geo.AreaID) error {
	const q = `INSERT INTO _area_import_rows (import, area, did) SELECT {:id}, value, {:did} FROM json_each({:areas})`
	for did, areas := range map[string][]geo.AreaID{"added": added, "ended": ended} {
		if err := s.exec(ctx, q, dbx.Params{"id": id, "did": did, "areas": list(names[string](areas))}); err != nil {
			return fmt.Errorf("note the areas of import %s: %w", id, err)
		}
	}
	return nil
}

// ImportRows returns which versions an import put in force and which it ended.
func (s *Store) ImportRows(ctx context.Context, id string) (added, ended []geo.AreaID, err error) {
	var rows []struct {
		Area geo.AreaID `db:"area"`
		Did  string     `db:"did"`
	}
	if err := s.rows(ctx, &rows, `SELECT area, did FROM _area_import_rows WHERE import = {:id} ORDER BY area`, dbx.Params{"id": id}); err != nil {
		return nil, nil, fmt.Errorf("read the areas of import %s: %w", id, err)
	}
	for _, r := range rows {
		if r.Did == "added" {
			added = append(added, r.Area)
		} else {
			ended = append(ended, r.Area)
		}
	}
	return added, ended, nil
}

// AreaVersions returns the versions of the areas of a kind and a code, without
// their geometry; an empty kind or code is any.
func (s *Store) AreaVersions(ctx context.Context, kind geo.Kind, code string) ([]geo.Area, error) {
	const q = `
		SELECT id, code, name, kind, parent, NULL AS geometry, minLon, minLat, maxLon, maxLat, areaM2, validFrom, validTo,
			source, remark, confirmed, priority, selector
		FROM areas WHERE ({:kind} = '' OR kind = {:kind}) AND ({:code} = '' OR code = {:code})
		ORDER BY kind, code, validFrom`
	var rows []areaRow
	if err := s.rows(ctx, &rows, q, dbx.Params{"kind": kind, "code": code}); err != nil {
		return nil, fmt.Errorf("read the versions of areas: %w", err)
	}
	return areasOf(rows)
}
