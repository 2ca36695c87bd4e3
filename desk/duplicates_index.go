package desk

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sestante/sestante/geo/nearby"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// neighbours holds the places of reports that another one may be a duplicate
// of. It follows the log of changes, which whoever asks looks at first: so
// nobody is shown less than what was there before they asked. The zero value
// knows nothing yet, and lets questions go to the database.
type neighbours struct {
	now  atomic.Pointer[neighboursNow]
	turn sync.Mutex // of who brings it up to date
}

// A neighboursNow is an index and how far it has followed which log.
type neighboursNow struct {
	index *nearby.Index
	epoch string
	seq   atomic.Int64
}

// FollowDuplicates brings up to date what reports lie near each other: the
// first time it reads all that are open or closed a short while ago, then what
// changed. Until it has been called once, duplicates are looked for in the
// database, which is slower. It also keeps the suggestions that were shown
// since, for the figures.
func (d *Desk) FollowDuplicates(ctx context.Context) error {
	if err := d.keepShown(ctx); err != nil {
		return err
	}
	d.near.turn.Lock()
	defer d.near.turn.Unlock()
	return d.near.follow(ctx, d.store, d.closedSince(d.cfg.Policy.DuplicateWindowDays))
}

// TidyDuplicates forgets what no longer counts: reports that closed too long
// ago, suggestions and likenesses of what is gone, suggestions on forms of which
// nothing came within days, and those that were followed instead of reported
// again a year and more ago.
func (d *Desk) TidyDuplicates(ctx context.Context) error {
	if now := d.near.now.Load(); now != nil {
		now.index.Forget(d.closedSince(d.cfg.Policy.DuplicateWindowDays))
	}
	if err := d.keepFollowed(ctx, nil); err != nil {
		return err
	}
	return d.store.SweepDuplicates(ctx, d.now().AddDate(0, 0, -idleDays), d.now().AddDate(0, 0, -unsentDays))
}

// How long suggestions on a form are kept that nothing came of, and those that
// no report came of because one of them was followed.
const (
	idleDays   = 3
	unsentDays = 400
)

// closedSince returns when what closed that many days ago did.
func (d *Desk) closedSince(days int) time.Time {
	return d.now().Add(-time.Duration(days) * 24 * time.Hour)
}

// follow reads what changed, or everything the first time and when the log is
// of another past than the one that was followed. Who calls it has the turn.
func (n *neighbours) follow(ctx context.Context, s *store.Store, closedSince time.Time) error {
	err := s.Snapshot(ctx, func(view *store.Store) error {
		head, err := view.Head(ctx)
		if err != nil {
			return err
		}
		now := n.now.Load()
		if now == nil || now.epoch != head.Epoch || now.seq.Load() > head.Seq {
			return n.read(ctx, view, head, closedSince)
		}
		if now.seq.Load() == head.Seq {
			return nil
		}
		err = view.ReportPlacesSince(ctx, now.seq.Load(), closedSince, now.put, func(id report.ID) { now.index.Delete(nearby.ID(id)) })
		if err != nil {
			return err // what was taken in is taken in again the next time
		}
		now.seq.Store(head.Seq)
		return nil
	})
	if err != nil {
		return fmt.Errorf("follow which reports lie near each other: %w", err)
	}
	return nil
}

// read fills a new index while the old one, if any, still answers.
func (n *neighbours) read(ctx context.Context, view *store.Store, head fieldsync.Head, closedSince time.Time) error {
	fresh := &neighboursNow{index: nearby.NewIndex(), epoch: head.Epoch}
	fresh.seq.Store(head.Seq)
	if err := view.ReportPlaces(ctx, closedSince, fresh.put); err != nil {
		return err
	}
	n.now.Store(fresh)
	return nil
}

// put takes a report in. One whose place or id nobody can search by is left
// out: it must not keep the others from being found.
func (n *neighboursNow) put(p store.ReportPlace) error {
	put(n.index, p)
	return nil
}

func put(x *nearby.Index, p store.ReportPlace) {
	err := x.Put(nearby.Report{
		ID: nearby.ID(p.ID), Lon: p.Lon, Lat: p.Lat, AccuracyM: p.AccuracyM,
		Registered: p.RegisteredAt, Closed: closedAt(p.State, p.ClosedAt), Object: nearby.Object(p.ObjectType), Public: p.Public,
	})
	if err != nil {
		x.Delete(nearby.ID(p.ID))
	}
}

// closedAt is when a report ended, and zero while it is open: a report that was
// reopened may still say when it had ended.
func closedAt(s report.State, at time.Time) time.Time {
	if s.Open() {
		return time.Time{}
	}
	return at
}

// search answers from the index when it is ready, and else from the database:
// nobody waits for somebody else's reading.
func (n *neighbours) search(ctx context.Context, s *store.Store, q nearby.Query, closedSince time.Time) ([]nearby.Hit, error) {
	now := n.now.Load()
	if now == nil {
		return searchStored(ctx, s, q)
	}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, err
	}
	behind := head.Seq - now.seq.Load()
	switch {
	case head.Epoch == now.epoch && behind == 0:
		return now.index.Search(q, nil), nil
	case head.Epoch != now.epoch, behind < 0, behind > mostBehind, !n.turn.TryLock():
		return searchStored(ctx, s, q)
	}
	defer n.turn.Unlock()
	if err := n.follow(ctx, s, closedSince); err != nil {
		return nil, err
	}
	return n.now.Load().index.Search(q, nil), nil
}

// mostBehind is how many changes, of anything, a question reads by itself.
const mostBehind = 5000

// mostStored bounds what a question reads from the database.
const mostStored = 500

// searchStored reads the boxes around the place into an index of their own.
func searchStored(ctx context.Context, s *store.Store, q nearby.Query) ([]nearby.Hit, error) {
	x := nearby.NewIndex()
	for _, box := range boxes(q.Lon, q.Lat, q.RadiusM) {
		err := s.ReportPlacesIn(ctx, box, q.ClosedSince, mostStored, func(p store.ReportPlace) error {
			put(x, p)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return x.Search(q, nil), nil
}

// boxes returns west, south, east and north of one box around a place, or of
// two where it lies across 180 degrees.
func boxes(lon, lat, metres float64) [][4]float64 {
	const degree = 110_500 // metres: no degree of latitude is shorter
	up := metres / degree
	south, north := max(-90, lat-up), min(90, lat+up)
	wide := 180.0
	if outermost := max(math.Abs(south), math.Abs(north)); outermost < 89.9 {
		wide = up / math.Cos(outermost*math.Pi/180)
	}
	west, east := lon-wide, lon+wide
	switch {
	case wide >= 180:
		return [][4]float64{{-180, south, 180, north}}
	case west < -180:
		return [][4]float64{{-180, south, east, north}, {west + 360, south, 180, north}}
	case east > 180:
		return [][4]float64{{west, south, 180, north}, {-180, south, east - 360, north}}
	}
	return [][4]float64{{west, south, east, north}}
}
