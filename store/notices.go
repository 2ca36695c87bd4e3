package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/notify"
)

// ErrNoNotice answers for a notice that is not there, is somebody else's, or is
// not in the state asked for.
var ErrNoNotice = fault.Define(fault.NotFound, "notice.none",
	"There is no such notice.", "Questa notifica non esiste.")

// noticeRow is a notice as it is stored.
type noticeRow struct {
	ID        string `db:"id"`
	Seq       int64  `db:"seq"`
	Dedupe    string `db:"dedupe"`
	Person    string `db:"person"`
	Cause     string `db:"cause"`
	Report    string `db:"report"`
	Collapse  string `db:"collapse"`
	Params    object `db:"params"`
	Priority  int    `db:"priority"`
	State     string `db:"state"`
	NotBefore stamp  `db:"notBefore"`
	Expires   stamp  `db:"expires"`
	CreatedAt stamp  `db:"createdAt"`
	Org       string `db:"org"`
}

var notices = tableOf("notices", noticeRow{})

// leaseRow is a stored notice with how sending it goes.
type leaseRow struct {
	noticeRow
	Attempts   int    `db:"attempts"`
	LeaseUntil stamp  `db:"leaseUntil"`
	LastError  string `db:"lastError"`
	SentAt     stamp  `db:"sentAt"`
	ReceivedAt stamp  `db:"receivedAt"`
	OpenedAt   stamp  `db:"openedAt"`
}

func (r noticeRow) notice() (notify.Notice, error) {
	n := notify.Notice{
		ID: notify.ID(r.ID), Dedupe: r.Dedupe, Person: notify.PersonID(r.Person), Cause: notify.Cause(r.Cause),
		Report: notify.ReportID(r.Report), Collapse: r.Collapse, Priority: notify.Priority(r.Priority),
		NotBefore: time.Time(r.NotBefore), Expires: time.Time(r.Expires), CreatedAt: time.Time(r.CreatedAt),
		Org: notify.OrgID(r.Org),
	}
	if err := json.Unmarshal(r.Params, &n.Params); err != nil {
		return n, fmt.Errorf("read the parameters of notice %s: %w", r.ID, err)
	}
	return n, nil
}

func (r leaseRow) record() (notify.Record, error) {
	n, err := r.notice()
	return notify.Record{
		Notice: n, Seq: r.Seq, State: notify.State(r.State), Attempts: r.Attempts, LastError: r.LastError,
		SentAt: time.Time(r.SentAt), ReceivedAt: time.Time(r.ReceivedAt), OpenedAt: time.Time(r.OpenedAt),
	}, err
}

// Enqueue puts notices into the outbox and returns how many were new: one whose
// dedupe key is there already is passed over. A new notice supersedes the ones
// that wait for the same person under the same collapse key. Called on a store
// in a transaction, the notices are part of it.
func (s *Store) Enqueue(ctx context.Context, now time.Time, ns []notify.Notice) (int, error) {
	if len(ns) == 0 {
		return 0, nil
	}
	added := 0
	err := s.InTx(ctx, func(tx *Store) error {
		var seq int64
		const last = `SELECT COALESCE(MAX(seq), 0) FROM notices`
		if _, err := tx.value(ctx, last, nil, &seq); err != nil {
			return fmt.Errorf("read the end of the outbox: %w", err)
		}
		for _, n := range ns {
			fresh, err := tx.enqueue(ctx, now, seq+1, n)
			if err != nil {
				return fmt.Errorf("enqueue notice %s: %w", n.Dedupe, err)
			}
			if fresh {
				seq++
				added++
			}
		}
		return nil
	})
	return added, err
}

func (s *Store) enqueue(ctx context.Context, now time.Time, seq int64, n notify.Notice) (bool, error) {
	params, err := encode(n.Params)
	if err != nil {
		return false, err
	}
	row := noticeRow{
		ID: string(n.ID), Seq: seq, Dedupe: n.Dedupe, Person: string(n.Person), Cause: string(n.Cause),
		Report: string(n.Report), Collapse: n.Collapse, Params: params, Priority: int(n.Priority),
		State: string(notify.StatePending), NotBefore: stamp(n.NotBefore), Expires: stamp(n.Expires),
		CreatedAt: stamp(n.CreatedAt), Org: string(n.Org),
	}
	const once = ` ON CONFLICT ([[dedupe]]) DO NOTHING ON CONFLICT ([[id]]) DO NOTHING`
	added, err := s.change(ctx, notices.insert+once, notices.params(row, now))
	if err != nil || added == 0 {
		return false, err
	}
	const q = `
		UPDATE notices SET state = 'superseded', updated = {:now}
		WHERE person = {:person} AND seq < {:seq} AND collapse = {:collapse} AND state = 'pending'`
	p := dbx.Params{"person": n.Person, "seq": seq, "collapse": n.Collapse, "now": stamp(now)}
	return true, s.exec(ctx, q, p)
}

