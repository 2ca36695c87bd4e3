package sim_test

import (
	"fmt"

	"github.com/pocketbase/dbx"
)

// saveServer makes a backup of the server, or puts the last one back, as an
// administrator does after a disk was lost: the server then begins an epoch.
// Requests that were on their way may still come.
func (r *run) saveServer() {
	if r.full > 0 {
		return
	}
	if r.srv.saved == nil || r.chance(50) {
		if err := r.srv.save(); err != nil {
			r.broken("back up the server: %v", err)
		}
		r.say("the server is backed up")
		return
	}
	r.srv.disk.cut = cut{} // who restores sees it through: a restore without a new epoch is no restore
	if err := r.srv.put(r.srv.saved); err != nil {
		r.broken("restore the server: %v", err)
		return
	}
	r.forks++
	r.tolerate(r.srv.run("UPDATE _meta SET v = {:v} WHERE k = 'sync.epoch'", dbx.Params{"v": fmt.Sprintf("epoch%d", r.forks)}))
	if err := r.srv.restart(r.ctx); err != nil {
		r.fail("L1", "the restored server does not start: %v", err)
	}
	r.tally["rollbacks"]++
	r.say("the server is restored from its backup")
	r.forgotten()
}

// forgotten takes off the books what the restored server does not know and no
// phone has any more. What is left in an outbox, without an end or with one that
// nobody knows of now, must still arrive.
func (r *run) forgotten() {
	inbox := map[string]bool{}
	keys := map[string]bool{}
	for _, k := range r.inbox() {
		inbox[fmt.Sprintf("%s/%d", k.did, k.mid)] = true
		keys[k.key] = true
	}
	for name := range r.acked {
		if !inbox[name] {
			delete(r.acked, name)
		}
	}
	for _, p := range r.phones {
		has := p.owed()
		for _, a := range p.acts {
			if !keys[a.key] && !has[a.key] {
				p.forgot[a], a.adrift = true, true
			}
		}
	}
}
