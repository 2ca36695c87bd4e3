package desk

import (
	"context"
	"time"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	"github.com/sestante/sestante/store"
	fieldsync "github.com/sestante/sestante/sync"
)

// errGated answers a verification while what was committed is not yet to
// be shown: the digests would tell of it.
var errGated = fault.Define(fault.Busy, "sync.gated",
	"The server cannot verify right now. Try again later.", "Il server non può verificare in questo momento. Riprova più tardi.")

// Verify answers a device that asks whether what it holds is right, line by
// line (see fieldsync.Verify), from one state of the database. What is found to
// differ is kept for an operator. The errors are those of Pull.
func (s *Sync) Verify(ctx context.Context, who report.Actor, req fieldsync.VerifyRequest, emit func(line any) error) error {
	key, _, err := s.admit(ctx, who, req.Device)
	if err != nil {
		return err
	}
	d := s.desk
	var found []fieldsync.Divergence
	err = d.store.Snapshot(ctx, func(view *store.Store) error {
		head, err := view.Head(ctx)
		if err != nil {
			return err
		}
		if shown, err := s.cfg.Gates.Shown(ctx, head.Seq); err != nil || shown < head.Seq {
			return errGated
		}
		found, err = fieldsync.Verify(ctx, view, who.ID, key, req, emit)
		return err
	})
	if err != nil || len(found) == 0 {
		return err
	}
	d.log.WarnContext(ctx, "a device held what it should not, or lacked what it should hold", "device", req.Device, "digests", len(found))
	return d.store.InTx(context.WithoutCancel(ctx), func(tx *store.Store) error {
		for _, one := range found {
			if err := tx.KeepDivergence(ctx, newID(), req.Device, d.now(), one); err != nil {
				return err
			}
		}
		return nil
	})
}

// Digests returns what each scope holds; nil while part of the log is not to be
// shown yet, because the digests are of all of it.
func (g gated) Digests(ctx context.Context, scopes []int64) ([]fieldsync.Digested, error) {
	head, err := g.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	if shown, err := g.gates.Shown(ctx, head.Seq); err != nil || shown < head.Seq {
		return nil, err
	}
	return g.Store.Digests(ctx, scopes)
}

// touchEvery is how often a pull writes down where its device stands: an
// operator need not know it to the second, and an idle pull must not write.
const touchEvery = 5 * time.Minute

// saw writes down where a device stands that pulls without pushing.
func (s *Sync) saw(ctx context.Context, who report.Actor, req fieldsync.PullRequest, key []byte) error {
	if req.Cursor == "" {
		return nil
	}
	cur, err := fieldsync.OpenCursor(key, who.ID, req.Cursor)
	if err != nil {
		return err
	}
	return s.desk.store.SawDevice(ctx, req.Device, cur.Seq, s.desk.now(), touchEvery)
}

// exitsKept is how long the log remembers what left a scope, and exitsAtOnce
// how many it forgets in one transaction.
const (
	exitsKept   = 180 * 24 * time.Hour
	exitsAtOnce = 5000
)

// ClearExits forgets what left a scope half a year ago and that every device
// seen since then has been told, and the copies of what was deleted then. It is
// for a job, once a day.
func (s *Sync) ClearExits(ctx context.Context) (cleared int64, err error) {
	if err := s.desk.store.ClearTombs(ctx, s.desk.now().Add(-exitsKept)); err != nil {
		return 0, err
	}
	for {
		n, err := s.desk.store.ClearExits(ctx, s.desk.now().Add(-exitsKept), exitsAtOnce)
		cleared += n
		if err != nil || n < exitsAtOnce {
			return cleared, err
		}
	}
}