// ClaimNotices leases up to limit notices that are due to owner, until lease
// has passed, and returns them most urgent first. Of one person only the oldest
// due notice is given out, so that two are never on their way at once; an
// urgent one does not wait. A lease that lapsed is given out again; what is no
// longer worth telling becomes expired.
func (s *Store) ClaimNotices(ctx context.Context, now time.Time, owner string, lease time.Duration, limit int) ([]notify.Claim, error) {
	// Most calls find nothing: ask a reader before troubling the only writer.
	const due = `
		SELECT 1 FROM notices
		WHERE (state = 'pending' OR state = 'leased') AND notBefore <= {:now} AND (state = 'pending' OR leaseUntil <= {:now})
		LIMIT 1`
	var one int
	if ok, err := s.value(ctx, due, dbx.Params{"now": stamp(now)}, &one); err != nil || !ok {
		return nil, err
	}
	var rows []leaseRow
	err := s.InTx(ctx, func(tx *Store) error {
		if err := tx.sweepNotices(ctx, now); err != nil {
			return err
		}
		// The subquery walks idx_notices_queue in order and stops at the limit.
		const q = `
			UPDATE notices SET state = 'leased', leaseOwner = {:owner}, leaseUntil = {:until},
				attempts = attempts + 1, updated = {:now}
			WHERE id IN (
				SELECT n.id FROM notices n INDEXED BY idx_notices_queue
				WHERE (n.state = 'pending' OR n.state = 'leased') AND n.notBefore <= {:now}
					AND (n.state = 'pending' OR n.leaseUntil <= {:now})
					AND (n.priority = 1 OR NOT EXISTS (
						SELECT 1 FROM notices o INDEXED BY idx_notices_waiting
						WHERE o.person = n.person AND o.seq < n.seq
							AND (o.state = 'pending' OR o.state = 'leased') AND o.notBefore <= {:now}))
				ORDER BY n.priority, n.notBefore, n.seq
				LIMIT {:limit})
			RETURNING ` + noticeColumns
		p := dbx.Params{"owner": owner, "until": stamp(now.Add(lease)), "now": stamp(now), "limit": limit}
		return tx.write.NewQuery(q).Bind(p).WithContext(ctx).All(&rows)
	})
	if err != nil {
		return nil, fmt.Errorf("claim notices: %w", err)
	}
	slices.SortFunc(rows, func(a, b leaseRow) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority),
			time.Time(a.NotBefore).Compare(time.Time(b.NotBefore)), cmp.Compare(a.Seq, b.Seq))
	})
	out := make([]notify.Claim, 0, len(rows))
	for _, r := range rows {
		n, err := r.notice()
		if err != nil {
			return nil, err
		}
		out = append(out, notify.Claim{Notice: n, Attempt: r.Attempts, LeaseUntil: time.Time(r.LeaseUntil)})
	}
	return out, nil
}

// sweepNotices gives up what is no longer worth telling. What is being sent
// just now is left to its sender.
func (s *Store) sweepNotices(ctx context.Context, now time.Time) error {
	const q = `
		UPDATE notices SET state = 'expired', updated = {:now}
		WHERE (state = 'pending' OR state = 'leased') AND notBefore <= {:now} AND expires <= {:now}
			AND (state = 'pending' OR leaseUntil <= {:now})`
	return s.exec(ctx, q, dbx.Params{"now": stamp(now)})
}

// SettleNotice ends a claim of owner in one transaction: its deliveries, the
// tokens that are of no use any more, and where the notice goes. It returns
// false when the lease was no longer owner's: the deliveries are kept, the
// notice is left to its new owner.
func (s *Store) SettleNotice(ctx context.Context, now time.Time, owner string, e notify.Settlement) (bool, error) {
	held := false
	err := s.InTx(ctx, func(tx *Store) error {
		for _, d := range e.Deliveries {
			if err := tx.RecordDelivery(ctx, now, d); err != nil {
				return err
			}
		}
		for _, token := range e.Pruned {
			if _, err := tx.PruneToken(ctx, now, token); err != nil {
				return err
			}
		}
		refund := 0
		if e.Refund {
			refund = 1
		}
		// The attempt names the lease: the same owner may have claimed again.
		const q = `
			UPDATE notices SET state = {:state}, leaseOwner = '', leaseUntil = '',
				notBefore = CASE WHEN {:state} = 'pending' THEN {:notBefore} ELSE notBefore END,
				sentAt = CASE WHEN {:state} = 'sent' THEN {:now} ELSE sentAt END,
				attempts = attempts - {:refund}, lastError = {:reason}, updated = {:now}
			WHERE id = {:id} AND state = 'leased' AND leaseOwner = {:owner} AND attempts = {:attempt}`
		n, err := tx.change(ctx, q, dbx.Params{
			"state": e.State, "notBefore": stamp(e.NotBefore), "now": stamp(now), "refund": refund,
			"reason": e.Reason, "id": e.Notice, "owner": owner, "attempt": e.Attempt,
		})
		held = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("settle notice %s: %w", e.Notice, err)
	}
	return held, nil
}
