package sim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/sestante/sestante/fault"
	"github.com/sestante/sestante/report"
	fieldsync "github.com/sestante/sestante/sync"
)

// What the network and the door in front of the server can answer.
var (
	errNetwork = errors.New("the network broke")
	errSession = errors.New("401: sign in again")
)

// A network is one phone's way to the server, and what can go wrong on it.
type network struct {
	p       *phone
	late    [][]byte // requests that were lost on the way, or only late
	expired bool     // the session is
	calls   int      // exchanges of the sync under way
}

// carry is the phone's transport.
func (n *network) carry(ctx context.Context, req fieldsync.PushRequest) (io.ReadCloser, error) {
	r := n.p.r
	raw, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	n.p.sent(req)
	n.calls++
	if n.calls > 1 {
		r.meanwhile(ctx) // the world does not wait for the next page
	}
	if r.healed {
		return n.deliver(ctx, raw, false)
	}
	if n.expired {
		return nil, errSession
	}
	if len(n.late) > 0 && r.chance(25) {
		old := n.late[r.rng.IntN(len(n.late))]
		r.say("  an old request of %s arrives after all", n.p.name)
		if _, err := n.exchange(ctx, old); err != nil && !errors.Is(err, errPower) {
			return nil, err
		}
	}
	if !r.chance(r.loss) {
		return n.deliver(ctx, raw, false)
	}
	switch r.rng.IntN(5) {
	case 0:
		r.say("  the request is lost, or late")
		n.late = append(n.late, raw)
		return nil, errNetwork
	case 1:
		r.say("  the request breaks off")
		_, err := n.exchange(ctx, raw[:r.rng.IntN(len(raw))])
		return nil, errors.Join(errNetwork, err)
	case 2:
		r.say("  the connection is half open: nothing comes back")
		_, err := n.exchange(ctx, raw)
		return nil, errors.Join(errNetwork, err)
	case 3:
		r.say("  the request arrives twice")
		if _, err := n.exchange(ctx, raw); err != nil {
			return nil, err
		}
		return n.deliver(ctx, raw, false)
	default:
		return n.deliver(ctx, raw, true)
	}
}

// verify is the phone's way to ask what is wrong with what it holds.
func (n *network) verify(ctx context.Context, req fieldsync.VerifyRequest) (io.ReadCloser, error) {
	r := n.p.r
	r.meanwhile(ctx)
	if n.expired && !r.healed {
		return nil, errSession
	}
	who, err := r.srv.desk.Actor(ctx, report.PersonID(id(n.p.person)))
	if err != nil {
		return nil, errors.Join(errSession, err)
	}
	var out []byte
	err = r.srv.sync.Verify(ctx, who, req, func(line any) error {
		if put, ok := line.(fieldsync.Put); ok {
			n.p.heard(put, true)
		}
		out, err = fieldsync.AppendLine(out, line)
		return err
	})
	r.tally["verifications"]++
	r.say("  %s verifies: %d bytes, %v", n.p.name, len(out), err)
	if r.srv.disk.dead {
		if err := r.srv.restart(ctx); err != nil {
			r.fail("L1", "the server does not start again: %v", err)
		}
		return nil, errPower
	}
	if err != nil {
		return nil, err
	}
	if !r.healed && r.chance(r.loss/2) {
		out = out[:r.rng.IntN(len(out)+1)]
	}
	return io.NopCloser(bytes.NewReader(out)), nil
}

// deliver brings the answer to the phone, or the beginning of it.
func (n *network) deliver(ctx context.Context, raw []byte, cutOff bool) (io.ReadCloser, error) {
	out, err := n.exchange(ctx, raw)
	if err != nil && len(out) == 0 {
		return nil, err
	}
	// What a server said before its power went may have got through.
	if cutOff || err != nil && n.p.r.chance(50) {
		out = out[:n.p.r.rng.IntN(len(out)+1)]
		n.p.r.say("  the answer breaks off after %d bytes", len(out))
	}
	if bytes.Contains(out, []byte(`"reset":"`+fieldsync.ResetSoft+`"`)) {
		n.p.rotten = true // what left while it was away too long goes when it verifies, right after
		n.p.r.rots++
		n.p.r.tally["soft"]++
	}
	n.p.answered(out)
	return io.NopCloser(bytes.NewReader(out)), nil
}

// exchange is the door: it finds out who is there, reads the request and lets
// the server answer. When the power goes, what was said until then is returned
// with errPower, and the server has been started again.
func (n *network) exchange(ctx context.Context, raw []byte) ([]byte, error) {
	r := n.p.r
	out, err := r.answer(ctx, n.p, raw)
	if r.srv.disk.dead {
		r.tally["cuts"]++
		r.say("  the server's power was cut")
		if err := r.srv.restart(ctx); err != nil {
			r.fail("L1", "the server does not start again: %v", err)
		}
		return out, errPower
	}
	return out, err
}

func (r *run) answer(ctx context.Context, p *phone, raw []byte) ([]byte, error) {
	who, err := r.srv.desk.Actor(ctx, report.PersonID(id(p.person)))
	if err != nil {
		return nil, errors.Join(errSession, err) // disabled
	}
	req, err := fieldsync.DecodePush(raw, r.srv.sync.Limits())
	if err != nil {
		return nil, err
	}
	var out []byte
	r.listening = r.healed || r.chance(30)
	err = r.srv.sync.Exchange(ctx, who, req, func(line any) error {
		if put, ok := line.(fieldsync.Put); ok {
			p.heard(put, false)
		}
		out, err = fieldsync.AppendLine(out, line)
		return err
	})
	if err != nil && !r.srv.disk.dead && fault.Of(err).Kind == fault.Internal {
		r.fail("L1", "an exchange of %s ended with %v", p.name, err)
	}
	return out, err
}
