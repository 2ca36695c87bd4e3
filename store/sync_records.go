package store

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/pocketbase/dbx"

	fieldsync "github.com/sestante/sestante/sync"
)

// A recordKey names a record.
type recordKey struct{ coll, id string }

// A keptRecord is what a pull has read of a record: in which scopes it is and
// its bodies, by audience. It holds as long as the record's place in the log is
// seq: every change of a record, of what is in it or of where it is, gives it
// another number in every scope it is in, and a number is never given twice.
type keptRecord struct {
	seq, ver int64
	in       []int64
	bodies   [fieldsync.ForStaff + 1]body
}

type body struct {
	json []byte
	hash string
}

// recordBytes bounds what is kept of records for pulls, in bytes of bodies and
// an allowance for the rest.
const recordBytes = 160 << 20

// records keeps what pulls have read, so that the same body is not made for
// every device of a district. The zero records is ready. What was not used for
// a while goes: when the young half is full it becomes the old one, and what is
// used of the old one becomes young again.
type records struct {
	mu         sync.Mutex
	young, old map[recordKey]*keptRecord
	size       int
}

// find fills got with what is kept of the entries, nil for what is not.
func (r *records) find(entries []fieldsync.Entry, got []*keptRecord) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, e := range entries {
		if !e.In {
			continue
		}
		k := recordKey{e.Coll, e.ID}
		one := r.young[k]
		if one == nil {
			if one = r.old[k]; one != nil && one.seq == e.Seq {
				r.put(k, one)
			}
		}
		if one != nil && one.seq == e.Seq {
			got[i] = one
		}
	}
}

// keep remembers records. They must not be changed any more.
func (r *records) keep(entries []fieldsync.Entry, got []*keptRecord) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, e := range entries {
		if e.In && got[i] != nil && got[i].seq == e.Seq {
			r.put(recordKey{e.Coll, e.ID}, got[i])
		}
	}
}

func (r *records) put(k recordKey, one *keptRecord) {
	const overhead = 250 // of the key, the map and the record
	n := overhead + len(k.id) + 8*len(one.in)
	for _, b := range one.bodies {
		n += len(b.json)
	}
	if r.size += n; r.young == nil || r.size > recordBytes/2 {
		r.young, r.old, r.size = map[recordKey]*keptRecord{}, r.young, n
	}
	r.young[k] = one
}

// Records returns where the record of each entry is now and what may be read of
// it.
func (s *Store) Records(ctx context.Context, entries []fieldsync.Entry, choose fieldsync.Chooser) ([]fieldsync.Record, error) {
	got := make([]*keptRecord, len(entries))
	s.kept.find(entries, got)
	if err := s.locate(ctx, entries, got); err != nil {
		return nil, err
	}
	out := make([]fieldsync.Record, len(entries))
	wanted := map[string]*[fieldsync.ForStaff + 1][]int{}
	for i, e := range entries {
		if got[i] == nil {
			continue
		}
		held, a := choose(e.Coll, got[i].in)
		if len(held) == 0 {
			continue
		}
		b := got[i].bodies[a]
		out[i] = fieldsync.Record{Ver: got[i].ver, In: held, Body: b.json, Hash: b.hash}
		if b.json != nil {
			continue
		}
		if wanted[e.Coll] == nil {
			wanted[e.Coll] = &[fieldsync.ForStaff + 1][]int{}
		}
		wanted[e.Coll][a] = append(wanted[e.Coll][a], i)
	}
	if len(wanted) == 0 {
		return out, nil
	}
	for coll, byAudience := range wanted {
		for a, at := range byAudience {
			if err := s.readBodies(ctx, coll, fieldsync.Audience(a), at, entries, got, out); err != nil {
				return nil, err
			}
		}
	}
	s.kept.keep(entries, got)
	return out, nil
}

// readBodies reads the bodies for one audience of the entries at those places.
func (s *Store) readBodies(ctx context.Context, coll string, a fieldsync.Audience, at []int, entries []fieldsync.Entry, got []*keptRecord, out []fieldsync.Record) error {
	if len(at) == 0 {
		return nil
	}
	ids := make([]string, len(at))
	for n, i := range at {
		ids[n] = entries[i].ID
	}
	bodies, err := s.Bodies(ctx, coll, a, ids)
	if err != nil {
		return fmt.Errorf("read %s: %w", coll, err)
	}
	for n, i := range at {
		raw := bodies[ids[n]]
		if raw == nil {
			continue
		}
		b := body{raw, fieldsync.BodyHash(raw)}
		out[i].Body, out[i].Hash = b.json, b.hash
		with := *got[i] // somebody else may be reading the one that is kept
		with.bodies[a] = b
		got[i] = &with
	}
	return nil
}

// locate finds out where the records are that got does not know.
func (s *Store) locate(ctx context.Context, entries []fieldsync.Entry, got []*keptRecord) error {
	at := map[string]map[string]int{}
	ids := map[string]list{}
	for i, e := range entries {
		if got[i] != nil {
			continue
		}
		if at[e.Coll] == nil {
			at[e.Coll] = map[string]int{}
		}
		at[e.Coll][e.ID] = i
		ids[e.Coll] = append(ids[e.Coll], e.ID)
	}
	for coll, all := range ids {
		if err := s.locateIn(ctx, coll, all, at[coll], got); err != nil {
			return fmt.Errorf("look up %s: %w", coll, err)
		}
	}
	return nil
}

func (s *Store) locateIn(ctx context.Context, coll string, ids list, at map[string]int, got []*keptRecord) error {
	const q = `
		SELECT r.id, r.ver, m.scope, m.seq
		FROM json_each({:ids}) AS e
		CROSS JOIN _s_rec AS r ON r.coll = {:coll} AND r.id = e.value AND r.del = 0
		CROSS JOIN _s_member AS m ON m.coll = r.coll AND m.id = r.id AND m.st = 1`
	rows, err := s.read.NewQuery(q).Bind(dbx.Params{"coll": coll, "ids": ids}).WithContext(ctx).Rows()
	if err != nil {
		return wrap(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		var ver, scope, seq int64
		if err := rows.Scan(&id, &ver, &scope, &seq); err != nil {
			return err
		}
		i := at[id]
		if got[i] == nil {
			got[i] = &keptRecord{seq: seq, ver: ver}
		}
		got[i].in = append(got[i].in, scope)
	}
	for _, i := range at {
		if got[i] != nil {
			slices.Sort(got[i].in)
		}
	}
	return wrap(rows.Err())
}
