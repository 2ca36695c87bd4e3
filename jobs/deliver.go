package jobs

import (
	"context"
	"time"

	"github.com/sestante/sestante/notify"
)

// A round is one claimed notice on its way to a person's devices.
type round struct {
	sent, failed int
	reason       string        // of the last device that did not take it
	again        bool          // some device is to be tried again
	retryAfter   time.Duration // the longest any device asked for
	paused       bool          // the channel closed meanwhile
	settlement   notify.Settlement
}

// deliver pushes c to every device that has not had it, and says how it ended.
// ctx says whether to begin another push; late is what a push lives under.
func (s *Sender) deliver(ctx, late context.Context, c notify.Claim) (notify.Settlement, error) {
	now := s.cfg.Now()
	if !s.mayBegin(ctx, c) {
		return s.giveBack("", now), nil
	}
	if until := s.breaker.closedUntil(now); !until.IsZero() {
		return s.giveBack("paused", until), nil
	}
	devices, err := s.cfg.Outbox.DevicesOf(late, now, c.Person)
	if err != nil {
		return notify.Settlement{}, err
	}
	before, err := s.cfg.Outbox.DeliveriesOf(late, c.ID)
	if err != nil {
		return notify.Settlement{}, err
	}
	var r round
	for _, state := range before {
		if state == notify.DeliverySent {
			r.sent++
		}
	}
	for _, d := range devices {
		if state := before[d.ID]; state == notify.DeliverySent || state == notify.DeliveryFailed {
			continue
		}
		if r.paused || !s.mayBegin(ctx, c) {
			r.again = true
			break
		}
		if err := s.push(late, c, d, &r); err != nil {
			return notify.Settlement{}, err
		}
	}
	return s.conclude(c, r), nil
}

// mayBegin reports whether another push of c may begin: the sender is not
// stopping, and the push would end before the lease does.
func (s *Sender) mayBegin(ctx context.Context, c notify.Claim) bool {
	return ctx.Err() == nil && s.cfg.Now().Add(s.cfg.SendTimeout).Before(c.LeaseUntil)
}

// push sends c to one device and notes in r how it went.
func (s *Sender) push(ctx context.Context, c notify.Claim, d notify.Device, r *round) error {
	text, err := notify.Render(c.Notice, notify.Language(d.Person, d.Language))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.SendTimeout)
	defer cancel()
	now := s.cfg.Now()
	res := s.cfg.Channel.Send(ctx, notify.Push{
		Token: d.Token, Title: text.Title, Body: text.Body, Notice: c.ID, Cause: c.Cause, Report: c.Report,
		Collapse: c.Collapse, TTL: c.Expires.Sub(now), Expires: c.Expires, High: c.Priority <= notify.Soon,
	})
	now = s.cfg.Now()
	if s.breaker.note(now, c.Cause, res) {
		s.cfg.Log.ErrorContext(ctx, "the push service refuses our devices as another project's: check the credentials", "channel", s.cfg.Name)
		r.paused = true
	}
	delivery := notify.Delivery{
		Notice: c.ID, Device: d.ID, Channel: s.cfg.Name, ProviderID: res.ProviderID,
		Title: text.Title, Body: text.Body, Language: text.Language, At: now,
	}
	delivery.State = s.verdict(now, c, d, res, r)
	if res.Error != nil {
		r.reason, delivery.Error = res.Reason, res.Reason+": "+res.Error.Error()
	}
	r.settlement.Deliveries = append(r.settlement.Deliveries, delivery)
	return nil
}

// verdict carries a result out and returns the state of its delivery.
func (s *Sender) verdict(now time.Time, c notify.Claim, d notify.Device, res notify.Result, r *round) string {
	switch res.Verdict {
	case notify.Sent:
		r.sent++
		return notify.DeliverySent
	case notify.Prune:
		return s.prune(c, d, res, r)
	case notify.Dead:
		r.failed++
		return notify.DeliveryFailed
	case notify.Pause:
		s.breaker.pause(now, res.RetryAfter)
		s.cfg.Log.Error("the push service asks for a pause", "channel", s.cfg.Name, "reason", res.Reason, "seconds", int(res.RetryAfter.Seconds()))
		r.paused, r.again = true, true
	case notify.Retry:
		if res.Reason == "third_party_auth" {
			s.cfg.Log.Error("the push service lacks a valid key for a platform", "channel", s.cfg.Name, "platform", d.Platform)
		}
		r.again, r.retryAfter = true, max(r.retryAfter, res.RetryAfter)
	}
	return notify.DeliveryPending
}

// prune carries out a Prune as far as it is believed. A token that may belong to
// another project only because our account is wrong is kept and tried again; a
// message that nobody has taken yet may be wrong itself, and is given up.
func (s *Sender) prune(c notify.Claim, d notify.Device, res notify.Result, r *round) string {
	switch {
	case !r.paused && s.breaker.believes(c.Cause, res):
		r.settlement.Pruned = append(r.settlement.Pruned, d.Token)
		return notify.DeliveryPruned
	case r.paused || res.Reason == "sender_mismatch":
		r.again = true
		return notify.DeliveryPending
	default:
		r.failed++
		return notify.DeliveryFailed
	}
}

// conclude says where the notice goes after its devices were tried.
func (s *Sender) conclude(c notify.Claim, r round) notify.Settlement {
	e := r.settlement
	next := notify.Settlement{State: notify.StateSent, Reason: r.reason}
	switch {
	case r.paused && r.again:
		next = s.giveBack(r.reason, s.breaker.closedUntil(s.cfg.Now()))
	case r.again && (r.reason == "" || r.reason == "stopped"):
		next = s.giveBack(r.reason, s.cfg.Now())
	case r.again:
		next = s.again(c, r.reason, r.retryAfter)
		if next.State == notify.StateDead && r.sent > 0 {
			next.State = notify.StateSent // it reached the person
		}
	case r.sent > 0:
	case r.failed > 0:
		next.State = notify.StateDead
	default: // nowhere to send it: the person reads it in the app
		next.State, next.Reason = notify.StateExpired, "no_device"
	}
	next.Deliveries, next.Pruned = e.Deliveries, e.Pruned
	return next
}
